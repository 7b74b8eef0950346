import type { Faults } from './faulty.ts';
import { broken } from './invariants.ts';
import { agrees } from './oracle.ts';
import { Random } from './random.ts';
import { type Owner, World } from './world.ts';

const STEPS = 260;
const TAKE_OVERS_MAX = 4;
const HOUR = 3_600_000;

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
    } else act(random.pick(world.owners), random);
    const waiting = world.owners.filter(({ gate }) => gate.pending.length > 0);
    if (waiting.length > 0 && random.chance(0.85)) await random.pick(waiting).gate.release();
    await quiet();
  }
  await finish(world);
  return differences(world);
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
      act(owner, random);
      await drain([owner]);
    }
  }
  await finish(world);
  return differences(world);
}

/** Starts one step of an owner that is not busy. */
function act(owner: Owner, random: Random): void {
  if (owner.gate.dead) return;
  if (!owner.restored) {
    if (owner.busy) return;
    run(owner, 'busy', async () => {
      await owner.runner.restore();
      owner.restored = true;
    });
    return;
  }
  const dice = random.next();
  if (dice < 0.25 && !owner.storing && !owner.busy) run(owner, 'storing', () => owner.runner.storeChanges(Infinity));
  else if (owner.busy) return;
  else if (dice < 0.5 && owner.stage === 'aggregate') run(owner, 'busy', () => owner.runner.publish());
  else
    run(owner, 'busy', async () => {
      await owner.runner.step();
      if (owner.stage === 'roll') await owner.runner.publish();
    });
}

function run(owner: Owner, flag: 'busy' | 'storing', work: () => Promise<unknown>): void {
  owner[flag] = true;
  void work()
    // Planted failures come out here; the next step tries again, as the loop does.
    .catch((error: Error) => {
      if (!error.message.includes('planted')) throw error;
    })
    .finally(() => (owner[flag] = false));
}

/** Lets every promise that can go on do so. */
function quiet(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** Ends the faults: zombies finish what they had begun and die, time passes, the newest owners catch up. */
async function finish(world: World): Promise<void> {
  for (const owner of world.owners) owner.gate.heal();
  const current = [world.current('aggregate'), world.current('roll')];
  await drain(world.owners);
  for (const owner of world.owners) owner.gate.dead = !current.includes(owner);
  world.owners = current;
  await world.tick(61_000);
  await world.tick(12 * HOUR);
  for (let round = 0; round < 12; round++) {
    for (const owner of current) {
      const work = async (): Promise<void> => {
        if (!owner.restored) await owner.runner.restore();
        owner.restored = true;
        while ((await owner.runner.step()) > 0) if (owner.stage === 'roll') await owner.runner.publish();
        await owner.runner.publish();
        await owner.runner.storeChanges(Infinity);
      };
      run(owner, 'busy', work);
      await drain([owner]);
    }
    if (round % 4 === 3 && round < 11) await world.tick(HOUR);
  }
}

async function drain(owners: readonly Owner[]): Promise<void> {
  await quiet();
  while (owners.some(({ gate, busy, storing }) => gate.pending.length > 0 && (busy || storing))) {
    for (const { gate } of owners)
      while (gate.pending.length > 0) {
        await gate.release();
        await quiet();
      }
  }
  await quiet();
}

async function differences(world: World): Promise<string[]> {
  const expected = world.expected();
  const published = await world.published();
  const wrong: string[] = [];
  for (const [name, actual] of [
    ['store', world.actual()],
    ['published', published],
  ] as const) {
    for (const key of new Set([...expected.keys(), ...actual.keys()])) {
      if (!agrees(key, expected.get(key), actual.get(key)))
        wrong.push(`${name}: ${key}: expected ${expected.get(key)}, got ${actual.get(key)}`);
    }
  }
  for (const row of world.notFinal()) wrong.push(`not final: ${row}`);
  return [...wrong, ...(await broken(world))];
}
