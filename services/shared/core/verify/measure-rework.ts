import type { ReworkMeasure } from '../definition.ts';
import type { MeasureWriter } from './measure-sql.ts';
import { NotChecked, onlyKeys } from './not-checked.ts';
import { unscaledSql } from './sql-decimal.ts';
import type { EventSql } from './sql-event.ts';

/**
 * What a case has again: `f` is the occurrence before, `x` the one that counts. The mark is 0 for a repeat and for the
 * upper side of a rate, 1 for its lower side.
 */
export const reworkMeasure: MeasureWriter = ({ measure, aggregate, scale }, sql) => {
  if (measure.kind !== 'rework') throw new NotChecked(measure.kind);
  onlyKeys(measure, ['kind', 'of', 'count', 'same', 'to'], 'rework');
  const { of, count, to } = measure;
  if (of.occurrence !== 'each') throw new NotChecked(`rework of the ${of.occurrence} occurrence`);
  const { alike, before, numbers } = occurrencesSql(measure, sql);
  const numbered = (condition: string): string =>
    `arrayFilter((p, n) -> ${condition}, arrayZip(${before}, ${alike}), ${numbers})`;
  const marked = (pairs: string, mark: 0 | 1): string => `arrayMap(p -> (p.1, p.2, toInt8(${mark})), ${pairs})`;
  const below = to === null ? numbered('n = 1') : sql.picked({ ...to, occurrence: 'first' });
  const base = `arrayMap(e -> (e, e, toInt8(1)), ${to === null ? `arrayMap(p -> p.2, ${below})` : below})`;
  const again = marked(numbered(count === 'repeats' ? 'n > 1' : 'n = 2'), 0);
  const counted = aggregate.kind === 'count' || aggregate.kind === 'ratio';
  return {
    found: count === 'rate' ? `arrayConcat(${again}, ${base})` : again,
    amount: counted ? '1' : unscaledSql('x.value', scale),
    counts: counted ? '1' : 'x.value IS NOT NULL',
    where: 'x',
  };
};

/**
 * SQL of the occurrences of a case, those that are alike in `same` together and in order; beside each the one before it
 * (which means something from the second one on), and the how manieth of those alike it is.
 */
function occurrencesSql({ of, same }: ReworkMeasure, sql: EventSql): Record<'alike' | 'before' | 'numbers', string> {
  // A dimension that no event gave is equal to itself, and to no text.
  const keys = same.map(
    (name) => `if(${sql.dimension('e', name)} IS NULL, '', concat('=', assumeNotNull(${sql.dimension('e', name)})))`,
  );
  const key = keys.length === 0 ? `['']` : `[${keys.join(', ')}]`;
  const alike = `arraySort(e -> (${key}, e.i), ${sql.picked(of)})`;
  return {
    alike,
    before: `arrayConcat(arraySlice(${alike}, 1, 1), arrayPopBack(${alike}))`,
    numbers: `arrayEnumerateUniq(arrayMap(e -> ${key}, ${alike}))`,
  };
}
