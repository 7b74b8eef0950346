import { formatDecimal, parseDecimal } from '../decimal.ts';
import type { MeasureWriter } from './measure-sql.ts';
import { NotChecked, onlyKeys } from './not-checked.ts';
import { unscaledSql } from './sql-decimal.ts';
import { quoted } from './sql-text.ts';

/** How far a cumulative reading went up: from each reading of a case (`f`) to the one of the next instant (`x`). */
export const counterMeasure: MeasureWriter = ({ measure, scale }, sql) => {
  if (measure.kind !== 'counter') throw new NotChecked(measure.kind);
  onlyKeys(measure, ['kind', 'event', 'rollover'], 'counter');
  const { event, rollover } = measure;
  if (event.occurrence !== 'each') throw new NotChecked(`counter of the ${event.occurrence} reading`);
  const readings = `arrayFilter(e -> e.value IS NOT NULL AND NOT startsWith(assumeNotNull(e.value), '-'), ${sql.picked(event)})`;
  // Of one instant the greatest comes first.
  const ordered = `arraySort(e -> (e.time, -${unscaledSql('e.value', scale)}, e.i), ${readings})`;
  const one = `arrayFilter((e, n) -> n = 1, ${ordered}, arrayEnumerateUniq(arrayMap(e -> e.time, ${ordered})))`;
  const [before, now] = [unscaledSql('f.value', scale), unscaledSql('x.value', scale)];
  const over = rollover === null ? null : unscaledSql(quoted(formatDecimal(parseDecimal(rollover)!)), scale);
  const fallen = over === null ? now : `if(${before} >= ${over}, ${now}, ${over} - ${before} + ${now})`;
  return {
    found: `arrayMap(p -> (p.1, p.2, toInt8(0)), arrayZip(arrayPopBack(${one}), arrayPopFront(${one})))`,
    amount: `if(${now} >= ${before}, ${now} - ${before}, ${fallen})`,
    counts: '1',
    where: 'x',
  };
};
