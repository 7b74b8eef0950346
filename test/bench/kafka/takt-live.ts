import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { timesByMinute } from '../expected-minutes.ts';
import { completed } from './completion.ts';
import { type Latencies, rowLatencies, valueLatencies } from './live-latency.ts';
import { readLiveTopic } from './live-topic.ts';
import { pause } from './pause.ts';
import type { LiveLatency } from './rivals.ts';
import { RowsWatch } from './rows-watch.ts';
import type { Stage } from './stage.ts';
import { checkAnswer } from './takt-answer.ts';
import { withTakt } from './takt-round.ts';
import { EVENTS, removeTopics } from './takt-topics.ts';
import { usageOf } from './usage.ts';
import { ValuesWatch } from './values-watch.ts';

const PRODUCER = fileURLToPath(new URL('live-producer.js', import.meta.url));
/** What the rivals' runner has. */
export const RATE_PER_S = 5_000;
const LOAD_S = 60;
/** From ready to the first event. */
const SETTLE_MS = 5_000;

/** Of takt: its values as of the others, and its archive. */
export interface TaktLive extends LiveLatency {
  readonly rows: Latencies;
  readonly storeCpuS: number;
}

/** 5,000 events/s for a minute on an empty takt, the first 10 s left out. Throws when an event never came out, or a value is wrong. */
export async function taktLive(stage: Stage): Promise<TaktLive> {
  await removeTopics(stage.broker);
  return withTakt(stage, 'own', async ({ process, store, url }) => {
    const { broker } = stage;
    process.start();
    await process.until('readiness', async () => (await fetch(`${url}/readyz`)).ok);
    const partitions = (await broker.ends(EVENTS)).length;
    const values = await ValuesWatch.start(broker);
    const rows = new RowsWatch(store, partitions);
    await pause(SETTLE_MS);
    const [before, storeBefore] = [usageOf(process.pid), store.usage];
    const args = [PRODUCER, broker.address, String(RATE_PER_S), String(LOAD_S)];
    await promisify(execFile)(globalThis.process.execPath, args);
    const [after, storeAfter] = [usageOf(process.pid), store.usage];
    const topic = await readLiveTopic(broker);
    await completed(process, store, topic);
    await pause(SETTLE_MS);
    await Promise.all([values.stop(), rows.stop()]);
    await checkAnswer(store, topic.times, timesByMinute(topic.times.cases()));
    return {
      ...valueLatencies(topic.events, values.counts),
      rows: rowLatencies(topic.events, rows.reached),
      cpuS: after.cpuS - before.cpuS,
      storeCpuS: storeAfter.cpuS - storeBefore.cpuS,
    };
  });
}
