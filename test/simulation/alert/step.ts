import type { Random } from '../random.ts';
import { drain, run } from '../step.ts';
import type { AlertWorld, Owner } from './world.ts';

/** Starts one step of an owner that is not busy, and says which; null: none. */
export function act(world: AlertWorld, owner: Owner, random: Random): string | null {
  const { runner, busy, storing } = owner;
  if (owner.gate.dead) return null;
  if (!owner.restored) {
    if (busy) return null;
    run(world, owner, 'busy', () => restore(owner));
    return 'an owner restores';
  }
  if (random.chance(world.style.storeChance) && !storing && !busy) {
    run(world, owner, 'storing', () => runner.storeChanges(true));
    return 'an owner stores';
  }
  if (busy) return null;
  run(world, owner, 'busy', async () => {
    await runner.step();
    // In other turns a failure comes between the two, or a store.
    if (random.chance(world.style.publishAfterStepChance)) await runner.publish();
  });
  return 'an owner reads';
}

async function restore(owner: Owner): Promise<void> {
  await owner.runner.restore();
  owner.restored = true;
}

/** Lets the last owner do all that is left. */
export async function catchUp(world: AlertWorld): Promise<void> {
  const owner = world.current;
  const { runner } = owner;
  run(world, owner, 'busy', async () => {
    if (!owner.restored) await restore(owner);
    do await runner.publish();
    while ((await runner.step()) > 0 || (await storedSome(owner)));
    await runner.publish();
    await runner.storeChanges(true);
  });
  await drain([owner]);
}

/** A full backlog stops fetching until it is stored. */
async function storedSome({ runner }: Owner): Promise<boolean> {
  const waited = runner.tasks.some(({ backlogRows }) => backlogRows > 0);
  await runner.storeChanges(true);
  return waited;
}
