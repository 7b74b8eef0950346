import { setImmediate } from 'node:timers/promises';
import type { AggregateTask } from '../../services/processor/aggregate/aggregate-task.ts';
import type { Random } from './random.ts';
import type { Owner, World } from './world.ts';

/** Starts one step of an owner that is not busy, and says which; null: none. */
export function act(world: World, owner: Owner, random: Random): string | null {
  if (owner.gate.dead) return null;
  if (!owner.restored) {
    if (owner.busy) return null;
    run(world, owner, 'busy', async () => {
      await owner.runner.restore();
      owner.restored = true;
    });
    return 'restores';
  }
  if (owner.stage === 'aggregate' && !owner.changing && random.chance(0.15)) {
    run(world, owner, 'changing', () => change(world, owner));
    return 'sees to definitions';
  }
  const dice = random.next();
  if (dice < world.style.storeChance[owner.stage] && !owner.storing && !owner.busy) {
    run(world, owner, 'storing', () => owner.runner.storeChanges(true));
    return 'stores';
  }
  if (owner.busy) return null;
  if (dice < 0.6 && owner.stage === 'aggregate') {
    run(world, owner, 'busy', () => owner.runner.publish());
    return 'publishes';
  }
  run(world, owner, 'busy', async () => {
    await owner.runner.step();
    if (owner.stage === 'roll') await owner.runner.publish();
  });
  return 'reads';
}

/** An owner of events sees to it that definitions change, and that roll goes on with them. */
async function change(world: World, { changes, runner }: Owner): Promise<void> {
  for (const task of runner.tasks as readonly AggregateTask[]) {
    await changes?.step(task);
    if (world.isFilling) task.tellAll();
  }
}

/** Lets an owner work in the background; an error that nobody planted is noted. */
export function run(
  world: { readonly broken: string[] },
  owner: { busy: boolean; storing: boolean; changing?: boolean },
  flag: 'busy' | 'storing' | 'changing',
  work: () => Promise<unknown>,
): void {
  owner[flag] = true;
  void work()
    // Planted failures come out here; the next step tries again, as the loop does.
    .catch((error: Error) => {
      if (!error.message.includes('planted')) world.broken.push(error.stack ?? error.message);
    })
    .finally(() => (owner[flag] = false));
}

/** A step of a fold lets others have their turn behind each of its tasks, of which there are two. */
const TURNS = 4;

/** Lets every promise that can go on do so. */
export async function quiet(): Promise<void> {
  for (let turn = 0; turn < TURNS; turn++) await setImmediate();
}

/** Lets an owner do all that it can. */
export async function catchUp(world: World, owner: Owner): Promise<void> {
  run(world, owner, 'busy', async () => {
    if (!owner.restored) await owner.runner.restore();
    owner.restored = true;
    while ((await owner.runner.step()) > 0) if (owner.stage === 'roll') await owner.runner.publish();
    if (owner.stage === 'aggregate') await change(world, owner);
    await owner.runner.publish();
    await owner.runner.storeChanges(true);
  });
  await drain([owner]);
}

/** Lets everything through that these owners wait for. */
export async function drain(
  owners: readonly (Pick<Owner, 'gate' | 'busy' | 'storing'> & { readonly changing?: boolean })[],
): Promise<void> {
  await quiet();
  while (owners.some(({ gate, busy, storing, changing }) => gate.pending.length > 0 && (busy || storing || changing))) {
    for (const { gate } of owners)
      while (gate.pending.length > 0) {
        await gate.release();
        await quiet();
      }
  }
  await quiet();
}
