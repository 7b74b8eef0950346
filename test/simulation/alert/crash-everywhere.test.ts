import { expect, test } from 'vitest';
import { Random } from '../random.ts';
import { quiet } from '../step.ts';
import { finish } from './finish.ts';
import { Producer } from './producer.ts';
import { PARTITIONS } from './setup.ts';
import { act } from './step.ts';
import { type AlertStyle, drawAlertStyle } from './style.ts';
import { AlertWorld } from './world.ts';

const STEPS = 16;
/** Whose logs make many calls and transitions. */
const SEEDS = [3, 4];
/** No write fails but by the crash. */
const CALM: Partial<AlertStyle> = {
  writeFailureChance: 0,
  ambiguousInsertChance: 0,
  delayChance: 0,
  storeChance: 0.4,
  publishAfterStepChance: 0.8,
  importChance: 0.2,
  lateChance: 0.2,
  teams: 2,
  readRecordsMax: Infinity,
};

interface Run {
  readonly wrong: readonly string[];
  /** Calls to log and store before the end: each is a place to crash at. */
  readonly calls: number;
  readonly transitions: number;
}

/** One short log, folded with a crash at call number `at`, before it was made or after it landed. */
async function run(seed: number, at: number, landed: boolean): Promise<Run> {
  const random = new Random(seed);
  const style: AlertStyle = { ...drawAlertStyle(random), ...CALM };
  const world = new AlertWorld(random, {}, style);
  const { clock, log } = world;
  const options = { log, clock, random, style, count: () => {} };
  const producers = Array.from({ length: PARTITIONS }, (_, partition) => new Producer(options, partition));
  await world.open();
  for (const producer of producers) await producer.control(true);
  let calls = 0;
  for (let i = 0; i < STEPS; i++) {
    clock.advance(60_000);
    for (const producer of producers) await producer.publish();
    act(world, world.current, random);
    await quiet();
    while (world.current.gate.pending.length > 0) {
      const crashes = ++calls === at;
      if (!crashes || landed) await world.current.gate.release();
      if (crashes) world.takeOver(false);
      await quiet();
    }
  }
  const wrong = await finish(world, random, producers);
  return { wrong, calls, transitions: await log.endOffset('transitions', 0) };
}

test('reliability 15 and 16: a crash at every call of the alert fold, landed or not, changes nothing', async () => {
  for (const seed of SEEDS) {
    const undisturbed = await run(seed, 0, false);
    expect(undisturbed.wrong).toEqual([]);
    expect(undisturbed.calls).toBeGreaterThan(20);
    expect(undisturbed.transitions).toBeGreaterThan(20);
    for (let at = 1; at <= undisturbed.calls; at++)
      for (const landed of [false, true])
        expect({ seed, at, landed, wrong: (await run(seed, at, landed)).wrong }).toMatchObject({ wrong: [] });
  }
});
