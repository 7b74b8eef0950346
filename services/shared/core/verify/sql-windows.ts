import { isMoving } from '../aggregate/moving.ts';
import type { Definition } from '../definition.ts';
import { isBetween, sliceEnd, sliceStart, TOTAL_END_MS, windowStart } from '../window/window.ts';
import { type AggregateSql, aggregateSql } from './aggregates.ts';
import type { EventSpan } from './measure-sql.ts';
import { windowsWithRows } from './moving-windows.ts';
import { NotChecked, onlyKeys } from './not-checked.ts';
import { movingSql } from './sql-moving.ts';
import type { ContributionsSql } from './sql-contributions.ts';
import { toDateSql } from './sql-to-date.ts';
import type { WindowEnds } from './window-ends.ts';

/** Most calendar units, or parts of one, in one statement: their bounds stand in it. */
export const CALENDAR_WINDOWS_MAX = 2_000;

/**
 * SQL of what the events give for windows that end in `ends`: labels (an array in the order of `by`), end_ms, n (how many
 * contributions), a and b (aggregates as text). All windows that must have a row are among them, but for tumbling ones
 * without contributions; a total window has none of the bounds. `span`: of the events of the workflow. Throws NotChecked.
 */
export function windowsSql(
  definition: Definition,
  contributions: ContributionsSql,
  ends: WindowEnds,
  span: EventSpan,
): string {
  const { window } = definition;
  if (isMoving(definition)) return movingSql(definition, contributions, windowsWithRows(definition, ends), span);
  const aggregate = aggregateSql(definition.aggregate);
  switch (window.kind) {
    case 'total':
      onlyKeys(window, ['kind'], 'window');
      return grouped(aggregate, `${TOTAL_END_MS}`, contributions({ fromMs: null, toMs: null }));
    case 'tumbling':
      onlyKeys(window, ['kind', 'unit', 'zone', 'fiscalMonth', 'fiscalWeeks'], 'window');
      return tumbling(definition, aggregate, contributions, ends);
    case 'shift':
      onlyKeys(window, ['kind', 'hours', 'only'], 'window');
      return tumbling(definition, aggregate, contributions, ends);
    case 'to-date':
      onlyKeys(window, ['kind', 'unit', 'zone', 'fiscalMonth', 'fiscalWeeks', 'hours', 'only', 'everyMs'], 'window');
      return toDateSql(window, aggregate, contributions, ends);
    case 'rolling': {
      onlyKeys(window, ['kind', 'sizeMs', 'everyMs'], 'window');
      const { sizeMs, everyMs } = window;
      const from = contributions({ fromMs: ends.afterMs - sizeMs - everyMs, toMs: ends.untilMs });
      return framed(aggregate, from, everyMs, sizeMs, ends);
    }
    case 'instant':
      onlyKeys(window, ['kind', 'everyMs'], 'window');
      return framed(aggregate, contributions({ fromMs: null, toMs: ends.untilMs }), window.everyMs, null, ends);
    default:
      throw new NotChecked(`window ${String((window as { readonly kind: unknown }).kind)}`);
  }
}

/** SQL, as `windowsSql` has it, of the one window that ends at `endMs`: of label sets without contributions no row. */
export function windowSql({ window, aggregate }: Definition, contributions: ContributionsSql, endMs: number): string {
  const fromMs = window.kind === 'instant' || window.kind === 'total' ? null : windowStart(window, endMs);
  return grouped(aggregateSql(aggregate), `${endMs}`, contributions({ fromMs, toMs: endMs }));
}

function grouped(aggregate: AggregateSql, endMs: string, contributions: string): string {
  const [a, b] = aggregate.sums('1', '');
  return `SELECT labels, ${endMs} AS end_ms, count() AS n, ${a} AS a, ${b} AS b
FROM (${contributions})
GROUP BY labels, end_ms`;
}

/** The bounds are the calendar's; which of them a contribution lies between is for SQL to find. */
function tumbling(
  { window }: Definition,
  aggregate: AggregateSql,
  contributions: ContributionsSql,
  { afterMs, untilMs }: WindowEnds,
): string {
  const bounds = [sliceStart(window, afterMs)];
  while (bounds.at(-1)! < untilMs) bounds.push(sliceEnd(window, bounds.at(-1)!));
  // A unit that ends later is not among those that were asked for.
  if (bounds.at(-1)! > untilMs) bounds.pop();
  const [firstMs, lastMs] = [bounds[0]!, bounds.at(-1)!];
  // What lies between two shifts ends where no window does.
  const isNone = bounds.map((endMs) => (isBetween(window, endMs - 1) ? 1 : 0));
  const windowOnly = isNone.includes(1)
    ? ` AND has([${bounds.filter((_, n) => isNone[n] === 0).join(',')}], end_ms)`
    : '';
  const endMs = `bounds[indexOf(bounds, roundDown(time, bounds)) + 1]`;
  return `WITH CAST([${bounds.join(',')}], 'Array(Int64)') AS bounds
${grouped(aggregate, endMs, contributions({ fromMs: firstMs, toMs: lastMs }))}
HAVING end_ms > ${afterMs}${windowOnly}`;
}

/**
 * Each contribution, and the ends at which it enters and (where windows have a size) leaves, stand on one line of time:
 * what an end sees is the contributions before it, as far back as a window reaches. Time is counted in steps of `everyMs`,
 * on which windows begin and end: in milliseconds a frame reaches back 24 days at most.
 */
function framed(
  aggregate: AggregateSql,
  contributions: string,
  everyMs: number,
  sizeMs: number | null,
  { afterMs, untilMs }: WindowEnds,
): string {
  const steps = sizeMs === null ? null : sizeMs / everyMs;
  const leaves = steps === null ? '' : `, (step + 1 + ${steps}, 0)`;
  const [a, b] = aggregate.sums('real = 1', ' OVER seen');
  return `SELECT DISTINCT labels, at * ${everyMs} AS end_ms, n, a, b
FROM (
  SELECT labels, at, real, countIf(real = 1) OVER seen AS n, ${a} AS a, ${b} AS b
  FROM (
    SELECT labels, amount, mark, event_order, place.1 AS at, place.2 AS real
    FROM (
      SELECT labels, amount, mark, event_order, intDiv(time - positiveModulo(time, ${everyMs}), ${everyMs}) AS step,
        arrayJoin([(step, 1), (step + 1, 0)${leaves}]) AS place
      FROM (${contributions})
    )
  )
  WINDOW seen AS (PARTITION BY labels ORDER BY at RANGE BETWEEN ${steps ?? 'UNBOUNDED'} PRECEDING AND 1 PRECEDING)
)
WHERE real = 0 AND end_ms > ${afterMs} AND end_ms <= ${untilMs}`;
}
