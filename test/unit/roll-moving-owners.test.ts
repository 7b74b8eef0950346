import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Message, ValueMessage } from '../../services/shared/core/messages.ts';
import { clockOf } from '../../services/shared/core/measure/clock.ts';
import { parseCatalogue } from '../../services/shared/runtime/catalogue-file.ts';
import { ownerGuards } from '../simulation/guards-moving.ts';
import { RollFold } from '../support/roll-fold.ts';

const MIN = 60_000;
const { catalogue } = parseCatalogue(
  `version: 1
workflows: { desk: { activities: [came, left] } }
kpis:
  age: { workflow: desk, measure: { open: { from: came, to: left, of: age } }, aggregate: sum, unit: min }
`,
  'c.yaml',
  { calendarVersion: 'test' },
);
const clock = clockOf(catalogue!.kpis.get('age')!.definition);
/** Windows that have a row whatever the watermark jumped over. */
const ENDS_MAX = 4;

/** What happens in the log: a slice is written anew, or time passes. `-1`: nothing is in the slice any more. */
type Step = { readonly minute: number; readonly delta: number } | { readonly passes: number };
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 2, arbitrary: fc.record({ minute: fc.nat({ max: 12 }), delta: fc.constantFrom(1, 1, 0, -1) }) },
  { weight: 3, arbitrary: fc.record({ passes: fc.constantFrom(0, 1, 1, 2, 3, 9) }) },
);
const sizes = fc.array(fc.constantFrom(1, 1, 2, 3, 8), { minLength: 1 });

/** The log, and after each record of it how far time is and what the slices hold. */
function logOf(fold: RollFold, steps: readonly Step[]): { readonly message: Message; readonly watermark: number }[] {
  let minute = 0;
  const open = new Map<number, number>();
  return steps.flatMap((each) => {
    if ('passes' in each) minute += each.passes;
    const mark = { message: fold.mark('desk', (minute + 0.5) * MIN), watermark: minute };
    if ('passes' in each) return [mark];
    const { minute: at, delta } = each;
    open.set(at, delta > 0 ? clock(at * MIN) : 0);
    const entries = [...open.values()].filter((entry) => entry !== 0);
    const state = delta > 0 ? { delta: 1, sum: clock(at * MIN) } : { delta: 0, sum: 0 };
    const all = { delta: entries.length, sum: entries.reduce((sum, entry) => sum + entry, 0) };
    const n = delta < 0 ? 0 : 1 + Math.abs(1 - delta);
    return [
      { message: fold.slice('age', { labels: '[]', startMs: at * MIN, n, state }), watermark: minute },
      { message: fold.slice('age', { labels: '[]', startMs: -1, n: 1, state: all }), watermark: minute },
      mark,
    ];
  });
}

/** Reads records in batches of these sizes, again and again; gives what it publishes. */
async function read(fold: RollFold, log: readonly Message[], batches: readonly number[]): Promise<ValueMessage[]> {
  const rows: ValueMessage[] = [];
  for (let at = 0, n = 0; at < log.length; n++) {
    const size = batches[n % batches.length]!;
    rows.push(...(await fold.apply(...log.slice(at, at + size))));
    at += size;
  }
  return rows;
}

/**
 * What one owner gives rows to, mark by mark, and has not stored when it dies, the next one reads in one batch in which time
 * goes further than a jump gives rows to; then something comes late.
 */
const GAP: Step[] = [
  { minute: 0, delta: 1 },
  ...[9, 1, 3, 3, 3, 3].map((passes) => ({ passes })),
  { minute: 5, delta: 1 },
  { passes: 0 },
];

/** One owner sees a case that came late and gives rows to it; the next one only reads that it was withdrawn. */
const TAKEN_BACK: Step[] = [{ passes: 9 }, { minute: 3, delta: 1 }, { minute: 3, delta: -1 }, { passes: 0 }];

/** Steps, sizes of batches, and where in the log the first owner has stored, the second one's first batch ends, the first one dies. */
const EXAMPLES: [[Step[], number[], number[], number, number, number]][] = [
  [[GAP, [1], [1], 5.1 / 13, 9.1 / 13, 0.5]],
  [[TAKEN_BACK, [1], [1], 1.1 / 8, 1, 0.4]],
];

/** Runs random schedules of two owners; throws where what stands in the end is not right. */
async function tryOwners(numRuns: number): Promise<void> {
  const cut = fc.double({ min: 0, max: 1, noNaN: true });
  const schedule = fc.tuple(fc.array(step, { minLength: 1, maxLength: 30 }), sizes, sizes, cut, cut, cut);
  await fc.assert(
    fc.asyncProperty(schedule, async ([steps, first, second, ...cuts]) => {
      const before = await new RollFold(catalogue!, { movingEndsMax: ENDS_MAX }).start();
      const log = logOf(before, steps);
      const messages = log.map(({ message }) => message);
      const places = cuts.slice(0, 2).map((part) => Math.floor(part * log.length));
      const [stored, caughtUp] = places.sort((a, b) => a - b) as [number, number];
      const end = stored + Math.ceil(cuts[2] * (log.length - stored));
      const rows = await read(before, messages.slice(0, stored), first);
      await before.save();
      const after = new RollFold(catalogue!, { store: before.store, movingEndsMax: ENDS_MAX });
      after.resume(before);
      await after.start();
      rows.push(...(await read(before, messages.slice(stored, end), first)));
      // Nothing is published before all is read that was there at the start.
      const from = after.task.nextOffset;
      const until = Math.max(from, caughtUp);
      rows.push(...(await read(after, messages.slice(from, until), [log.length])));
      rows.push(...(await read(after, messages.slice(until), second)));
      const problem = wrongIn(rows, steps, log.at(-1)!.watermark);
      expect(problem, JSON.stringify({ steps, first, second, stored, caughtUp, end })).toEqual([]);
    }),
    { numRuns, examples: EXAMPLES },
  );
}

test('whoever computes in whatever batches, dies unstored or goes on beside another: what stands is right', async () => {
  expect.hasAssertions();
  await tryOwners(1_500);
}, 60_000);

test.each(ownerGuards)('without “$name” it is not', { timeout: 60_000 }, async (guard) => {
  const restore = guard.takeAway();
  try {
    await expect(tryOwners(5_000)).rejects.toThrow('Property failed');
  } finally {
    restore();
  }
});

/** What is wrong in the end with the rows of the highest versions. */
function wrongIn(rows: readonly ValueMessage[], steps: readonly Step[], watermark: number): string[] {
  const best = new Map<number, ValueMessage>();
  for (const row of rows)
    if (row.version >= (best.get(row.windowEndMs)?.version ?? -1n)) best.set(row.windowEndMs, row);
  const slices = new Map<number, number>();
  for (const each of steps) if ('minute' in each) slices.set(each.minute, each.delta);
  const open = (end: number): number[] =>
    [...slices].flatMap(([minute, delta]) => (minute < end && delta > 0 ? [minute] : []));
  const changed = (end: number): boolean => (slices.get(end - 1) ?? -1) >= 0;
  const wrong: string[] = [];
  for (let end = 1; end <= 400; end++) {
    const row = best.get(end * MIN);
    const ages = open(end).map((minute) => end - minute);
    const may = end <= watermark && (ages.length > 0 || changed(end));
    const must = may && (changed(end) || end > watermark - ENDS_MAX);
    if (row === undefined || row.withdrawn) {
      if (must) wrong.push(`${end}: no row`);
      continue;
    }
    const sum = ages.reduce((all, age) => all + age, 0);
    if (!may) wrong.push(`${end}: a row of ${row.value} at ${row.version}`);
    else if (row.value !== sum || row.samples !== ages.length) wrong.push(`${end}: ${row.value} instead of ${sum}`);
  }
  return wrong;
}
