import type { Limits, Measure } from '../definition.ts';
import type { EventSpan, MeasureWriter } from './measure-sql.ts';
import { NotChecked, onlyKeys } from './not-checked.ts';
import type { EventSql } from './sql-event.ts';
import { pairsSql } from './sql-pairs.ts';
import { workedTime } from './sql-worked-time.ts';
import { workedReach } from './worked-reach.ts';

/**
 * The share of entries whose exit came within their limit. One that did counts where its exit is, above the line (mark 0)
 * and below it (1); one that did not, or not yet, counts below it where its limit is past (2).
 */
export const withinMeasure: MeasureWriter = ({ measure }, sql, span) => {
  if (measure.kind !== 'within') throw new NotChecked(measure.kind);
  onlyKeys(measure, ['kind', 'from', 'to', 'limits', 'hours'], 'within');
  const { from, to } = measure;
  const { of: deadline, ...rest } = deadlines(measure, sql, span);
  const met = `arrayFilter(p -> p.2.time <= ${deadline('p.1')}, ${pairsSql(from, to, sql, true)})`;
  const missed = `arrayFilter(e -> NOT has(arrayMap(p -> p.1.i, ${met}), e.i), ${sql.picked(from)})`;
  const marked = (mark: 0 | 1): string => `arrayMap(p -> (p.1, p.2, toInt8(${mark})), ${met})`;
  return {
    found: `arrayConcat(${marked(0)}, ${marked(1)}, arrayMap(e -> (e, e, toInt8(2)), ${missed}))`,
    amount: '1',
    counts: '1',
    where: 'f',
    time: `if(mark = 2, ${deadline('f')}, x.time)`,
    ...rest,
  };
};

interface Deadlines {
  /** SQL of until when the exit of an entry may come. */
  readonly of: (event: string) => string;
  readonly reachMs: number;
  readonly tables?: readonly string[];
}

function deadlines(
  { limits, hours }: Extract<Measure, { readonly kind: 'within' }>,
  sql: EventSql,
  { firstMs, lastMs }: EventSpan,
): Deadlines {
  const longestMs = Math.max(limits.defaultMs, ...limits.where.map(({ limitMs }) => limitMs));
  const limit = (event: string): string => limitSql(event, limits, sql);
  if (hours === undefined) return { of: (event) => `(${event}.time + ${limit(event)})`, reachMs: longestMs };
  const { untilMs, reachMs } = workedReach(hours, firstMs, lastMs, longestMs);
  const worked = workedTime(hours, firstMs, untilMs);
  return { of: (event) => worked.after(`${event}.time`, limit(event)), reachMs, tables: worked.tables };
}

/** SQL of how long the exit of an entry may take, in milliseconds. */
function limitSql(event: string, { defaultMs, where }: Limits, sql: EventSql): string {
  const cases = where.map((limit) => {
    onlyKeys(limit, ['conditions', 'limitMs'], 'limit');
    return `${sql.passes(event, limit.conditions)}, toInt64(${limit.limitMs}), `;
  });
  return cases.length === 0 ? `${defaultMs}` : `multiIf(${cases.join('')}toInt64(${defaultMs}))`;
}
