import type { Random } from '../random.ts';
import { drain } from '../step.ts';
import { differences } from './differences.ts';
import { broken } from './invariants.ts';
import type { Producer } from './producer.ts';
import { MINUTE_MS } from './setup.ts';
import { catchUp } from './step.ts';
import type { AlertWorld } from './world.ts';

/**
 * Ends the faults and gives what is wrong, in some seeds as soon as the last owner has caught up, in all when time has
 * passed every window. In some it crashes once more: nothing comes after it that would hide a loss.
 */
export async function finish(world: AlertWorld, random: Random, producers: readonly Producer[]): Promise<string[]> {
  if (random.chance(0.4)) world.takeOver(false);
  for (const { gate } of world.owners) gate.heal();
  await drain(world.owners);
  for (const owner of world.owners) owner.gate.dead = owner !== world.current;
  world.owners = [world.current];
  await catchUp(world);
  const early = random.chance(0.3) ? await differences(world) : [];
  world.clock.advance(15 * MINUTE_MS);
  for (const producer of producers) await producer.end();
  await catchUp(world);
  return [...world.broken, ...early, ...(await differences(world)), ...broken(await world.transitions())];
}
