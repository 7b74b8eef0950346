import { broken, caughtUp } from './invariants.ts';
import type { Random } from './random.ts';
import { catchUp, drain } from './step.ts';
import type { World } from './world.ts';
import { differences } from './differences.ts';

const HOUR = 3_600_000;
/** Stages that still find something to do after this many rounds will never rest. */
const ROUNDS_MAX = 60;

/**
 * Ends the faults and gives what is wrong, first as soon as the last owners have caught up, then when time has passed
 * every window. Each stage may crash once more at this moment: nothing comes after it that would hide a loss.
 */
export async function finish(world: World, random: Random): Promise<string[]> {
  for (const owner of world.owners) owner.gate.heal();
  for (const stage of ['aggregate', 'roll'] as const) {
    if (!random.chance(0.4)) continue;
    world.count('crash');
    world.takeOver(stage, false);
    world.current(stage).gate.heal();
  }
  const current = [world.current('aggregate'), world.current('roll')];
  await drain(world.owners);
  for (const owner of world.owners) owner.gate.dead = !current.includes(owner);
  world.owners = current;
  await rounds(world);
  const wrong = [...world.broken, ...(await caughtUp(world))];
  await world.tick(61_000);
  await world.tick(12 * HOUR);
  await rounds(world);
  await world.tick(HOUR);
  await rounds(world);
  await world.tick(HOUR);
  await rounds(world);
  return [...wrong, ...(await differences(world)), ...(await broken(world))];
}

/** Both stages in turn until a whole round changes nothing. */
async function rounds(world: World): Promise<void> {
  let before = '';
  for (let round = 0; round < ROUNDS_MAX; round++) {
    for (const owner of world.owners) await catchUp(world, owner);
    const now = await world.progress();
    if (now === before) return;
    before = now;
  }
  world.broken.push(`not at rest after ${ROUNDS_MAX} rounds`);
}
