import { holdMeasure } from './measure-hold.ts';
import type { MeasureWriter } from './measure-sql.ts';
import { NotChecked, onlyKeys } from './not-checked.ts';
import { unscaledSql } from './sql-decimal.ts';

/** Each selected event, or its value. */
export const eventMeasure: MeasureWriter = (definition, sql, span) => {
  const { measure, aggregate, scale } = definition;
  if (measure.kind !== 'event') throw new NotChecked(measure.kind);
  if (aggregate.kind === 'integral') return holdMeasure(definition, sql, span);
  onlyKeys(measure, ['kind', 'event'], 'event');
  const counted = aggregate.kind === 'count';
  return {
    found: `arrayMap(e -> (e, e, toInt8(0)), ${sql.picked(measure.event)})`,
    amount: counted ? '1' : unscaledSql('x.value', scale),
    counts: counted ? '1' : 'x.value IS NOT NULL',
    where: 'x',
  };
};
