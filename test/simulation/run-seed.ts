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
      world.takeOver(random.pick(style.crashing), zombie);
    } else act(world, pickOwner(world, world.owners, random), random);
    for (let call = 0; call < style.callsPerStep; call++) {
      const waiting = world.owners.filter(({ gate }) => gate.pending.length > 0);
      if (waiting.length > 0 && random.chance(0.85)) await pickOwner(world, waiting, random).gate.release();
      await quiet();
      if (waiting.length === 0) break;
    }
  }
  return finish(world, lastCrash(world, random));
}

/** Whose turn it is: more often one of the faster stage. */
function pickOwner({ style }: World, owners: readonly Owner[], random: Random): Owner {
  const faster = owners.filter(({ stage }) => stage === style.faster);
  return random.pick(faster.length > 0 && random.chance(0.7) ? faster : owners);
}

/** Appends one random thing, or nothing. */
async function append(world: World, random: Random): Promise<void> {
  const { eventChance, importChance, tickChance } = world.style;
  if (random.chance(eventChance)) await world.appendEvent();
  else if (random.chance(importChance)) await world.toggleImport();
  else if (random.chance(tickChance)) await world.tick(random.below(3) * 20_000);
  else if (random.chance(0.009)) await world.changeDefinitions();
}

function lastCrash({ style }: World, random: Random): Owner['stage'][] {
  return style.crashing.filter(() => random.chance(0.4));
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
  return finish(world, lastCrash(world, random));
}
