import { expect, test } from 'vitest';
import type { AggregateState } from '../../services/shared/core/aggregate/aggregate-state.ts';
import type { Message } from '../../services/shared/core/messages.ts';
import { clockOf } from '../../services/shared/core/measure/clock.ts';
import { parseCatalogue } from '../../services/shared/runtime/catalogue-file.ts';
import { RollFold } from '../support/roll-fold.ts';

const MIN = 60_000;
const { catalogue, problems } = parseCatalogue(
  `version: 1
workflows: { desk: { activities: [came, left, on, off] } }
kpis:
  age: { workflow: desk, measure: { open: { from: came, to: left, of: age } }, aggregate: mean, unit: min }
  slow: { workflow: desk, measure: { open: { from: came, to: left, of: age } }, aggregate: mean, unit: min, settle: 2m }
  running: { workflow: desk, measure: { state: { in: on } }, aggregate: share, window: { rolling: 4m, every: 1m } }
`,
  'c.yaml',
  { calendarVersion: 'test' },
);
if (catalogue === null) throw new Error(JSON.stringify(problems));
const age = clockOf(catalogue.kpis.get('age')!.definition);

const came = (minute: number): number => age(minute * MIN);

/** A slice and the total of a level: cases that came and left, by the minutes at which they came. */
function changed(
  fold: RollFold,
  minute: number,
  ins: readonly number[],
  outs: readonly number[] = [],
  importId?: string,
): Message {
  const sum = (list: readonly number[]): number => list.reduce((all, each) => all + came(each), 0);
  const state = { delta: ins.length - outs.length, sum: sum(ins) - sum(outs) } satisfies Partial<AggregateState>;
  const imported = importId === undefined ? {} : { importId };
  return fold.slice('age', { labels: '[]', startMs: minute * MIN, n: ins.length + outs.length, state, ...imported });
}

/** The total row of what is open now. */
function total(fold: RollFold, ins: readonly number[]): Message {
  const state = { delta: ins.length, sum: ins.reduce((all, each) => all + came(each), 0) };
  return fold.slice('age', { labels: '[]', startMs: -1, n: 1, state });
}

const shown = (rows: readonly { windowEndMs: number; value: number | null; withdrawn: boolean }[]): unknown[] =>
  rows.map(({ windowEndMs, value, withdrawn }) => [windowEndMs / MIN, withdrawn ? 'withdrawn' : value]);

const limits = { movingEndsMax: 5 };

test('an age has a row at each instant up to the watermark, and none beyond it', async () => {
  const fold = await new RollFold(catalogue, limits).start();
  expect(await fold.apply(changed(fold, 10, [10]), total(fold, [10]), fold.mark('desk', 10.9 * MIN))).toEqual([]);
  expect(shown(await fold.apply(fold.mark('desk', 12.9 * MIN)))).toEqual([
    [11, 1],
    [12, 2],
  ]);
  expect(shown(await fold.apply(changed(fold, 13, [13], [10]), fold.mark('desk', 14 * MIN)))).toEqual([
    [13, 3],
    [14, 1],
  ]);
});

test('where the last one left a row says so, and then there are none', async () => {
  const fold = await new RollFold(catalogue, limits).start();
  await fold.apply(changed(fold, 10, [10]), changed(fold, 11, [], [10]), fold.mark('desk', 11 * MIN));
  const rows = await fold.apply(fold.mark('desk', 15 * MIN));
  expect(shown(rows)).toEqual([[12, 0]]);
  expect(rows[0]).toMatchObject({ samples: 0, state: 'final' });
});

test('after a jump of the watermark only what changed and the last instants have rows, whatever comes in one batch', async () => {
  for (const together of [true, false]) {
    const fold = await new RollFold(catalogue, limits).start();
    const steps = [
      [changed(fold, 10, [10]), fold.mark('desk', 9 * MIN)],
      [fold.mark('desk', 100 * MIN)],
      [fold.mark('desk', 103 * MIN)],
    ];
    const rows = [];
    if (together) rows.push(...(await fold.apply(...steps.flat())));
    else for (const step of steps) rows.push(...(await fold.apply(...step)));
    expect(
      shown(rows).map((row) => (row as [number])[0]),
      `together: ${together}`,
    ).toEqual([11, 96, 97, 98, 99, 100, 101, 102, 103]);
  }
});

test('what comes late revises every row that it changes', async () => {
  const fold = await new RollFold(catalogue, { movingEndsMax: 2 }).start();
  await fold.apply(changed(fold, 10, [10]), fold.mark('desk', 11 * MIN));
  for (const minute of [12, 13, 14, 15]) await fold.apply(fold.mark('desk', minute * MIN));
  const rows = await fold.apply(changed(fold, 12, [], [10]), fold.mark('desk', 15 * MIN));
  expect(shown(rows)).toEqual([
    [13, 0],
    [14, 'withdrawn'],
    [15, 'withdrawn'],
  ]);
  expect(rows[0]).toMatchObject({ revision: 1, reason: 'late' });
  // It was wrong: the case is open after all, and the rows are there again.
  expect(shown(await fold.apply(changed(fold, 12, [12], [10]), fold.mark('desk', 15 * MIN)))).toEqual([
    [13, 1],
    [14, 2],
    [15, 3],
  ]);
});

test('after a restart, and with no room in memory, time goes on for what is open', async () => {
  const fold = await new RollFold(catalogue, { ...limits, slicesMax: 0 }).start();
  await fold.apply(changed(fold, 10, [10]), total(fold, [10]), fold.mark('desk', 300 * MIN));
  await fold.save();
  await fold.apply(fold.mark('desk', 300 * MIN));
  expect(shown(await fold.apply(fold.mark('desk', 301 * MIN)))).toEqual([[301, 291]]);
  await fold.save();
  const next = new RollFold(catalogue, { ...limits, store: fold.store });
  next.resume(fold);
  await next.start();
  expect(shown(await next.apply(next.mark('desk', 302 * MIN)))).toEqual([[302, 292]]);
});

test('a row that was provisional before a restart becomes final after it', async () => {
  const fold = await new RollFold(catalogue, limits).start();
  const state = { delta: 1, sum: came(10) };
  const slow = [10, -1 / MIN].map((minute) => fold.slice('slow', { labels: '[]', startMs: minute * MIN, n: 1, state }));
  await fold.apply(...slow, fold.mark('desk', 20 * MIN));
  await fold.save();
  const next = new RollFold(catalogue, { ...limits, store: fold.store });
  next.resume(fold);
  await next.start();
  const rows = await next.apply(next.mark('desk', 22 * MIN));
  expect(rows.map(({ windowEndMs, value, state: now }) => [windowEndMs / MIN, value, now])).toEqual([
    [19, 9, 'final'],
    [20, 10, 'final'],
    [21, 11, 'provisional'],
    [22, 12, 'provisional'],
  ]);
});

test('what an import brings gets its rows when it is through', async () => {
  const fold = await new RollFold(catalogue, limits).start();
  await fold.apply(fold.mark('desk', 100 * MIN, ['i']));
  const during = await fold.apply(changed(fold, 10, [10], [], 'i'), fold.mark('desk', 100 * MIN, ['i']));
  expect(during.map(({ windowEndMs, state }) => [windowEndMs / MIN, state])).toEqual([[11, 'backfilling']]);
  const after = await fold.apply(fold.mark('desk', 100 * MIN));
  expect(after.map(({ windowEndMs, state, reason }) => [windowEndMs / MIN, state, reason])).toEqual(
    [11, 96, 97, 98, 99, 100].map((minute) => [minute, 'final', 'import']),
  );
});

test('a share of time counts the state that lasts up to the end of the window', async () => {
  const fold = await new RollFold(catalogue, limits).start();
  const at = age(90_000);
  const on = { weight: 1, weightTimes: at, level: 1, levelTimes: at };
  const slice = fold.slice('running', { labels: '[]', startMs: MIN, n: 1, state: on });
  const off = { weight: 0, weightTimes: 0, level: -1, levelTimes: 0 - age(150_000) };
  const later = fold.slice('running', { labels: '[]', startMs: 2 * MIN, n: 1, state: off });
  const rows = await fold.apply(slice, later, fold.mark('desk', 7.5 * MIN));
  expect(rows.map(({ windowEndMs, valueExact, samples }) => [windowEndMs / MIN, valueExact, samples])).toEqual([
    [2, '1', 1],
    [3, '2/3', 2],
    [4, '0.4', 2],
    [5, '2/7', 2],
    [6, '0.125', 2],
    [7, '0', 1],
  ]);
});
