import { quantileLevel } from './aggregates.ts';
import type { ClockSql } from './clock-sql.ts';

/** Later than every time, in milliseconds. */
const NEVER_MS = '9007199254740991';

/**
 * SQL of the age at rank ⌈q·n⌉ of what is open, or with null of the oldest, as `movingSql` has it, from `changes` and `wanted`. How many
 * with one time of entry are open changes with each entry and exit (`mark`) of it; each time for which some are is seen by
 * the windows that end in it.
 */
export function agesSql(q: number | null, clock: ClockSql): string {
  const age =
    q === null
      ? `${clock.at('end_ms')} - minIf(t, open > 0)`
      : `${clock.at('end_ms')} + quantileExactWeightedIf(${quantileLevel(q)})(-toInt64(t), toUInt64(open), open > 0)`;
  return `SELECT labels, end_ms, toInt64(sum(open)) AS n, if(n = 0, '0', toString(${age})) AS a, '' AS b, 0 AS changes
FROM (
  SELECT labels, end_ms, toInt256(0) AS t, toInt64(0) AS open FROM wanted
  UNION ALL
  SELECT labels, arrayJoin(arrayFilter(e -> e > from_ms AND e <= to_ms, ends)) AS end_ms, t, open
  FROM (
    SELECT labels, t, time AS from_ms, toInt64(sum(changed) OVER (entry ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)) AS open,
      leadInFrame(time, 1, toInt64(${NEVER_MS})) OVER (entry ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING) AS to_ms
    FROM (SELECT labels, t, toInt64(time) AS time, sum(mark) AS changed FROM changes GROUP BY labels, t, time)
    WINDOW entry AS (PARTITION BY labels, t ORDER BY time)
  ) AS stays
  INNER JOIN (SELECT labels, groupArray(end_ms) AS ends FROM wanted GROUP BY labels) AS seen USING (labels)
  WHERE open > 0
)
GROUP BY labels, end_ms`;
}
