import type { Definition, LabelSpec } from '../definition.ts';
import { NO_LABEL } from '../measure/labels.ts';
import type { MeasureWriter } from './measure-sql.ts';
import { NotChecked, onlyKeys } from './not-checked.ts';
import { unscaledSql } from './sql-decimal.ts';
import type { EventSql } from './sql-event.ts';
import { quoted, textArray } from './sql-text.ts';

/** Of no change. */
const NOTHING = 9;

/**
 * What holds from an event of a case until the next one: a reading, or whether it is in one of the states asked for. Beside
 * each event that says so stands the one before (`p.1`, `p.2`): under the same labels the level changes by what is between
 * them (mark 0); else what held before ends (-1), and what holds now begins (1). The amount is by how much the level changes.
 */
export const holdMeasure: MeasureWriter = (definition, sql) => {
  const { measure, by } = definition;
  if (measure.kind === 'state') onlyKeys(measure, ['kind', 'event', 'of', 'in', 'to', 'hours'], 'state');
  else if (measure.kind === 'event') onlyKeys(measure, ['kind', 'event'], 'event');
  else throw new NotChecked(measure.kind);
  const counts = (event: string): string => countsSql(event, definition, sql);
  const level = (event: string): string => levelSql(event, definition, sql);
  const label = (event: string, { dimension, at }: LabelSpec): string | undefined => {
    if (at === 'first' || at === 'last') return undefined;
    return at === 'state'
      ? stateSql(event, definition, sql)
      : `ifNull(${sql.dimension(event, dimension)}, ${quoted(NO_LABEL)})`;
  };
  const labels = by.flatMap((each) => {
    const [before, now] = [label('p.1', each), label('p.2', each)];
    return before === undefined ? [] : [`${before} = ${now}`];
  });
  const goesOn = ['p.3 > 1', counts('p.1'), counts('p.2'), ...labels].join(' AND ');
  const ended = `multiIf(p.3 = 1 OR NOT ${counts('p.1')}, ${NOTHING}, ${goesOn}, if(${level('p.1')} = ${level('p.2')}, ${NOTHING}, 0), -1)`;
  const begun = `if(NOT ${counts('p.2')} OR (${goesOn}), ${NOTHING}, 1)`;
  const chosen = `arrayFilter(e -> ${saysSql('e', definition, sql)}, events)`;
  const pairs = `arrayZip(arrayPopBack(arrayPushFront(${chosen}, ${chosen}[1])), ${chosen}, arrayEnumerate(${chosen}))`;
  const changes = `arrayMap(p -> [(p.1, p.2, toInt8(${ended})), (p.2, p.2, toInt8(${begun}))], ${pairs})`;
  return {
    found: `arrayFilter(c -> c.3 != ${NOTHING}, arrayFlatten(${changes}))`,
    amount: `multiIf(mark = 1, ${level('f')}, mark = -1, -${level('f')}, ${level('x')} - ${level('f')})`,
    counts: '1',
    where: 'f',
    label: (each) => label('f', each),
  };
};

/** SQL of whether an event says anything, or ends what was said before. */
function saysSql(event: string, { measure }: Definition, sql: EventSql): string {
  if (measure.kind === 'state') {
    const says = sql.selects(event, measure.event);
    return measure.to === null ? says : `(${says} OR ${sql.selects(event, measure.to)})`;
  }
  if (measure.kind !== 'event') throw new NotChecked(measure.kind);
  return `(${sql.selects(event, measure.event)} AND ${event}.value IS NOT NULL)`;
}

/** SQL of whether anything is observed from an event on. */
function countsSql(event: string, { measure, where }: Definition, sql: EventSql): string {
  const passes = sql.passes(event, where);
  if (measure.kind !== 'state' || measure.to === null) return passes;
  return `(${passes} AND NOT ${sql.selects(event, measure.to)})`;
}

function levelSql(event: string, definition: Definition, sql: EventSql): string {
  const { measure, scale } = definition;
  if (measure.kind !== 'state') return unscaledSql(`${event}.value`, scale);
  const state = stateSql(event, definition, sql);
  return measure.in === null ? 'toInt256(1)' : `toInt256(has(${textArray(measure.in)}, ${state}))`;
}

function stateSql(event: string, { measure }: Definition, sql: EventSql): string {
  if (measure.kind !== 'state' || measure.of === null) return `${event}.activity`;
  return `ifNull(${sql.dimension(event, measure.of)}, ${quoted(NO_LABEL)})`;
}
