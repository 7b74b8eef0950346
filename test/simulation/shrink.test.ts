import fc from 'fast-check';
import { expect, test } from 'vitest';
import { rowGuards as alertGuards } from './alert/guards-rows.ts';
import { schedule as alertSchedule } from './alert/schedule.ts';
import { rowGuards } from './guards-rows.ts';

import { schedule } from './schedule.ts';
import { shrink } from './shrink.ts';
import type { Guard } from './take-away.ts';
import { type Schedule, shrinkSeed, tellSeed } from './shrink-seed.ts';

test('what is left after shrinking is what is needed, and no more', async () => {
  await fc.assert(
    fc.asyncProperty(fc.uniqueArray(fc.nat(99), { minLength: 1, maxLength: 6 }), async (needed) => {
      const parts = Array.from({ length: 100 }, (_, part) => part);
      const left = await shrink(parts, async (tried) => needed.every((part) => tried.includes(part)), 10_000);
      expect(left).toEqual(needed.toSorted((a, b) => a - b));
    }),
  );
});

test('shrinking ends after so many tries with what still fails', async () => {
  let tries = 0;
  const fails = async (left: readonly number[]): Promise<boolean> => (tries++, left.includes(7));
  const left = await shrink([1, 2, 3, 4, 5, 6, 7, 8, 9], fails, 2);
  expect(tries).toBe(2);
  expect(left).toContain(7);
  expect(left.length).toBeLessThan(9);
});

test.each<{ of: string; all: Schedule<object>; guards: readonly Guard[]; name: string }>([
  { of: 'numbers', all: schedule, guards: rowGuards, name: 'what failed to be stored is stored again' },
  {
    of: 'alerts',
    all: alertSchedule,
    guards: alertGuards,
    name: 'rows that failed to be stored are stored again',
  },
])(
  'a seed of the simulation of $of that fails without a guard is told with the few steps that it needs',
  { timeout: 300_000 },
  async ({ all, guards, name }) => {
    const restore = guards.find((guard) => guard.name === name)!.takeAway();
    try {
      let seed = 1;
      while ((await all.run(seed, {})).length === 0) seed++;
      const { wrong, run } = await shrinkSeed(all, seed, {});
      expect(wrong).not.toEqual([]);
      expect(run.steps.length).toBeLessThan(all.steps.length / 4);
      const told = await tellSeed(all, seed, wrong, run);
      expect(told).toContain(`TAKT_FIRST_SEED=${seed}`);
      expect(told).toContain('step ');
    } finally {
      restore();
    }
  },
);
