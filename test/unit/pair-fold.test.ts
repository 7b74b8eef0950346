import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { WorkingHours } from '../../services/shared/core/calendar/calendar.ts';
import type { Definition } from '../../services/shared/core/definition.ts';
import type { LoggedEvent } from '../../services/shared/core/event.ts';
import { MeasureFold } from '../../services/shared/core/measure/measure-fold.ts';
import { planMeasure } from '../../services/shared/core/measure/measure-plan.ts';

const OCCURRENCES = ['first', 'last', 'each'] as const;
type Occurrence = (typeof OCCURRENCES)[number];
type Kind = 'duration' | 'open' | 'within';
/** How many minutes a pair of `within` has. */
const LIMIT = 2;

/** What happens in each minute of a case: only an entry, only an exit, or one event that is both. */
const happenings = fc.array(fc.constantFrom('in', 'out', 'both'), { maxLength: 12 });

const COMBINATIONS = (['duration', 'open', 'within'] as const).flatMap((kind) =>
  OCCURRENCES.flatMap((from) => OCCURRENCES.map((to) => ({ kind, from, to }))),
);

/** The pairs, straight from their description: places of entry and exit in the list; exit null: still open. */
function pairs(list: readonly string[], kind: Kind, from: Occurrence, to: Occurrence): [number, number | null][] {
  const at = (what: string): number[] => list.flatMap((each, i) => (each === what || each === 'both' ? [i] : []));
  const [entries, exits] = [at('in'), at('out')];
  if (from === 'each' && to === 'each') return inTurn(list);
  const chosen = from === 'each' ? entries : from === 'first' ? entries.slice(0, 1) : entries.slice(-1);
  return chosen.flatMap((entry): [number, number | null][] => {
    const later = exits.filter((exit) => exit >= entry);
    if (later.length === 0) return [[entry, null]];
    if (to === 'last') return [[entry, later.at(-1)!]];
    // What is left once is left: a level does not fall again with every further exit, and what came in time did.
    if (to === 'first' || kind !== 'duration') return [[entry, later[0]!]];
    return later.map((exit) => [entry, exit]);
  });
}

/** First in, first out; an event that is both leaves before it enters. */
function inTurn(list: readonly string[]): [number, number | null][] {
  const found: [number, number | null][] = [];
  const open: number[] = [];
  list.forEach((each, i) => {
    const entry = each === 'in' ? undefined : open.shift();
    if (entry !== undefined) found.push([entry, i]);
    if (each !== 'out') open.push(i);
  });
  return [...found, ...open.map((entry): [number, null] => [entry, null])];
}

/** Sums by time and amount, those of nought left out, in order. */
function net(contributions: readonly (readonly [timeMs: number, amount: number, sign: number])[]): string[] {
  const sums = new Map<string, number>();
  for (const [timeMs, amount, sign] of contributions) {
    const key = `${timeMs}: ${amount}`;
    sums.set(key, (sums.get(key) ?? 0) + sign);
  }
  return [...sums].flatMap(([key, times]) => (times === 0 ? [] : [`${key} × ${times}`])).toSorted();
}

function expected(list: readonly string[], kind: Kind, from: Occurrence, to: Occurrence): string[] {
  return net(
    pairs(list, kind, from, to).flatMap(([entry, exit]): [number, number, number][] => {
      if (kind === 'duration') return exit === null ? [] : [[exit, exit - entry, 1]];
      if (kind === 'within') {
        const met = exit !== null && exit <= entry + LIMIT;
        // Above and below the line.
        return met
          ? [
              [exit, 1, 1],
              [exit, 1, 1],
            ]
          : [[entry + LIMIT, 1, 1]];
      }
      return [[entry, 1, 1], ...(exit === null ? [] : [[exit, -1, 1] as [number, number, number]])];
    }),
  );
}

const AGGREGATES = { open: 'level', duration: 'sum', within: 'ratio' } as const;

/** What the fold has emitted and not taken back, after each event. */
function emitted(list: readonly string[], kind: Kind, from: Occurrence, to: Occurrence): string[][] {
  const selector = (what: string, occurrence: Occurrence): object => ({
    activity: 'any',
    occurrence,
    where: [{ op: 'in', dimension: what, values: ['yes'] }],
  });
  const limits = { defaultMs: LIMIT, where: [] };
  const measure = { kind, from: selector('in', from), to: selector('out', to), limits };
  const definition = { measure, where: [], by: [], aggregate: { kind: AGGREGATES[kind] }, scale: 0 };
  const all: [number, number, number][] = [];
  const fold = new MeasureFold(
    planMeasure(definition as unknown as Definition),
    (timeMs, _labels, amount, _part, sign) => all.push([timeMs, Number(amount), sign]),
  );
  // What another case left behind is gone.
  fold.feed(happening('both', 0), { in: 'yes', out: 'yes' });
  fold.reset();
  all.length = 0;
  return list.map((each, i) => {
    const own = happening(each, i).dimensions;
    fold.feed(happening(each, i), own);
    return net(all);
  });
}

function happening(what: string, timeMs: number): LoggedEvent {
  const dimensions = { in: what === 'out' ? 'no' : 'yes', out: what === 'in' ? 'no' : 'yes' };
  return { activity: 'any', kind: 'event', timeMs, dimensions, value: null } as unknown as LoggedEvent;
}

test('a duration in business time is what was worked between entry and exit', () => {
  const amounts: number[] = [];
  const hours: WorkingHours = {
    calendar: 'office',
    zone: 'UTC',
    week: Array.from({ length: 7 }, () => [{ fromMinute: 1, toMinute: 3 }]),
    closed: ['1970-01-02'],
    makeUp: [],
    special: [],
  };
  const selector = (what: string): object => ({
    activity: 'any',
    occurrence: 'each',
    where: [{ op: 'in', dimension: what, values: ['yes'] }],
  });
  const measure = { kind: 'duration', from: selector('in'), to: selector('out'), hours };
  const definition = { measure, where: [], by: [], aggregate: { kind: 'sum' }, scale: 0 };
  const fold = new MeasureFold(planMeasure(definition as unknown as Definition), (_time, _labels, amount) =>
    amounts.push(Number(amount)),
  );
  // From 00:00:30 to 00:02, to 00:02:30, on the day that is closed, and over it.
  const times = [30_000, 120_000, 150_000, 86_400_000 + 100_000, 2 * 86_400_000 + 61_000];
  times.forEach((timeMs, i) => {
    const event = happening(i === 0 ? 'in' : 'both', timeMs);
    fold.feed(event, event.dimensions);
  });
  expect(amounts).toEqual([60_000, 30_000, 30_000, 1_000]);
});

test.each(COMBINATIONS)('$kind from $from to $to: after each event what its pairs say', ({ kind, from, to }) => {
  expect.hasAssertions();
  fc.assert(
    fc.property(happenings, (list) => {
      const wanted = list.map((_, i) => expected(list.slice(0, i + 1), kind, from, to));
      expect(emitted(list, kind, from, to)).toEqual(wanted);
    }),
  );
});

test('a limit is that of the entry: by its dimensions, in working time', () => {
  const selector = (activity: string): object => ({ activity, occurrence: 'each', where: [] });
  const limits = {
    defaultMs: 60_000,
    where: [{ conditions: [{ op: 'in', dimension: 'priority', values: ['P1'] }], limitMs: 20_000 }],
  };
  const hours: WorkingHours = {
    calendar: 'office',
    zone: 'UTC',
    week: Array.from({ length: 7 }, () => [{ fromMinute: 1, toMinute: 3 }]),
    closed: [],
    makeUp: [],
    special: [],
  };
  const measure = { kind: 'within', from: selector('in'), to: selector('out'), limits, hours };
  const definition = { measure, where: [], by: [], aggregate: { kind: 'ratio' }, scale: 0 };
  const all: [number, number, number][] = [];
  const fold = new MeasureFold(
    planMeasure(definition as unknown as Definition),
    (timeMs, _labels, _amount, part, sign) => all.push([timeMs, part, sign]),
  );
  const feed = (activity: string, timeMs: number, priority: string): void => {
    const dimensions = { priority };
    fold.feed({ activity, kind: 'event', timeMs, dimensions, value: null } as unknown as LoggedEvent, dimensions);
  };
  feed('in', 30_000, 'P1');
  expect(all).toEqual([[80_000, 1, 1]]);
  feed('in', 150_000, 'P3');
  // A minute from there ends half a minute into the next day's work.
  expect(all.slice(1)).toEqual([[86_400_000 + 90_000, 1, 1]]);
  feed('out', 150_001, 'P3');
  expect(all.slice(2)).toEqual([]);
  feed('out', 86_400_000 + 90_000, 'P3');
  expect(all.slice(2)).toEqual([
    [86_400_000 + 90_000, 1, -1],
    [86_400_000 + 90_000, 0, 1],
    [86_400_000 + 90_000, 1, 1],
  ]);
});
