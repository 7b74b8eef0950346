import fc from 'fast-check';
import { expect, test } from 'vitest';
import { planTopic, type TopicBefore, type TopicNow } from '../../services/shared/core/epoch-plan.ts';

const before = (partitions: number, shift = 0): TopicBefore => ({
  identity: 'a',
  partitions,
  shifts: Array.from({ length: partitions }, () => shift),
});
const now = (identity: string, places: readonly (readonly [number, number])[]): TopicNow => ({
  identity,
  partitions: places.length,
  starts: places.map(([start]) => start),
  ends: places.map(([, end]) => end),
});

test('a topic that is as it was keeps its place', () => {
  expect(
    planTopic(
      before(2, 5),
      now('a', [
        [0, 10],
        [3, 10],
      ]),
      { next: [12, 8], rowEnds: [14, 8] },
    ),
  ).toEqual({
    change: 'none',
    shifts: [5, 5],
    next: [12, 8],
    misplaced: [],
    lost: 0,
  });
});

test('a topic made again is read from its start, above every row there is', () => {
  const plan = planTopic(
    before(2),
    now('b', [
      [0, 4],
      [0, 0],
    ]),
    { next: [100, 50], rowEnds: [120, 40] },
  );
  expect(plan).toMatchObject({ change: 'recreated', next: [120, 50], shifts: [120, 50], lost: 0 });
});

test('records removed before they were read are lost, and the first that is there follows the rows', () => {
  const plan = planTopic(before(1), now('a', [[70, 90]]), { next: [60], rowEnds: [61] });
  expect(plan).toMatchObject({ change: 'expired', next: [61], shifts: [-9], lost: 10 });
});

test('a log that lost records which were read goes on at its end', () => {
  const plan = planTopic(before(1), now('a', [[0, 40]]), { next: [60], rowEnds: [60] });
  expect(plan).toMatchObject({ change: 'expired', next: [60], shifts: [20], lost: 0 });
});

test('with more partitions all go on above every row, and what was not read stands in a wrong place', () => {
  const plan = planTopic(
    before(2),
    now('a', [
      [0, 10],
      [0, 20],
      [0, 3],
    ]),
    { next: [8, 20], rowEnds: [9, 25] },
  );
  expect(plan).toEqual({
    change: 'partitions',
    next: [25, 25, 25],
    shifts: [15, 5, 22],
    misplaced: [
      { from: 8, to: 10 },
      { from: 20, to: 20 },
      { from: 0, to: 3 },
    ],
    lost: 0,
  });
});

test('whatever happened to a topic, the next record comes above every row and is where the fold goes on', () => {
  const place = fc.tuple(fc.nat(50), fc.nat(50)).map(([start, length]) => [start, start + length] as const);
  fc.assert(
    fc.property(
      fc.boolean(),
      fc.array(place, { minLength: 1, maxLength: 4 }),
      fc.array(fc.tuple(fc.nat(80), fc.nat(5)), { minLength: 1, maxLength: 4 }),
      (same, places, reach) => {
        const next = reach.map(([offset]) => offset);
        const rowEnds = reach.map(([offset, ahead]) => offset + ahead);
        const plan = planTopic(before(reach.length), now(same ? 'a' : 'b', places), { next, rowEnds });
        places.forEach(([start, end], p) => {
          const reads = plan.next[p]! - plan.shifts[p]!;
          expect(reads).toBeGreaterThanOrEqual(start);
          expect(reads).toBeLessThanOrEqual(end);
          const rows = plan.change === 'partitions' ? Math.max(...rowEnds) : rowEnds[p]!;
          const kept = plan.shifts[p] === 0 && plan.change !== 'partitions';
          expect(kept ? rows : plan.next[p]).toBeGreaterThanOrEqual(rows);
        });
      },
    ),
  );
});
