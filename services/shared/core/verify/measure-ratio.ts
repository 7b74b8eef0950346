import type { RatioPart } from '../definition.ts';
import type { MeasureWriter } from './measure-sql.ts';
import { NotChecked, onlyKeys } from './not-checked.ts';
import { unscaledSql } from './sql-decimal.ts';

/** One count or sum and another; the mark is 1 for what stands below the line. */
export const ratioMeasure: MeasureWriter = ({ measure, scale }, sql) => {
  if (measure.kind !== 'ratio') throw new NotChecked(measure.kind);
  onlyKeys(measure, ['kind', 'numerator', 'denominator'], 'ratio');
  const sides = [measure.numerator, measure.denominator].map((side, mark) =>
    sideSql(side, mark, scale, sql.picked(side.event)),
  );
  const [above, below] = sides as [Side, Side];
  return {
    found: `arrayConcat(${above.found}, ${below.found})`,
    amount: `if(mark = 0, ${above.amount}, ${below.amount})`,
    counts: `if(mark = 0, ${above.counts}, ${below.counts})`,
    where: 'x',
  };
};

type Side = Record<'found' | 'amount' | 'counts', string>;

function sideSql(side: RatioPart, mark: number, scale: number, picked: string): Side {
  onlyKeys(side, ['event', 'aggregate'], 'ratio');
  const counted = side.aggregate === 'count';
  return {
    found: `arrayMap(e -> (e, e, toInt8(${mark})), ${picked})`,
    amount: counted ? 'toInt256(1)' : unscaledSql('x.value', scale),
    counts: counted ? '1' : 'x.value IS NOT NULL',
  };
}
