import { join } from 'node:path';
import { SystemClock } from '../../../services/shared/adapters/clock/system-clock.ts';
import { KafkaLog } from '../../../services/shared/adapters/log/kafka/kafka-log.ts';
import {
  DEAD_LETTERS_TOPIC,
  eventsTopic,
  SLICES_TOPIC,
  TRANSITIONS_TOPIC,
  VALUES_TOPIC,
} from '../../../services/shared/runtime/topics.ts';
import type { Broker } from './broker.ts';
import { messageCodec } from './message-codec.ts';
import { pause } from './pause.ts';
import { processorProcess } from './processor-process.ts';
import { StoreProcess } from './store-process.ts';

/** The workflow of catch-up.yaml, and the topic of its events. */
export const WORKFLOW = 'bench';
export const EVENTS = eventsTopic(WORKFLOW);
/** What the processor makes of them: each round begins without. */
const MADE = [SLICES_TOPIC, VALUES_TOPIC];
const ALL = [...MADE, EVENTS, eventsTopic('takt'), TRANSITIONS_TOPIC, DEAD_LETTERS_TOPIC];
const LOOK_EVERY_MS = 50;
const SAID_CHARS = 2_000;
const LIMITS = { recordsMax: 1_000, bytesMax: 1024 * 1024 };

/** Removes what the processor made of the events. */
export async function removeMade(broker: Broker): Promise<void> {
  await broker.remove(MADE);
}

/** Removes all of takt's topics. */
export async function removeTopics(broker: Broker): Promise<void> {
  await broker.remove(ALL);
}

/**
 * Makes takt's topics anew, each partition of events with the record in it that says which KPIs are in force: events that
 * stand before that would be computed from the archive, the slow way. A processor writes it, on a store of its own.
 * It also writes a tick wherever nothing comes for a second, and by a tick before them, events of days ago are late: so
 * the topic is made once more, as takt makes it, with the former record alone.
 */
export async function makeTopics(broker: Broker, folder: string): Promise<void> {
  await removeTopics(broker);
  const store = await StoreProcess.start(join(folder, 'topics'));
  const place = { folder, broker: broker.address, storeUrl: store.url };
  const { process } = await processorProcess({ ...place, decoding: 'own' });
  process.start();
  let value: Uint8Array | null = null;
  try {
    while ((value = await definitionsRecord(broker)) === null) {
      if (!process.runs) throw new Error(`the processor ended. It said:\n${process.said.slice(-SAID_CHARS)}`);
      await pause(LOOK_EVERY_MS);
    }
  } finally {
    await process.end();
    await store.stop();
  }
  const { length: partitions } = await broker.ends(EVENTS);
  await broker.remove([EVENTS]);
  const log = await KafkaLog.open(broker.settings, new SystemClock());
  await log.createTopic(EVENTS, partitions);
  const record = { topic: EVENTS, key: null, value };
  await log.append(Array.from({ length: partitions }, (_, partition) => ({ ...record, partition })));
  await log.close();
}

/** The record of the first partition that says which KPIs are in force; null before it is there. */
async function definitionsRecord(broker: Broker): Promise<Uint8Array | null> {
  const [end = 0] = await broker.ends(EVENTS);
  if (end === 0) return null;
  const codec = await messageCodec();
  const log = await KafkaLog.open(broker.settings, new SystemClock());
  try {
    const records = await log.read(EVENTS, 0, 0, LIMITS);
    return records.find(({ value }) => codec.decode(value).type === 'control')?.value ?? null;
  } finally {
    await log.close();
  }
}
