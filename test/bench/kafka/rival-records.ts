import avro from 'avsc';
import type { Broker } from './broker.ts';

/** Magic byte and schema id of the Confluent wire format. */
const HEADER_BYTES = 5;
/** How the rivals' records are laid out. */
const SCHEMA = avro.Type.forSchema({
  type: 'record',
  name: 'Event',
  fields: [
    { name: 'id', type: 'string' },
    { name: 'case', type: 'string' },
    { name: 'activity', type: { type: 'enum', name: 'Activity', symbols: ['OPENED', 'CLOSED'] } },
    { name: 'at', type: 'long' },
    { name: 'team', type: 'string' },
    { name: 'value', type: 'double' },
  ],
});

/** An event of the rivals' topic. */
export interface RivalEvent {
  readonly id: string;
  readonly case: string;
  readonly activity: 'OPENED' | 'CLOSED';
  /** ms UTC. */
  readonly at: number;
  readonly team: string;
  readonly value: number;
}

/** A record of the rivals' topic. */
export interface RivalRecord {
  readonly key: Buffer;
  readonly event: RivalEvent;
}

/**
 * Reads a topic of the rivals to its end. `take` gets the records of a partition in their order, some at a time, and the
 * next ones of that partition when it resolves; other partitions go on meanwhile.
 */
export async function readRivalTopic(
  broker: Broker,
  topic: string,
  take: (partition: number, records: readonly RivalRecord[]) => Promise<void>,
): Promise<void> {
  const ends = await broker.ends(topic);
  const waiting = new Set(ends.flatMap((end, partition) => (end > 0 ? [partition] : [])));
  const consumer = broker.client.consumer({ groupId: 'takt-bench-copy' });
  let finish: (error?: unknown) => void = () => {};
  const finished = new Promise<void>((resolve, reject) => {
    finish = (error) => (error === undefined ? resolve() : reject(error as Error));
  });
  await consumer.connect();
  try {
    await consumer.subscribe({ topic, fromBeginning: true });
    await consumer.run({
      autoCommit: false,
      partitionsConsumedConcurrently: ends.length,
      async eachBatch(given) {
        const { partition, messages } = given.batch;
        const records = messages.map(({ key, value }) => ({ key: key!, event: decode(value!) }));
        await take(partition, records).catch(finish);
        await given.heartbeat();
        if (Number(messages.at(-1)!.offset) + 1 >= ends[partition]!) waiting.delete(partition);
        if (waiting.size === 0) finish();
      },
    });
    await finished;
  } finally {
    await consumer.disconnect();
  }
}

function decode(value: Buffer): RivalEvent {
  return SCHEMA.decode(value, HEADER_BYTES).value as RivalEvent;
}
