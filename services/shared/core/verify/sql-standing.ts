import type { Definition } from '../definition.ts';
import { ARCHIVE_PERIOD_MS } from '../retention.ts';
import type { EventSql } from './sql-event.ts';
import { quoted, textArray } from './sql-text.ts';

/** Sorts after every activity of the catalogue. */
const UNLISTED_RANK = 4_294_967_295;

/** Which cases are read: those with an event of a time in [fromMs, toMs); null has no bound. */
export interface EventTimes {
  readonly fromMs: number | null;
  readonly toMs: number | null;
}

/**
 * SQL of the cases of a workflow, each with its `events`, an array of tuples of `sql.type`: corrections and withdrawals
 * applied, in order of time, catalogue order of the activity (unlisted ones last, by name) and id, dimensions carried on.
 * Of rows with one id the one of the lowest offset counts. A case without events that stand is left out.
 */
export function standingSql({ workflow, activities }: Definition, sql: EventSql, times: EventTimes): string {
  const { fields } = sql;
  const order = `indexOf(${textArray(activities)}, toString(activity))`;
  const rank = `if(${order} = 0, ${UNLISTED_RANK}, ${order})`;
  const dimensions = sql.dimensions.map(
    (name) => `if(mapContains(dimensions, ${quoted(name)}), dimensions[${quoted(name)}], NULL)`,
  );
  const record = [
    'time_ms',
    rank,
    'toString(activity)',
    'id',
    'offset',
    'toString(kind)',
    'target',
    'value',
    ...dimensions,
  ];
  const carried = fields.map((field) => `arrayFill(d -> d IS NOT NULL, arrayMap(r -> r.${field}, ordered))`);
  const tuple = ['n', 'r.time', 'r.activity', 'r.value', ...(sql.ordered ? ['r.rank', 'r.id'] : []), ...fields].join(
    ', ',
  );
  const inputs = ['ordered', 'arrayEnumerate(ordered)', ...carried].join(', ');
  const type = recordType(fields);
  return `SELECT case_id, arrayMap((${['r', 'n', ...fields].join(', ')}) -> CAST((${tuple}), ${quoted(sql.type)}), ${inputs}) AS events
FROM (
  ${amendments(type, fields)}
  SELECT case_id, arraySort(r -> (r.time, r.rank, r.activity, r.id, r.offset), standing) AS ordered
  FROM (
    SELECT case_id, groupArray(CAST((${record.join(', ')}), ${quoted(type)})) AS records
    FROM (SELECT * FROM event_archive WHERE ${inTimes(workflow, times)} ORDER BY case_id, id, offset LIMIT 1 BY case_id, id)
    GROUP BY case_id
  )
)
WHERE notEmpty(ordered)`;
}

function recordType(fields: readonly string[]): string {
  const types = ['time Int64', 'rank UInt32', 'activity String', 'id String', 'offset UInt64', 'kind String'];
  const nullable = ['target', 'value', ...fields].map((field) => `${field} Nullable(String)`);
  return `Tuple(${[...types, ...nullable].join(', ')})`;
}

/** Rows of earlier periods are no part of the archive, whether they are still there or not (core/retention.ts). */
function inArchive(workflow: string): string {
  const cut = "JSONExtractInt(content, 'cut', 'frozenMs')";
  const first = `if(countIf(${cut} = 0) > 0, 0, min(greatest(1, intDiv(${cut}, ${ARCHIVE_PERIOD_MS}))))`;
  const place = `stage = 'aggregate' AND topic = ${quoted(`events.${workflow}`)}`;
  return `workflow = ${quoted(workflow)} AND period >= (SELECT if(count() = 0, 0, ${first}) FROM positions WHERE ${place})`;
}

function inTimes(workflow: string, { fromMs, toMs }: EventTimes): string {
  const place = inArchive(workflow);
  if (fromMs === null && toMs === null) return place;
  const bounds = [
    ...(fromMs === null ? [] : [`time_ms >= ${fromMs}`]),
    ...(toMs === null ? [] : [`time_ms < ${toMs}`]),
  ];
  return `${place} AND case_id IN (SELECT case_id FROM event_archive WHERE ${[place, ...bounds].join(' AND ')})`;
}

/**
 * SQL that names what is left of `records` (`standing`). A void without a target takes the whole case, one with a target the
 * event or correction of that id, whenever either came. Of several corrections of one event the one appended last stands;
 * a correction of a correction corrects what that one did.
 */
function amendments(type: string, fields: readonly string[]): string {
  const others = ['c.offset', "'event'", 'NULL', 'c.value', ...fields.map((field) => `c.${field}`)].join(', ');
  return `WITH
    arrayMap(v -> assumeNotNull(v.target), arrayFilter(v -> v.kind = 'void' AND v.target IS NOT NULL, records)) AS withdrawn,
    arrayFilter(c -> c.kind = 'correct' AND c.target IS NOT NULL, records) AS corrections,
    arrayMap(c -> c.id, corrections) AS ids,
    arrayMap(c -> assumeNotNull(c.target), corrections) AS targets,
    -- Each step looks one correction further back; targets that name each other end after as many steps.
    arrayMap(t -> arrayFold((at, step) -> if(has(ids, at), targets[indexOf(ids, at)], at), ids, t), targets) AS roots,
    arrayMap((c, root) -> CAST((c.time, c.rank, c.activity, root, ${others}), ${quoted(type)}),
      arrayFilter(c -> NOT has(withdrawn, c.id), corrections),
      arrayFilter((root, c) -> NOT has(withdrawn, c.id), roots, corrections)) AS corrected,
    arrayReverseSort(c -> c.offset, corrected) AS latest_first,
    arrayMap(c -> c.id, latest_first) AS replaced,
    multiIf(
      NOT arrayExists(r -> r.kind != 'event', records), records,
      arrayExists(r -> r.kind = 'void' AND r.target IS NULL, records), CAST([], ${quoted(`Array(${type})`)}),
      arrayConcat(
        arrayFilter(r -> r.kind = 'event' AND NOT has(withdrawn, r.id) AND NOT has(replaced, r.id), records),
        arrayFilter((c, n) -> n = 1 AND NOT has(withdrawn, c.id), latest_first, arrayEnumerateUniq(replaced)))
    ) AS standing`;
}
