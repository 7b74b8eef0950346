import type { MeasureWriter } from './measure-sql.ts';
import { NotChecked, onlyKeys } from './not-checked.ts';
import { pairsSql } from './sql-pairs.ts';

/** How many cases are open: one more at each entry, one less at the exit that ends it (the mark). */
export const openMeasure: MeasureWriter = ({ measure }, sql) => {
  if (measure.kind !== 'open') throw new NotChecked(measure.kind);
  onlyKeys(measure, ['kind', 'from', 'to'], 'open');
  const { from, to } = measure;
  const entries = `arrayMap(e -> (e, e, toInt8(1)), ${sql.picked(from)})`;
  const exits = `arrayMap(p -> (p.1, p.2, toInt8(-1)), ${pairsSql(from, to, sql, true)})`;
  return { found: `arrayConcat(${entries}, ${exits})`, amount: 'mark', counts: '1', where: 'f' };
};
