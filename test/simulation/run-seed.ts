import { watchEvictions } from './evictions.ts';
import type { Faults } from './faulty.ts';
import { finish } from './finish.ts';
import { Random } from './random.ts';
import { drawStyle, type Style } from './style.ts';
import { act, drain, quiet } from './step.ts';
import { type Owner, World } from './world.ts';

const STEPS = 260;
const TAKE_OVERS_MAX = 6;

/**
 * Runs one random schedule and gives the differences from the batch recompute; none: right. `style`: what is to be so in
 * this schedule, whatever the seed draws.
 */
export async function runSeed(seed: number, faults: Faults, style: Partial<Style> = {}): Promise<string[]> {
  const random = new Random(seed);
  const world = new World(random, faults, { ...drawStyle(random, STEPS), ...style });
  const endWatch = watchEvictions((fault) => world.count(fault));
  try {
    return await runSchedule(world, random);
  } finally {
    endWatch();
  }
}

async function runSchedule(world: World, random: Random): Promise<string[]> {
  const { style } = world;
  await world.open();
  let takeOvers = 0;
  for (let i = 0; i < STEPS; i++) {
    if (i < style.lastAppendStep) await append(world, random);
    if (takeOvers < TAKE_OVERS_MAX && random.chance(style.takeOverChance)) {
      takeOvers++;
      const zombie = random.chance(style.zombieChance);
      world.count(zombie ? 'take-over beside a zombie' : 'crash');
      world.takeOver(random.pick(['aggregate', 'roll'] as const), zombie);
    } else act(world, random.pick(world.owners), random);
    const waiting = world.owners.filter(({ gate }) => gate.pending.length > 0);
    if (waiting.length > 0 && random.chance(0.85)) await random.pick(waiting).gate.release();
    await quiet();
  }
  return finish(world, lastCrash(random));
}

/** Appends one random thing, or nothing. */
async function append(world: World, random: Random): Promise<void> {
  const { importChance, tickChance } = world.style;
  if (random.chance(0.12)) await world.appendEvent();
  else if (random.chance(importChance)) await world.toggleImport();
  else if (random.chance(tickChance)) await world.tick(random.below(3) * 20_000);
  else if (random.chance(0.009)) await world.changeDefinitions();
}

function lastCrash(random: Random): Owner['stage'][] {
  return (['aggregate', 'roll'] as const).filter(() => random.chance(0.4));
}

/** One random log, folded in turns by owners that never fail but evict; gives the differences from the batch recompute. */
export async function runQuietSeed(seed: number): Promise<string[]> {
  const random = new Random(seed);
  const world = new World(random, {}, drawStyle(random, STEPS));
  await world.open();
  for (const owner of world.owners) owner.gate.heal();
  for (let i = 0; i < 40; i++) {
    await world.appendEvent();
    if (i % 3 === 0) await world.tick(20_000);
    if (random.chance(0.03)) await world.toggleImport();
    for (const owner of world.owners) {
      act(world, owner, random);
      await drain([owner]);
    }
  }
  return finish(world, lastCrash(random));
}
