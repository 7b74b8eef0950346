import { labelsSql } from './sql-labels.ts';
import type { Definition } from '../definition.ts';
import { sliceEnd, sliceStart, windowStart } from '../window/window.ts';
import type { EventSpan } from './measure-sql.ts';
import { NotChecked, onlyKeys } from './not-checked.ts';
import type { ContributionsSql } from './sql-contributions.ts';
import { quoted } from './sql-text.ts';
import { workedTime } from './sql-worked-time.ts';
import type { WindowEnds } from './window-ends.ts';

/** More than any window lasts. */
const LONGEST_MS = 367 * 86_400_000;

/** What counts as time. */
export interface ClockSql {
  readonly tables: readonly string[];
  /** SQL of the time that has counted since some beginning, by SQL of an instant (ms UTC). */
  readonly at: (timeMs: string) => string;
}

/** The clock of a KPI over what the events of its workflow span, and up to `untilMs`. Throws NotChecked. */
export function clockSql({ measure }: Definition, { firstMs, lastMs }: EventSpan, untilMs: number): ClockSql {
  const hours = 'hours' in measure ? measure.hours : undefined;
  if (hours === undefined) return { tables: [], at: (timeMs) => `toInt256(${timeMs})` };
  const beginMs = firstMs - LONGEST_MS;
  const worked = workedTime(hours, beginMs, Math.max(lastMs, untilMs));
  return { tables: worked.tables, at: (timeMs) => `toInt256(${worked.between(String(beginMs), timeMs)})` };
}

/** SQL of when a contribution counts on the clock: that of an age at its entry, which is its amount. */
export function timesSql({ aggregate }: Definition, clock: ClockSql): string {
  return clock.at(aggregate.kind === 'age' ? 'toInt64(amount * mark)' : 'time');
}

/**
 * SQL of what moves with time, as `windowsSql` has it but for n, the samples: a, the sum of ages or the area below the level,
 * and b, how many are open or the area below the number of observed cases. Windows: those at whose end something changed,
 * and those that have a row; which others must have one depends on how time went. Throws NotChecked.
 */
export function movingSql(
  definition: Definition,
  contributions: ContributionsSql,
  ends: WindowEnds,
  span: EventSpan,
): string {
  const { aggregate } = definition;
  onlyKeys(aggregate, ['kind', 'of', 'q'], 'aggregate');
  if (aggregate.kind === 'age' && aggregate.of === 'max') throw new NotChecked('the oldest of what is open');
  if (aggregate.kind === 'age' && aggregate.of === 'percentile') throw new NotChecked('a percentile of ages');
  const clock = clockSql(definition, span, ends.untilMs);
  const { tables, endOf, startOf, firstMs } = windowsOf(definition, ends);
  const named = [...clock.tables, ...tables].map((table) => `${table},\n  `).join('');
  const area = (what: string): string =>
    `(${clock.at('end_ms')} * ${what}_1 - ${what}_times_1) - (${clock.at('start_ms')} * ${what}_2 - ${what}_times_2)`;
  const [n, a, b] =
    aggregate.kind === 'age'
      ? ['weight_1', `${clock.at('end_ms')} * weight_1 - weight_times_1`, 'weight_1']
      : ['weight_2 + n_1 - n_2', area('level'), area('weight')];
  const sums = ['n', 'level', 'level_times', 'weight', 'weight_times'].flatMap((sum) =>
    [1, 2].map((side) => `sumIf(${sum}, side = ${side}) AS ${sum}_${side}`),
  );
  return `WITH ${named}changes AS (SELECT labels, time, amount, toInt256(mark) AS mark, ${timesSql(definition, clock)} AS t
  FROM (${contributions({ fromMs: null, toMs: ends.untilMs })})),
  wanted AS (SELECT DISTINCT labels, end_ms, ${startOf} AS start_ms FROM (
    SELECT labels, toInt64(${endOf}) AS end_ms FROM changes WHERE time >= ${firstMs}
    UNION ALL SELECT ${labelsSql(definition)} AS labels, toInt64(window_end_ms) AS end_ms FROM \`values\`
    WHERE definition = ${quoted(definition.hash)} AND withdrawn = 0
  ) WHERE end_ms > ${ends.afterMs} AND end_ms <= ${ends.untilMs})
SELECT labels, end_ms, toInt64(${n}) AS n, toString(${a}) AS a, toString(${b}) AS b
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

interface Windows {
  readonly tables: readonly string[];
  /** SQL of the end of the window in whose last part a `time` lies, and of the start of the one that ends at `end_ms`. */
  readonly endOf: string;
  readonly startOf: string;
  /** Changes before it lie in no window that was asked for. */
  readonly firstMs: number;
}

function windowsOf({ window }: Definition, { afterMs, untilMs }: WindowEnds): Windows {
  switch (window.kind) {
    case 'instant':
    case 'rolling': {
      onlyKeys(window, ['kind', 'sizeMs', 'everyMs'], 'window');
      const endOf = `time - positiveModulo(time, ${window.everyMs}) + ${window.everyMs}`;
      const sizeMs = window.kind === 'rolling' ? window.sizeMs : 0;
      return { tables: [], endOf, startOf: `end_ms - ${sizeMs}`, firstMs: afterMs - window.everyMs };
    }
    case 'tumbling':
    case 'to-date': {
      onlyKeys(window, ['kind', 'unit', 'zone', 'fiscalMonth', 'everyMs'], 'window');
      const bounds = [sliceStart(window, afterMs)];
      while (bounds.at(-1)! < untilMs) bounds.push(sliceEnd(window, bounds.at(-1)!));
      const begins = bounds.map((endMs) => windowStart(window, endMs));
      const table = (numbers: readonly number[]): string => `CAST([${numbers.join(',')}], 'Array(Int64)')`;
      return {
        tables: [`${table(bounds)} AS bounds`, `${table(begins)} AS begins`],
        endOf: 'bounds[indexOf(bounds, roundDown(time, bounds)) + 1]',
        startOf: 'begins[indexOf(bounds, end_ms)]',
        firstMs: bounds[0]!,
      };
    }
    default:
      throw new NotChecked(`window ${String((window as { readonly kind: unknown }).kind)}`);
  }
}
