import type { MeasureWriter } from './measure-sql.ts';
import { NotChecked, onlyKeys } from './not-checked.ts';

/** How many different values the events have: each contributes 128 bits of a hash of its own. */
export const distinctMeasure: MeasureWriter = ({ measure }, sql) => {
  if (measure.kind !== 'distinct') throw new NotChecked(measure.kind);
  onlyKeys(measure, ['kind', 'event', 'dimension'], 'distinct');
  const { event, dimension } = measure;
  const text = dimension === null ? 'case_id' : sql.dimension('x', dimension);
  return {
    found: `arrayMap(e -> (e, e, toInt8(0)), ${sql.picked(event)})`,
    amount: `reinterpretAsUInt128(sipHash128(ifNull(${text}, '')))`,
    counts: dimension === null ? '1' : `${text} IS NOT NULL`,
    where: 'x',
  };
};
