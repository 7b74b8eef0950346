import type { MeasureWriter } from './measure-sql.ts';
import { NotChecked, onlyKeys } from './not-checked.ts';

/** The sessions of a case, their lengths in milliseconds or how many events they have; the mark is that number. */
export const sessionMeasure: MeasureWriter = ({ measure, aggregate, scale }, sql) => {
  if (measure.kind !== 'session') throw new NotChecked(measure.kind);
  onlyKeys(measure, ['kind', 'event', 'gapMs', 'of'], 'session');
  const events = sql.picked(measure.event);
  const gaps = `arrayDifference(arrayMap(e -> e.time, ${events}))`;
  const sessions = `arraySplit((e, gap) -> gap > ${measure.gapMs}, ${events}, ${gaps})`;
  const amount = measure.of === 'length' ? 'x.time - f.time' : `toInt256(mark) * toInt256('${10n ** BigInt(scale)}')`;
  return {
    found: `arrayMap(s -> (s[1], s[-1], toInt64(length(s))), ${sessions})`,
    amount: aggregate.kind === 'count' ? '1' : amount,
    counts: '1',
    where: 'x',
  };
};
