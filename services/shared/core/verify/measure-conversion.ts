import type { ConversionMeasure, Selector } from '../definition.ts';
import type { MeasureWriter } from './measure-sql.ts';
import { NotChecked, onlyKeys } from './not-checked.ts';
import type { EventSql } from './sql-event.ts';

/**
 * Cases that come from one event to another: an entry (`f`) counts below the line (mark 1) at its time, and above it (0) with
 * the goal (`x`) that it reached, at the goal's time or at its own.
 */
export const conversionMeasure: MeasureWriter = ({ measure }, sql) => {
  if (measure.kind !== 'conversion') throw new NotChecked(measure.kind);
  onlyKeys(measure, ['kind', 'from', 'to', 'afterMs', 'withinMs', 'count'], 'conversion');
  const { from, to, count } = measure;
  const inTurn = from.occurrence === 'each' && to.occurrence === 'each';
  const reached = inTurn ? reachedInTurn(measure, sql) : reachedEach(measure, sql);
  return {
    found: `arrayConcat(arrayMap(e -> (e, e, toInt8(1)), ${sql.picked(from)}), arrayMap(p -> (p.1, p.2, toInt8(0)), ${reached}))`,
    amount: '1',
    counts: '1',
    where: 'f',
    time: count === 'cohort' ? 'f.time' : 'x.time',
  };
};

/** Later than every time, in milliseconds. */
const NEVER_MS = '9007199254740991';

/**
 * SQL of (entry, goal) where each entry has its first goal within the limits, or the last one. Entries and goals stand on
 * one line, an entry where its wait begins (or ends): the nearest goal behind (or before) it is the one.
 */
function reachedEach({ from, to, afterMs, withinMs, count }: ConversionMeasure, sql: EventSql): string {
  // Of a cohort it does not matter which goal it is.
  const last = to.occurrence === 'last' && count === 'flow';
  const goalFirst = includes(to, from);
  const [entryPlace, goalPlace] = [
    `toInt64(2 * e.i + ${goalFirst ? 1 : 0})`,
    `toInt64(2 * e.i + ${goalFirst ? 0 : 1})`,
  ];
  // Behind a wait that takes time every goal of that millisecond counts, whatever its place.
  const begins = `(e.time + ${afterMs}, ${afterMs > 0 ? 'toInt64(0)' : entryPlace}, toInt8(0), e)`;
  const ends = `(${withinMs === null ? `toInt64(${NEVER_MS})` : `e.time + ${withinMs}`}, toInt64(${NEVER_MS}), toInt8(0), e)`;
  const entries = `arrayMap(e -> ${last ? ends : begins}, ${sql.picked(from)})`;
  const goals = `arrayMap(e -> (e.time + 0, ${goalPlace}, toInt8(1), e), ${sql.picked({ ...to, occurrence: 'each' })})`;
  const line = `arraySort(m -> (m.1, m.2), arrayConcat(${entries}, ${goals}))`;
  const goal = `${last ? 'arrayFill' : 'arrayReverseFill'}(m -> m.3 = 1, ${line})`;
  const limits = [
    `p.2.4.time >= p.1.4.time + ${afterMs}`,
    ...(withinMs === null ? [] : [`p.2.4.time <= p.1.4.time + ${withinMs}`]),
    `p.2.4.i ${goalFirst ? '>' : '>='} p.1.4.i`,
  ].join(' AND ');
  const pairs = `arrayFilter(p -> p.1.3 = 0 AND p.2.3 = 1 AND ${limits}, arrayZip(${line}, ${goal}))`;
  return `arrayMap(p -> (p.1.4, p.2.4), ${pairs})`;
}

/** SQL of (entry, goal) where every goal takes the oldest entry that still waits and whose limits it keeps. */
function reachedInTurn({ from, to, afterMs, withinMs }: ConversionMeasure, sql: EventSql): string {
  const entries = sql.picked(from);
  const goals = sql.picked(to);
  // At each goal: how many entries have waited long enough, and of how many the time is over.
  const place = afterMs > 0 ? 'toInt64(0)' : 'toInt64(e.i)';
  const ready = entriesAtGoals(entries, goals, `(e.time + ${afterMs}, ${place}, toInt8(1))`);
  const over =
    withinMs === null
      ? `arrayMap(e -> toInt64(0), ${goals})`
      : entriesAtGoals(entries, goals, `(e.time + ${withinMs + 1}, toInt64(0), toInt8(1))`);
  // From goal to goal: the entry that is next, and which one each of them took (0: none).
  const next = 'greatest(taken.1, o + 1)';
  const step = `(taken, r, o) -> (${next} + (${next} <= r), arrayPushBack(taken.2, if(${next} <= r, ${next}, 0)))`;
  const taken = `arrayFold(${step}, ${ready}, ${over}, (toInt64(1), CAST([], 'Array(Int64)'))).2`;
  const numbers = `arrayFilter(n -> n > 0, ${taken})`;
  // The number of an entry that was taken comes a second time.
  const times = `arraySlice(arrayEnumerateUniq(arrayConcat(${numbers}, arrayMap(n -> toInt64(n), arrayEnumerate(${entries})))), length(${numbers}) + 1)`;
  return `arrayZip(arrayFilter((e, n) -> n = 2, ${entries}, ${times}), arrayFilter((e, n) -> n > 0, ${goals}, ${taken}))`;
}

/** SQL of how many entries stand before each goal, an entry where `place` (of `e`) says: (time, i, 1). */
function entriesAtGoals(entries: string, goals: string, place: string): string {
  const line = `arraySort(arrayConcat(arrayMap(e -> ${place}, ${entries}), arrayMap(e -> (e.time + 0, toInt64(e.i), toInt8(0)), ${goals})))`;
  return `arrayFilter((n, m) -> m.3 = 0, arrayCumSum(m -> m.3, ${line}), ${line})`;
}

/** Whether every entry is a goal as well: then a goal has to come after it. */
function includes(all: Selector, some: Selector): boolean {
  const asked = some.where.map((condition) => JSON.stringify(condition));
  const sameActivity = all.activity === 'any' || all.activity === some.activity;
  return sameActivity && all.where.every((condition) => asked.includes(JSON.stringify(condition)));
}
