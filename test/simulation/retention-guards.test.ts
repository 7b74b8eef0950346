import { expect, test, vi } from 'vitest';
import { BROKEN, firstWrong } from './first-wrong.ts';
import { retentionGuards } from './guards-retention.ts';
import { runSeed } from './run-seed.ts';
import { RETENTION, RETENTION_KPIS } from './style.ts';
import type * as TakeAway from './take-away.ts';

// Pure functions have no object to be replaced on; the tested modules get these instead, which do the same.
const takeAway = await vi.hoisted(async () => (await import('./take-away.ts')) as typeof TakeAway);
vi.mock('../../services/shared/core/retention.ts', async (original) => {
  const real = await original<typeof import('../../services/shared/core/retention.ts')>();
  return { ...real, laterOf: takeAway.replaceable('laterOf', real.laterOf) };
});
vi.mock('../../services/processor/aggregate/move-cases.ts', async (original) => {
  const real = await original<typeof import('../../services/processor/aggregate/move-cases.ts')>();
  return { ...real, moveCases: takeAway.replaceable('moveCases', real.moveCases) };
});

const run = { style: RETENTION, kpis: RETENTION_KPIS };

test.each(retentionGuards)('$rule: without “$name” the simulation fails', { timeout: 300_000 }, async (guard) => {
  const wrong = await firstWrong(guard, (seed) => runSeed(seed, {}, run), {});
  expect(wrong, 'no seed noticed').not.toBeNull();
  expect(wrong).not.toMatch(BROKEN);
});

test('with every guard in place the first seeds pass', async () => {
  for (let seed = 1; seed <= 20; seed++) expect(await runSeed(seed, {}, run), `seed ${seed}`).toEqual([]);
});
