import type { Faults } from './faulty.ts';
import { finish } from './finish.ts';
import { Random } from './random.ts';
import { act, drain, quiet } from './step.ts';
import { World } from './world.ts';

const STEPS = 260;
const TAKE_OVERS_MAX = 4;

/** Runs one random schedule and gives the differences from the batch recompute; none: right. */
export async function runSeed(seed: number, faults: Faults): Promise<string[]> {
  const random = new Random(seed);
  const world = new World(random, faults);
  await world.open();
  let takeOvers = 0;
  for (let i = 0; i < STEPS; i++) {
    const dice = random.next();
    if (dice < 0.12) await world.appendEvent();
    else if (dice < 0.14) await world.toggleImport();
    else if (dice < 0.17) await world.tick(random.below(3) * 20_000);
    else if (dice < 0.176) await world.changeDefinitions();
    else if (dice < 0.196 && takeOvers < TAKE_OVERS_MAX) {
      takeOvers++;
      const zombie = random.chance(0.4);
      world.count(zombie ? 'take-over beside a zombie' : 'crash');
      world.takeOver(random.pick(['aggregate', 'roll'] as const), zombie);
    } else act(world, random.pick(world.owners), random);
    const waiting = world.owners.filter(({ gate }) => gate.pending.length > 0);
    if (waiting.length > 0 && random.chance(0.85)) await random.pick(waiting).gate.release();
    await quiet();
  }
  return finish(world, random);
}

/** One random log, folded in turns by owners that never fail but evict; gives the differences from the batch recompute. */
export async function runQuietSeed(seed: number): Promise<string[]> {
  const random = new Random(seed);
  const world = new World(random, {});
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
  return finish(world, random);
}
