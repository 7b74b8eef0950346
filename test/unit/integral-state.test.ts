import fc from 'fast-check';
import { expect, test } from 'vitest';
import { agePercentileMs, addToAges, emptyAges, oldestAgeMs } from '../../services/shared/core/aggregate/ages-state.ts';
import { addToIntegral, areasUpTo, emptyIntegral } from '../../services/shared/core/aggregate/integral-state.ts';

/** Readings of a case: how long after the one before, and what it says. */
const readings = fc.array(fc.tuple(fc.integer({ min: 0, max: 50 }), fc.integer({ min: -9, max: 9 })), {
  maxLength: 20,
});

test('the area below a level is what its readings add up to, millisecond by millisecond', () => {
  fc.assert(
    fc.property(
      fc.array(readings, { maxLength: 3 }),
      fc.nat({ max: 600 }),
      fc.nat({ max: 600 }),
      (cases, a, length) => {
        const b = a + length;
        const before = emptyIntegral();
        const upTo = emptyIntegral();
        let area = 0;
        let observed = 0;
        for (const list of cases) {
          let atMs = 0;
          let level: number | null = null;
          const levels: (number | null)[] = [];
          for (const [afterMs, next] of list) {
            for (let ms = 0; ms < afterMs; ms++) levels.push(level);
            atMs += afterMs;
            for (const [state, toMs] of [
              [before, a],
              [upTo, b],
            ] as const)
              if (atMs < toMs) addToIntegral(state, next - (level ?? 0), level === null ? 1 : 0, 1, atMs);
            level = next;
          }
          for (let ms = a; ms < b; ms++) {
            const now = ms < levels.length ? levels[ms]! : level;
            area += now ?? 0;
            observed += now === null ? 0 : 1;
          }
        }
        const [from, to] = [areasUpTo(before, a), areasUpTo(upTo, b)];
        expect([Number(to.level) - Number(from.level), Number(to.weight) - Number(from.weight)]).toEqual([
          area,
          observed,
        ]);
      },
    ),
  );
});

test('amounts beyond what a double holds stay exact', () => {
  const state = emptyIntegral();
  addToIntegral(state, 9_007_199_254_740_993n, 1, 1, 200_000_000_000);
  expect(areasUpTo(state, 200_000_000_001)).toEqual({ level: 9_007_199_254_740_993n, weight: 1 });
});

test('ages: the oldest to the millisecond, a percentile to half a minute', () => {
  const entries = fc.array(fc.nat({ max: 9_000_000 }), { minLength: 1, maxLength: 30 });
  fc.assert(
    fc.property(
      entries,
      fc.array(fc.nat({ max: 9_000_000 })),
      fc.integer({ min: 1, max: 99 }),
      (open, gone, percent) => {
        const nowMs = 9_000_001;
        const [oldest, median] = [emptyAges('max'), emptyAges('percentile')];
        for (const state of [oldest, median]) {
          for (const ms of [...gone, ...open]) addToAges(state, ms, false, 1);
          for (const ms of gone) addToAges(state, -ms, true, 1);
        }
        const ages = open.map((ms) => nowMs - ms).sort((a, b) => a - b);
        expect(oldestAgeMs(oldest, nowMs)).toBe(ages.at(-1));
        const right = ages[Math.ceil((percent * ages.length) / 100) - 1]!;
        expect(Math.abs(agePercentileMs(median, nowMs, percent / 100)! - right)).toBeLessThanOrEqual(30_000);
        expect([oldest.delta, median.delta]).toEqual([open.length, open.length]);
      },
    ),
  );
});

test('where nothing is open there is no age', () => {
  const state = emptyAges('max');
  addToAges(state, 5, false, 1);
  addToAges(state, -5, true, 1);
  expect([oldestAgeMs(state, 9), agePercentileMs({ ...state, stepMs: 60_000 }, 9, 0.5)]).toEqual([null, null]);
});
