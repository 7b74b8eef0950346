import { Random } from '../random.ts';
import { type Run, stepsUpTo } from '../run.ts';
import { quiet } from '../step.ts';
import type { AlertFaults } from './faults.ts';
import { finish } from './finish.ts';
import { Producer } from './producer.ts';
import { PARTITIONS } from './setup.ts';
import { act } from './step.ts';
import { type AlertStyle, drawAlertStyle } from './style.ts';
import { AlertWorld } from './world.ts';

const STEPS = 75;
const TAKE_OVERS_MAX = 6;
const HOUR_MS = 3_600_000;

/** Every step of a schedule. */
export const ALL_STEPS = stepsUpTo(STEPS);

/** Runs one random schedule and gives what is wrong; nothing: all is as the recorded values say. */
export async function runAlertSeed(seed: number, faults: AlertFaults, run: Run<AlertStyle> = {}): Promise<string[]> {
  const random = new Random(seed);
  const style = { ...drawAlertStyle(random), ...run.style };
  const world = new AlertWorld(random, faults, style);
  const { clock, log } = world;
  const options = { log, clock, random, style, count: world.count.bind(world) };
  const producers = Array.from({ length: PARTITIONS }, (_, partition) => new Producer(options, partition));
  await world.open();
  for (const producer of producers) if (random.chance(0.85)) await producer.control(true);
  let takeOvers = 0;
  for (const i of run.steps ?? ALL_STEPS) {
    const tell = (what: string | null): void => void (what !== null && run.tell?.(`step ${i}: ${what}`));
    random.restart(seed, i);
    if (random.chance(style.publishChance)) {
      clock.advance(random.chance(style.jumpChance) ? random.below(3) * HOUR_MS : random.below(60) * 1_000);
      await random.pick(producers).publish();
      tell(`values are published at ${new Date(clock.nowMs()).toISOString()}`);
    } else if (random.chance(style.controlChance)) {
      await random.pick(producers).control();
      tell('other rules');
    }
    const crashChance = world.current.gate.torn ? style.tornChance : style.takeOverChance;
    if (takeOvers < TAKE_OVERS_MAX && random.chance(crashChance)) {
      takeOvers++;
      const zombie = random.chance(style.zombieChance);
      world.takeOver(zombie);
      tell(`another owner, ${zombie ? 'beside the one before' : 'which crashed'}`);
    } else tell(act(world, random.pick(world.owners), random));
    for (let call = 0; call < style.callsPerStep; call++) {
      const waiting = world.owners.filter(({ gate }) => gate.pending.length > 0);
      if (waiting.length === 0) break;
      if (random.chance(0.85)) {
        const call = await random.pick(waiting).gate.release();
        tell(call && `a call returns: ${call}`);
      }
      await quiet();
    }
  }
  random.restart(seed, STEPS);
  return finish(world, random, producers);
}
