import type { MeasureWriter } from './measure-sql.ts';
import { NotChecked, onlyKeys } from './not-checked.ts';
import { unscaledSql } from './sql-decimal.ts';
import { pairsSql } from './sql-pairs.ts';

/** What is open: one more at each entry, one less at the exit that ends it (the mark), or the value or time of the entry. */
export const openMeasure: MeasureWriter = ({ measure, aggregate, scale }, sql) => {
  if (measure.kind !== 'open') throw new NotChecked(measure.kind);
  onlyKeys(measure, ['kind', 'from', 'to', 'of', 'hours'], 'open');
  const { from, to } = measure;
  const entries = `arrayMap(e -> (e, e, toInt8(1)), ${sql.picked(from)})`;
  const exits = `arrayMap(p -> (p.1, p.2, toInt8(-1)), ${pairsSql(from, to, sql, true)})`;
  const valued = aggregate.kind === 'level' && aggregate.of !== undefined;
  // An entry without a value is open too, and adds nothing.
  const worth = valued ? `mark * ${unscaledSql('f.value', scale)}` : 'mark';
  const amount = aggregate.kind === 'age' ? 'mark * f.time' : worth;
  return { found: `arrayConcat(${entries}, ${exits})`, amount, counts: '1', where: 'f' };
};
