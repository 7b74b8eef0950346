import type { Aggregate, Definition } from '../definition.ts';
import { type ClockSql, clockSql, timesSql } from './clock-sql.ts';
import type { EventSpan } from './measure-sql.ts';
import type { WantedWindows } from './moving-windows.ts';
import { onlyKeys } from './not-checked.ts';
import { agesSql } from './sql-ages.ts';
import type { ContributionsSql } from './sql-contributions.ts';

/**
 * SQL of what moves with time, in the windows that are wanted, as `windowsSql` has it but for n, the samples: a, the sum of
 * ages, the oldest one or one at a rank, or the area below the level; b, how many are open or the area below the number of
 * observed cases. Beside it `changes`: how many there were in the window; of ages 0. Throws NotChecked.
 */
export function movingSql(
  definition: Definition,
  contributions: ContributionsSql,
  wanted: WantedWindows,
  span: EventSpan,
): string {
  const { aggregate } = definition;
  onlyKeys(aggregate, ['kind', 'of', 'q'], 'aggregate');
  const clock = clockSql(definition, span, wanted.untilMs);
  const named = [...clock.tables, ...wanted.tables].map((table) => `${table},\n  `).join('');
  const q = rankIn(aggregate);
  const sums = q === undefined ? areasSql(definition, clock) : agesSql(q, clock);
  return `WITH ${named}changes AS (SELECT labels, time, amount, toInt256(mark) AS mark, ${timesSql(definition, clock)} AS t
  FROM (${contributions({ fromMs: null, toMs: wanted.untilMs })})),
  wanted AS (${wanted.sql})
${sums}`;
}

/** At which rank an age is asked for, null for the oldest; undefined: it is one of what adds up. */
function rankIn(aggregate: Aggregate): number | null | undefined {
  if (aggregate.kind !== 'age') return undefined;
  if (aggregate.of === 'percentile') return aggregate.q;
  return aggregate.of === 'max' ? null : undefined;
}

/** SQL of what adds up, from `changes` and `wanted`: all changes before a window, and all before its end. */
function areasSql({ aggregate }: Definition, clock: ClockSql): string {
  const area = (what: string): string =>
    `(${clock.at('end_ms')} * ${what}_1 - ${what}_times_1) - (${clock.at('start_ms')} * ${what}_2 - ${what}_times_2)`;
  const [n, a, b, changes] =
    aggregate.kind === 'age'
      ? ['weight_1', `${clock.at('end_ms')} * weight_1 - weight_times_1`, 'weight_1', '0']
      : ['weight_2 + n_1 - n_2', area('level'), area('weight'), 'n_1 - n_2'];
  const sums = ['n', 'level', 'level_times', 'weight', 'weight_times'].flatMap((sum) =>
    [1, 2].map((side) => `sumIf(${sum}, side = ${side}) AS ${sum}_${side}`),
  );
  return `SELECT labels, end_ms, toInt64(${n}) AS n, toString(${a}) AS a, toString(${b}) AS b, toInt64(${changes}) AS changes
FROM (
  SELECT labels, end_ms, max(start) AS start_ms, ${sums.join(', ')}
  FROM (
    SELECT labels, side, end_ms, start, toInt256(countIf(side = 0) OVER seen) AS n,
      sumIf(amount, side = 0) OVER seen AS level, sumIf(amount * t, side = 0) OVER seen AS level_times,
      sumIf(mark, side = 0) OVER seen AS weight, sumIf(mark * t, side = 0) OVER seen AS weight_times
    FROM (
      SELECT labels, toInt64(time) AS at, 0 AS side, toInt64(0) AS end_ms, toInt64(0) AS start, amount, mark, t FROM changes
      UNION ALL SELECT labels, end_ms, 1, end_ms, start_ms, toInt256(0), toInt256(0), toInt256(0) FROM wanted
      UNION ALL SELECT labels, start_ms, 2, end_ms, start_ms, toInt256(0), toInt256(0), toInt256(0) FROM wanted
    )
    WINDOW seen AS (PARTITION BY labels ORDER BY at RANGE BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
  )
  WHERE side > 0
  GROUP BY labels, end_ms
)`;
}
