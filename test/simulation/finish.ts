import { broken, caughtUp } from './invariants.ts';
import { catchUp, drain } from './step.ts';
import type { Owner, World } from './world.ts';
import { differences } from './differences.ts';

const HOUR = 3_600_000;
/** Stages that still find something to do after this many rounds will never rest. */
const ROUNDS_MAX = 400;

/**
 * Ends the faults and gives what is wrong, first as soon as the last owners have caught up, then when time has passed
 * every window. The stages in `crashing` crash once more at this moment: nothing comes after it that would hide a loss.
 */
export async function finish(world: World, crashing: readonly Owner['stage'][] = []): Promise<string[]> {
  for (const owner of world.owners) owner.gate.heal();
  for (const stage of crashing) {
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
  // Once more where nothing but time changes anything: what goes on has to be known without an event.
  if (crashing.includes('roll')) {
    world.takeOver('roll', false);
    world.current('roll').gate.heal();
  }
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
