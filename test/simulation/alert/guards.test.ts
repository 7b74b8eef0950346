import { expect, test, vi } from 'vitest';
import { BROKEN, firstWrong } from '../first-wrong.ts';
import { NOTICING_SEEDS } from './noticing-seeds.ts';
import { runnerGuards } from '../guards-runner.ts';
import type * as TakeAway from '../take-away.ts';
import { rowGuards } from './guards-rows.ts';
import { timeGuards } from './guards-time.ts';
import { runAlertSeed } from './run-seed.ts';

// Pure functions have no object to be replaced on; the tested modules get these instead, which do the same.
const takeAway = await vi.hoisted(async () => (await import('../take-away.ts')) as typeof TakeAway);
vi.mock('../../../services/shared/core/alert/alert-instance.ts', async (original) => {
  const real = await original<typeof import('../../../services/shared/core/alert/alert-instance.ts')>();
  return {
    ...real,
    stepAlert: takeAway.replaceable('stepAlert', real.stepAlert),
    episodeOf: takeAway.replaceable('episodeOf', real.episodeOf),
  };
});
vi.mock('../../../services/shared/core/alert/alert-run.ts', async (original) => {
  const real = await original<typeof import('../../../services/shared/core/alert/alert-run.ts')>();
  return { ...real, runAlert: takeAway.replaceable('runAlert', real.runAlert) };
});

vi.mock('../../../services/shared/core/alert/rule-limit.ts', async (original) => {
  const real = await original<typeof import('../../../services/shared/core/alert/rule-limit.ts')>();
  return {
    ...real,
    limitChangesAfter: takeAway.replaceable('limitChangesAfter', real.limitChangesAfter),
    ruleFor: takeAway.replaceable('ruleFor', real.ruleFor),
  };
});

vi.mock('../../../services/shared/core/alert/rule-hours.ts', async (original) => {
  const real = await original<typeof import('../../../services/shared/core/alert/rule-hours.ts')>();
  return {
    ...real,
    isJudged: takeAway.replaceable('isJudged', real.isJudged),
    heldForLong: takeAway.replaceable('heldForLong', real.heldForLong),
    judgedAgainMs: takeAway.replaceable('judgedAgainMs', real.judgedAgainMs),
  };
});

test.each([...runnerGuards, ...rowGuards, ...timeGuards])(
  '$rule: without “$name” the simulation of alerts fails',
  { timeout: 300_000 },
  async (guard) => {
    const wrong = await firstWrong(guard, (seed) => runAlertSeed(seed, {}), NOTICING_SEEDS);
    expect(wrong, 'no seed noticed').not.toBeNull();
    expect(wrong).not.toMatch(BROKEN);
  },
);

test('with every guard in place the first seeds pass', async () => {
  for (let seed = 1; seed <= 50; seed++) expect(await runAlertSeed(seed, {}), `seed ${seed}`).toEqual([]);
});
