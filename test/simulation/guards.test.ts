import { expect, test, vi } from 'vitest';
import { BROKEN, firstWrong } from './first-wrong.ts';
import { NOTICING_SCENARIOS } from './noticing-scenarios.ts';
import { NOTICING_SEEDS } from './noticing-seeds.ts';
import { downstreamGuards } from './guards-downstream.ts';
import { derivedGuards } from './guards-derived.ts';
import { effectiveGuards } from './guards-effective.ts';
import { fillGuards } from './guards-fill.ts';
import { movingGuards } from './guards-moving.ts';
import { rowGuards } from './guards-rows.ts';
import { runnerGuards } from './guards-runner.ts';
import { seriesGuards } from './guards-series.ts';
import { timeGuards } from './guards-time.ts';
import { runSeed } from './run-seed.ts';
import { someKpis } from './some-kpis.ts';
import type { Guard } from './take-away.ts';
import type * as TakeAway from './take-away.ts';

// Pure functions have no object to be replaced on; the tested modules get these instead, which do the same.
const takeAway = await vi.hoisted(async () => (await import('./take-away.ts')) as typeof TakeAway);
vi.mock('../../services/shared/core/partition-time.ts', async (original) => {
  const real = await original<typeof import('../../services/shared/core/partition-time.ts')>();
  return { ...real, stepTime: takeAway.replaceable('stepTime', real.stepTime) };
});
vi.mock('../../services/shared/core/aggregate/extreme.ts', async (original) => {
  const real = await original<typeof import('../../services/shared/core/aggregate/extreme.ts')>();
  return { ...real, addToExtreme: takeAway.replaceable('addToExtreme', real.addToExtreme) };
});
vi.mock('../../services/shared/core/aggregate/last.ts', async (original) => {
  const real = await original<typeof import('../../services/shared/core/aggregate/last.ts')>();
  return { ...real, addToLast: takeAway.replaceable('addToLast', real.addToLast) };
});
vi.mock('../../services/shared/core/measure/effective-events.ts', async (original) => {
  const real = await original<typeof import('../../services/shared/core/measure/effective-events.ts')>();
  return { ...real, eventOrder: takeAway.replaceable('eventOrder', real.eventOrder) };
});

vi.mock('../../services/shared/core/window/effective.ts', async (original) => {
  const real = await original<typeof import('../../services/shared/core/window/effective.ts')>();
  return { ...real, isEffective: takeAway.replaceable('isEffective', real.isEffective) };
});

const guards = [
  ...runnerGuards,
  ...rowGuards,
  ...downstreamGuards,
  ...timeGuards,
  ...derivedGuards,
  ...fillGuards,
  ...seriesGuards,
  ...effectiveGuards,
  ...movingGuards,
];

const scenarioOf = ({ rule, name }: Guard): (() => Promise<readonly string[]>) | undefined =>
  NOTICING_SCENARIOS[`${rule} ${name}`];

test.each(guards.filter((guard) => scenarioOf(guard) === undefined))(
  '$rule: without “$name” the simulation fails',
  { timeout: 300_000 },
  async (guard) => {
    const wrong = await firstWrong(guard, (seed) => runSeed(seed, {}, { kpis: someKpis(seed) }), NOTICING_SEEDS);
    expect(wrong, 'no seed noticed').not.toBeNull();
    expect(wrong).not.toMatch(BROKEN);
  },
);

const told = guards.filter((guard) => scenarioOf(guard) !== undefined);

test.each(told)('$rule: without “$name” its scenario fails, and passes with it', async (guard) => {
  const run = scenarioOf(guard)!;
  expect(await run()).toEqual([]);
  const restore = guard.takeAway();
  const [wrong] = await run().finally(restore);
  expect(wrong, 'not noticed').toBeDefined();
  expect(wrong).not.toMatch(BROKEN);
});

test('every scenario is that of a guard', () => {
  expect(told.length).toBe(Object.keys(NOTICING_SCENARIOS).length);
});

test('with every guard in place the first seeds pass', async () => {
  for (let seed = 1; seed <= 50; seed++)
    expect(await runSeed(seed, {}, { kpis: someKpis(seed) }), `seed ${seed}`).toEqual([]);
});
