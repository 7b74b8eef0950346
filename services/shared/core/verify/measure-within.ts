import type { Limits } from '../definition.ts';
import type { MeasureWriter } from './measure-sql.ts';
import { NotChecked, onlyKeys } from './not-checked.ts';
import type { EventSql } from './sql-event.ts';
import { pairsSql } from './sql-pairs.ts';

/**
 * The share of entries whose exit came within their limit. One that did counts where its exit is, above the line (mark 0)
 * and below it (1); one that did not, or not yet, counts below it where its limit is past (2).
 */
export const withinMeasure: MeasureWriter = ({ measure }, sql) => {
  if (measure.kind !== 'within') throw new NotChecked(measure.kind);
  onlyKeys(measure, ['kind', 'from', 'to', 'limits'], 'within');
  const { from, to, limits } = measure;
  const deadline = (event: string): string => `(${event}.time + ${limitSql(event, limits, sql)})`;
  const met = `arrayFilter(p -> p.2.time <= ${deadline('p.1')}, ${pairsSql(from, to, sql, true)})`;
  const missed = `arrayFilter(e -> NOT has(arrayMap(p -> p.1.i, ${met}), e.i), ${sql.picked(from)})`;
  const marked = (mark: 0 | 1): string => `arrayMap(p -> (p.1, p.2, toInt8(${mark})), ${met})`;
  return {
    found: `arrayConcat(${marked(0)}, ${marked(1)}, arrayMap(e -> (e, e, toInt8(2)), ${missed}))`,
    amount: '1',
    counts: '1',
    where: 'f',
    time: `if(mark = 2, ${deadline('f')}, x.time)`,
    reachMs: Math.max(limits.defaultMs, ...limits.where.map(({ limitMs }) => limitMs)),
  };
};

/** SQL of how long the exit of an entry may take, in milliseconds. */
function limitSql(event: string, { defaultMs, where }: Limits, sql: EventSql): string {
  const cases = where.map((limit) => {
    onlyKeys(limit, ['conditions', 'limitMs'], 'limit');
    return `${sql.passes(event, limit.conditions)}, toInt64(${limit.limitMs}), `;
  });
  return cases.length === 0 ? `${defaultMs}` : `multiIf(${cases.join('')}toInt64(${defaultMs}))`;
}
