import { watchEvictions } from './evictions.ts';
import type { Faults } from './faulty.ts';
import { finish } from './finish.ts';
import { Random } from './random.ts';
import { type Run, stepsUpTo } from './run.ts';
import { drawStyle, type Style } from './style.ts';
import { act, drain, quiet } from './step.ts';
import { type Owner, World } from './world.ts';

const STEPS = 260;
const TAKE_OVERS_MAX = 6;
/** Of schedules so many count most label sets as one. */
const LIMITED_CHANCE = 0.15;

/** Every step of a schedule. */
export const ALL_STEPS = stepsUpTo(STEPS);

/** Runs one random schedule and gives the differences from the batch recompute; none: right. */
export async function runSeed(seed: number, faults: Faults, run: Run<Style> = {}): Promise<string[]> {
  const random = new Random(seed);
  const { style, kpis } = run;
  // From dice of its own: the others fall as they did.
  const limited = new Random(seed ^ 0x2).chance(LIMITED_CHANCE);
  const drawn = { ...drawStyle(random, STEPS), limited };
  const world = new World(random, faults, { ...drawn, ...style, ...(kpis && { kpis }) });
  const endWatch = watchEvictions((fault) => world.count(fault));
  try {
    return await runSchedule(world, random, seed, run);
  } finally {
    endWatch();
  }
}

async function runSchedule(world: World, random: Random, seed: number, run: Run<Style>): Promise<string[]> {
  const { style } = world;
  const { steps = ALL_STEPS } = run;
  await world.open();
  let takeOvers = 0;
  for (const i of steps) {
    const tell = (what: string | null): void => void (what !== null && run.tell?.(`step ${i}: ${what}`));
    random.restart(seed, i);
    if (i < style.lastAppendStep) tell(await append(world, random));
    if (takeOvers < TAKE_OVERS_MAX && random.chance(style.takeOverChance)) {
      takeOvers++;
      const zombie = random.chance(style.zombieChance);
      world.count(zombie ? 'take-over beside a zombie' : 'crash');
      const stage = random.pick(style.crashing);
      world.takeOver(stage, zombie);
      tell(`another owner of ${stage}, ${zombie ? 'beside the one before' : 'which crashed'}`);
    } else {
      const owner = pickOwner(world, world.owners, random);
      const acted = act(world, owner, random);
      tell(acted && `${owner.stage} ${acted}`);
    }
    for (let call = 0; call < style.callsPerStep; call++) {
      const waiting = world.owners.filter(({ gate }) => gate.pending.length > 0);
      if (waiting.length > 0 && random.chance(0.85)) {
        const { stage, gate } = pickOwner(world, waiting, random);
        const call = await gate.release();
        tell(call && `a call of ${stage} returns: ${call}`);
      }
      await quiet();
      if (waiting.length === 0) break;
    }
  }
  random.restart(seed, STEPS);
  return finish(world, lastCrash(world, random));
}

/** Whose turn it is: more often one of the faster stage. */
function pickOwner({ style }: World, owners: readonly Owner[], random: Random): Owner {
  const faster = owners.filter(({ stage }) => stage === style.faster);
  return random.pick(faster.length > 0 && random.chance(0.7) ? faster : owners);
}

/** Appends one random thing, or nothing, and says what. */
async function append(world: World, random: Random): Promise<string | null> {
  const { eventChance, importChance, tickChance, fillEventsMax, cutChance } = world.style;
  if (random.chance(eventChance)) {
    await world.appendEvent();
    return `appended ${JSON.stringify(world.appended.at(-1))}`;
  }
  if (random.chance(importChance)) {
    await world.toggleImport();
    return 'an import begins or ends';
  }
  if (random.chance(tickChance)) {
    await world.tick(random.below(3) * 20_000);
    return 'a tick';
  }
  if (cutChance > 0 && random.chance(cutChance)) {
    if (random.chance(0.4)) await world.drop();
    else await world.cut();
    return 'the past is cut off, or dropped';
  }
  // Where definitions are filled, what may go wrong needs several fills under way.
  if (!random.chance(fillEventsMax === 0 ? 0.009 : 0.03)) return null;
  await world.changeDefinitions();
  return 'other definitions';
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
