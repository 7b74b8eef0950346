import type { MeasureWriter } from './measure-sql.ts';
import { NotChecked, onlyKeys } from './not-checked.ts';
import { pairsSql } from './sql-pairs.ts';
import { workedTime } from './sql-worked-time.ts';

/** The time between two events of a case, or the working time, in milliseconds. */
export const durationMeasure: MeasureWriter = ({ measure }, sql, span) => {
  if (measure.kind !== 'duration') throw new NotChecked(measure.kind);
  onlyKeys(measure, ['kind', 'from', 'to', 'hours'], 'duration');
  const { from, to, hours } = measure;
  const worked = hours === undefined ? null : workedTime(hours, span.firstMs, span.lastMs);
  return {
    found: `arrayMap(p -> (p.1, p.2, toInt8(0)), ${pairsSql(from, to, sql, false)})`,
    amount: worked === null ? 'x.time - f.time' : worked.between('f.time', 'x.time'),
    counts: '1',
    where: 'x',
    ...(worked === null ? {} : { tables: worked.tables }),
  };
};
