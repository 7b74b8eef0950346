import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { completed, storedEnds } from './completion.ts';
import { pause } from './pause.ts';
import { type Decoding, processorProcess, type ProcessorProcess } from './processor-process.ts';
import type { Filled, Stage } from './stage.ts';
import { StoreProcess } from './store-process.ts';
import { checkAnswer } from './takt-answer.ts';
import { removeMade } from './takt-topics.ts';
import { usageOf } from './usage.ts';

const LOOK_EVERY_MS = 50;
const SAID_CHARS = 2_000;

/** A processor that is not started yet, with an empty store of its own. */
export interface TaktPlace extends ProcessorProcess {
  readonly store: StoreProcess;
}

/** What one way through all events took. */
export interface CatchUp {
  /** From spawning the engine until the last result is in its sink. */
  readonly totalS: number;
  readonly cpuS: number;
  readonly peakBytes: number;
  readonly brokerCpuS: number;
}

/** Of takt also what its store took, which the others do not have. */
export interface TaktCatchUp extends CatchUp {
  readonly storeCpuS: number;
  readonly storePeakBytes: number;
}

/** Gives `work` a processor with an empty store, and topics without what others made of the events; ends both after it. */
export async function withTakt<T>(
  { context, broker }: Stage,
  decoding: Decoding,
  work: (takt: TaktPlace) => Promise<T>,
): Promise<T> {
  await removeMade(broker);
  const folder = join(context.folder, `takt-${Date.now()}`);
  const store = await StoreProcess.start(folder);
  const made = await processorProcess({ folder, broker: broker.address, storeUrl: store.url, decoding });
  try {
    return await work({ ...made, store });
  } finally {
    await made.process.end();
    await store.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

/** Starts takt on all events, with everything that it ordinarily does, until all is stored. Throws when an answer is wrong. */
export function taktCatchUp(stage: Stage, filled: Filled, decoding: Decoding): Promise<TaktCatchUp> {
  return withTakt(stage, decoding, async ({ process, store }) => {
    const { broker } = stage;
    const [storeBefore, brokerBefore] = [store.usage, broker.usage];
    const startMs = Date.now();
    process.start();
    const endMs = await completed(process, store, filled);
    const [used, storeUsed, brokerUsed] = [usageOf(process.pid), store.usage, broker.usage];
    await checkAnswer(store, filled.times, filled.minutes);
    return {
      totalS: (endMs - startMs) / 1_000,
      cpuS: used.cpuS,
      peakBytes: used.peakBytes,
      brokerCpuS: brokerUsed.cpuS - brokerBefore.cpuS,
      storeCpuS: storeUsed.cpuS - storeBefore.cpuS,
      storePeakBytes: storeUsed.peakBytes,
    };
  });
}

/** What a crash half-way took. */
export interface Recovery {
  /** Share of the events that was stored when the process was killed. */
  readonly storedShare: number;
  /** From starting it again until the last result is in its sink. */
  readonly restartS: number;
}

/** Kills the processor with SIGKILL once half of the events are stored, and starts it again. Throws when an answer is wrong. */
export function taktKill(stage: Stage, filled: Filled): Promise<Recovery> {
  return withTakt(stage, 'own', async ({ process, store }) => {
    process.start();
    let stored = 0;
    while (stored < filled.records / 2) {
      if (!process.runs) throw new Error(`takt ended. It said:\n${process.said.slice(-SAID_CHARS)}`);
      await pause(LOOK_EVERY_MS);
      const ends = await storedEnds(store, filled.ends.length);
      stored = ends.reduce((sum, end) => sum + end, 0);
    }
    await process.end('SIGKILL');
    const startMs = Date.now();
    process.start();
    const endMs = await completed(process, store, filled);
    await checkAnswer(store, filled.times, filled.minutes);
    return { storedShare: stored / filled.records, restartS: (endMs - startMs) / 1_000 };
  });
}
