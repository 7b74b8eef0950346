import { isMoving } from '../aggregate/moving.ts';
import type { Definition, LabelAnchor } from '../definition.ts';
import { NO_LABEL } from '../measure/labels.ts';
import type { EventSpan } from './measure-sql.ts';
import { MEASURES } from './measures.ts';
import { NotChecked, onlyKeys } from './not-checked.ts';
import { EventSql } from './sql-event.ts';
import { countedLabelsSql } from './sql-labels.ts';
import { type EventTimes, standingSql } from './sql-standing.ts';
import { quoted } from './sql-text.ts';

/** Keys of a definition that this SQL knows. */
const KNOWN = [
  'kpi',
  'hash',
  'workflow',
  'activities',
  'measure',
  'aggregate',
  'by',
  'admitted',
  'where',
  'window',
  'scale',
  'unit',
  'settleMs',
  'effectiveMs',
];

/** Where the event that a label is taken from stands in the statement. */
const ANCHORS: Readonly<Record<LabelAnchor, string>> = {
  from: 'f',
  to: 'x',
  first: 'first_event',
  last: 'last_event',
  state: '',
};

/** Which contributions: those of a time in [fromMs, toMs); null has no bound. */
export type ContributionsSql = (times: EventTimes) => string;

/**
 * Gives the SQL of everything that the archived events contribute to a KPI: case_id, time, labels (values in the order of
 * `by`), amount (Int256), mark, and of a last event_order (where the event stands among all). It shares only the definition and the calendar with the folds. `span`: of the events of
 * the workflow. Throws NotChecked for what has no SQL.
 */
export function contributionsSql(definition: Definition, span: EventSpan): ContributionsSql {
  const write = MEASURES.get(definition.measure.kind);
  // First: what a measure without SQL adds to a definition says less than its name.
  if (write === undefined) throw new NotChecked(definition.measure.kind);
  onlyKeys(definition, KNOWN, 'definition');
  const sql = new EventSql(definition);
  const {
    found,
    amount,
    counts,
    where,
    time = 'x.time',
    reachMs = 0,
    tables = [],
    label: labelSql,
  } = write(definition, sql, span);
  const labels = definition.by.map((label) => {
    onlyKeys(label, ['dimension', 'at'], 'by');
    return labelSql?.(label) ?? `ifNull(${sql.dimension(ANCHORS[label.at], label.dimension)}, ${quoted(NO_LABEL)})`;
  });
  const shown = labels.length === 0 ? 'emptyArrayString()' : countedLabelsSql(definition, `[${labels.join(', ')}]`);
  const passes = sql.passes(where, definition.where);
  const isCarried = definition.window.kind === 'instant' || isMoving(definition);
  const effective = isCarried || definition.effectiveMs === undefined ? [] : [`${time} >= ${definition.effectiveMs}`];
  return (times) => {
    const events = { ...times, fromMs: times.fromMs === null ? null : times.fromMs - reachMs };
    const inside = [
      ...(times.fromMs === null ? [] : [`${time} >= ${times.fromMs}`]),
      ...(times.toMs === null ? [] : [`${time} < ${times.toMs}`]),
    ];
    return `${tables.length === 0 ? '' : `WITH ${tables.join(',\n  ')}\n`}SELECT case_id, ${time} AS time, mark, ${shown} AS labels, toInt256(${amount}) AS amount, ${sql.order('x')} AS event_order
FROM (
  SELECT case_id, first_event, last_event, pair.1 AS f, pair.2 AS x, pair.3 AS mark
  FROM (
    SELECT case_id, events[1] AS first_event, events[-1] AS last_event, ${found} AS found
    FROM (${standingSql(definition, sql, events)})
  )
  ARRAY JOIN found AS pair
)
WHERE ${[counts, passes, ...effective, ...inside].join(' AND ')}`;
  };
}
