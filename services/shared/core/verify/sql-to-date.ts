import { sliceEnd, sliceStart } from '../window/window.ts';
import { isBetweenUnits, nextUnitMs, type ToDateWindow, unitBefore, unitSlice } from '../window/window-to-date.ts';
import type { AggregateSql } from './aggregates.ts';
import type { ContributionsSql } from './sql-contributions.ts';
import type { WindowEnds } from './window-ends.ts';

/**
 * SQL of units so far, as `windowsSql` has it: a row where a slice with contributions ends, and where the first slice of a
 * unit ends if the unit before had any. The bounds of slices and units are the calendar's, and stand in the statement.
 */
export function toDateSql(
  window: ToDateWindow,
  aggregate: AggregateSql,
  contributions: ContributionsSql,
  { afterMs, untilMs }: WindowEnds,
): string {
  const firstMs = unitBefore(window, afterMs).startMs;
  const bounds = [firstMs];
  const units = [firstMs];
  while (bounds.at(-1)! < untilMs) bounds.push(sliceEnd(window, sliceStart(window, bounds.at(-1)!)));
  if (bounds.at(-1)! > untilMs) bounds.pop();
  const lastMs = bounds.at(-1)!;
  while (units.at(-1)! <= nextUnitMs(window, lastMs)) units.push(unitSlice(window, units.at(-1)!).endMs);
  // What lies between two shifts counts in none, and none follows it there.
  const follows = units.map((startMs) =>
    isBetweenUnits(window, startMs) ? 0 : units.indexOf(nextUnitMs(window, startMs)) + 1,
  );
  const [a, b] = aggregate.sums('real = 1', ' OVER seen');
  return `WITH CAST([${bounds.join(',')}], 'Array(Int64)') AS bounds, CAST([${units.join(',')}], 'Array(Int64)') AS units,
  CAST([${follows.join(',')}], 'Array(UInt32)') AS follows
SELECT DISTINCT labels, bounds[at] AS end_ms, n, a, b
FROM (
  SELECT labels, at, real, countIf(real = 1) OVER seen AS n, ${a} AS a, ${b} AS b
  FROM (
    SELECT labels, amount, mark, event_order, place.1 AS unit, place.2 AS at, place.3 AS real
    FROM (
      SELECT labels, amount, mark, event_order, indexOf(bounds, roundDown(time, bounds)) AS step,
        indexOf(units, roundDown(time, units)) AS unit_of,
        arrayJoin([(unit_of, step, 1), (unit_of, step + 1, 0), (follows[unit_of], indexOf(bounds, units[follows[unit_of]]) + 1, 0)]) AS place
      FROM (${contributions({ fromMs: firstMs, toMs: lastMs })})
      WHERE follows[unit_of] > 0
    )
  )
  WINDOW seen AS (PARTITION BY labels, unit ORDER BY at RANGE BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
)
WHERE real = 0 AND at > 1 AND at <= ${bounds.length} AND end_ms > ${afterMs}`;
}
