import { randomBytes } from 'node:crypto';
import { type Admin, ConfigResourceTypes, Kafka, logLevel } from 'kafkajs';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { SystemClock } from '../../services/shared/adapters/clock/system-clock.ts';
import { KafkaLog } from '../../services/shared/adapters/log/kafka/kafka-log.ts';
import { KAFKA_DEFAULTS, type KafkaSettings } from '../../services/shared/adapters/log/kafka/kafka-settings.ts';
import { KafkaBroker, kafkaMissing } from '../support/kafka-broker.ts';
import { eventLogContract, type LogUnderTest } from './event-log.ts';
import { KafkaNames } from '../support/kafka-names.ts';

const ALL = { recordsMax: Infinity, bytesMax: Infinity };
let broker: KafkaBroker;
let admin: Admin;
const opened: KafkaLog[] = [];

function settings(decoding: KafkaSettings['decoding']): KafkaSettings {
  return { ...KAFKA_DEFAULTS, brokers: [broker.address], clientId: 'takt-test', decoding };
}

/** A log on the one broker, whose topics are its own: their names begin with what no other's do. */
function kafka(decoding: KafkaSettings['decoding']): () => Promise<LogUnderTest> {
  return async () => {
    const names = new KafkaNames(`${randomBytes(6).toString('hex')}.`);
    const open = async (): Promise<KafkaNames> => names.of(await KafkaLog.open(settings(decoding), new SystemClock()));
    const logs = [await open()];
    return {
      log: logs[0]!,
      clock: null,
      async reopen() {
        await logs.at(-1)!.close();
        logs.push(await open());
        return logs.at(-1)!;
      },
      async onDisk(topic, partition) {
        const other = await open();
        const records = await other.read(topic, partition, 0, ALL);
        await other.close();
        return records.map(({ value }) => Buffer.from(value));
      },
      dispose: () => logs.at(-1)!.close(),
    };
  };
}

describe.skipIf(kafkaMissing !== false)(`Kafka${kafkaMissing === false ? '' : `: ${kafkaMissing}`}`, () => {
  beforeAll(async () => {
    broker = await KafkaBroker.start();
    admin = new Kafka({ brokers: [broker.address], logLevel: logLevel.NOTHING }).admin();
    await admin.connect();
  });
  afterEach(async () => {
    for (const log of opened.splice(0)) await log.close();
  });
  afterAll(async () => {
    await admin?.disconnect();
    await broker?.remove();
  });
  eventLogContract('Kafka, record batches decoded here', kafka('own'));
  eventLogContract('Kafka, plain kafkajs', kafka('kafkajs'));

  test('more readers than there are cursors, that begin at any time and wait for one another, all get everything', async () => {
    const [partitions, readers, rounds] = [12, 10, 6];
    const log = await openLog();
    await log.createTopic('crowd', partitions);
    const reading = Array.from({ length: readers * partitions }, async (_, i) => {
      await new Promise((resolve) => setTimeout(resolve, (i * 37) % 400));
      const texts: string[] = [];
      while (texts.length < rounds) {
        const records = await log.read('crowd', i % partitions, texts.length, { ...ALL, recordsMax: 1 + (i % 3) });
        texts.push(...records.map(({ value }) => Buffer.from(value).toString()));
        await new Promise((resolve) => setTimeout(resolve, (i * 53) % 90));
      }
      return texts.join();
    });
    const expected: string[] = [];
    for (let round = 0; round < rounds; round++) {
      expected.push(String(round));
      const records = Array.from({ length: partitions }, (_, partition) => ({ ...RECORD, topic: 'crowd', partition }));
      await log.append(records.map((record) => ({ ...record, value: Buffer.from(String(round)) })));
      await new Promise((resolve) => setTimeout(resolve, 60));
    }
    expect(new Set(await Promise.all(reading))).toEqual(new Set([expected.join()]));
  });

  test.each(['gzip', 'snappy', 'lz4', 'zstd'])('batches in %s are read, both ways', async (codec) => {
    const topic = `compressed.${codec}`;
    const own = await openLog();
    await own.createTopic(topic, 1);
    await alter(topic, 'compression.type', codec);
    const texts = Array.from({ length: 3_000 }, (_, i) => `${i} ${'takt '.repeat(i % 40)}${i * 7919}`);
    await own.append(texts.map((text) => ({ ...RECORD, topic, value: Buffer.from(text) })));
    for (const log of [own, await openLog('kafkajs')]) {
      const records: string[] = [];
      while (records.length < texts.length)
        for (const { value } of await log.read(topic, 0, records.length, ALL))
          records.push(Buffer.from(value).toString());
      expect(records).toEqual(texts);
    }
  });

  test('a topic that is deleted and made again: every call fails with LOG_TOPIC_RECREATED within 5 s', async () => {
    const log = await openLog();
    await log.createTopic('again', 1);
    await log.append([{ ...RECORD, topic: 'again' }]);
    await admin.deleteTopics({ topics: ['again'] });
    const other = await openLog();
    await untilDone(() => other.createTopic('again', 1));
    const error = await failureOf(() => log.read('again', 0, 1, ALL), 5_000, 'LOG_TOPIC_RECREATED');
    expect(error).toMatchObject({ code: 'LOG_TOPIC_RECREATED', message: expect.stringContaining('made again') });
    await expect(log.append([{ ...RECORD, topic: 'again' }])).rejects.toMatchObject({ code: 'LOG_TOPIC_RECREATED' });
    expect(await other.endOffset('again', 0)).toBe(0);
  });

  test('a topic that is deleted: every call fails with LOG_TOPIC_RECREATED within 5 s', async () => {
    const log = await openLog();
    await log.createTopic('gone', 1);
    await admin.deleteTopics({ topics: ['gone'] });
    const error = await failureOf(() => log.endOffset('gone', 0), 5_000, 'LOG_TOPIC_RECREATED');
    expect(error).toMatchObject({ message: expect.stringContaining('topic gone was deleted') });
  });

  test('a topic that gets more partitions: every call fails with LOG_PARTITIONS_CHANGED within 5 s', async () => {
    const log = await openLog();
    await log.createTopic('more', 2);
    await admin.createPartitions({ topicPartitions: [{ topic: 'more', count: 3 }] });
    const error = await failureOf(() => log.read('more', 0, 0, ALL), 5_000, 'LOG_PARTITIONS_CHANGED');
    expect(error).toMatchObject({ message: expect.stringContaining('has 3 partitions, not 2') });
  });

  test.each([
    ['message.timestamp.type', 'CreateTime'],
    ['cleanup.policy', 'compact'],
    ['retention.ms', '60000'],
    ['retention.bytes', '1000000'],
    ['max.message.bytes', '1000000'],
  ])('a topic that is there with %s=%s is refused', async (name, value) => {
    const log = await openLog();
    const topic = `set.${name}`;
    await log.createTopic(topic, 1);
    await alter(topic, name, value);
    await expect(log.createTopic(topic, 1)).rejects.toMatchObject({
      code: 'LOG_TOPIC_SETTINGS',
      message: expect.stringContaining(`${name}=${value}`),
    });
  });

  test.each(['own', 'kafkajs'] as const)(
    'a record with the time of its producer halts the reader (%s)',
    async (decoding) => {
      const log = await openLog(decoding);
      const topic = `later.${decoding}`;
      await log.createTopic(topic, 1);
      await log.append([{ ...RECORD, topic }]);
      expect(await log.read(topic, 0, 0, ALL)).toHaveLength(1);
      await alter(topic, 'message.timestamp.type', 'CreateTime');
      // The broker takes it up a moment after it has said so.
      const readNew = async (): Promise<never> => {
        for (;;) {
          const [offset] = await log.append([{ ...RECORD, topic }]);
          await log.read(topic, 0, offset!, ALL);
        }
      };
      await expect(readNew()).rejects.toMatchObject({ code: 'LOG_TOPIC_SETTINGS' });
    },
  );

  test.each(['own', 'kafkajs'] as const)(
    'a connection that breaks amid an answer: the next one reads on (%s)',
    async (decoding) => {
      const { proxy } = broker;
      const log = await KafkaLog.open({ ...settings(decoding), brokers: [proxy.address] }, new SystemClock());
      opened.push(log);
      const topic = `cut.${decoding}`;
      await log.createTopic(topic, 1);
      const texts = Array.from({ length: 2_000 }, (_, i) => `${i} ${'x'.repeat(200)}`);
      await log.append(texts.map((text) => ({ ...RECORD, topic, value: Buffer.from(text) })));
      proxy.faults.cutReplyAtBytes = 20_000;
      const read: string[] = [];
      await untilDone(async () => {
        while (read.length < texts.length)
          for (const { value } of await log.read(topic, 0, read.length, ALL)) read.push(Buffer.from(value).toString());
      });
      expect(read).toEqual(texts);
      expect(proxy.faults.cutReplyAtBytes).toBeNull();
    },
  );

  test('a broker that is killed: calls fail with LOG_UNAVAILABLE, retryable; when it is back the log goes on', async () => {
    const log = await openLog();
    await log.createTopic('kept', 1);
    await log.append([{ ...RECORD, topic: 'kept' }]);
    expect(await log.read('kept', 0, 0, ALL)).toHaveLength(1);
    await broker.kill();
    const append = (): Promise<number[]> => log.append([{ ...RECORD, topic: 'kept' }]);
    await expect(append()).rejects.toMatchObject({ code: 'LOG_UNAVAILABLE', retryable: true });
    expect(await failureOf(() => log.read('kept', 0, 1, ALL), 10_000, 'LOG_UNAVAILABLE')).toMatchObject({
      message: expect.stringContaining(broker.address),
    });
    await expect(openLog()).rejects.toMatchObject({ code: 'LOG_UNAVAILABLE' });
    await broker.run();
    await untilDone(append);
    await untilDone(async () => expect((await log.read('kept', 0, 1, ALL)).length).toBeGreaterThan(0));
    await admin.disconnect();
    await admin.connect();
  });
});

const RECORD = { partition: 0, key: null, value: Buffer.from('x') };

async function openLog(decoding: KafkaSettings['decoding'] = 'own'): Promise<KafkaLog> {
  const log = await KafkaLog.open(settings(decoding), new SystemClock());
  opened.push(log);
  return log;
}

/** Sets one setting of a topic. What the request leaves out would go back to the broker's default. */
async function alter(topic: string, name: string, value: string): Promise<void> {
  const place = { type: ConfigResourceTypes.TOPIC, name: topic };
  const { resources } = await admin.describeConfigs({ resources: [place], includeSynonyms: false });
  const own = resources[0]!.configEntries.filter(({ isDefault }) => !isDefault);
  const entries = new Map(own.map(({ configName, configValue }) => [configName, configValue]));
  const configEntries = [...entries.set(name, value)].map(([each, to]) => ({ name: each, value: to }));
  await admin.alterConfigs({ validateOnly: false, resources: [{ ...place, configEntries }] });
}

/** What a call fails with once it fails with this code; null where it does not in time. */
async function failureOf(call: () => Promise<unknown>, withinMs: number, code: string): Promise<unknown> {
  const endMs = Date.now() + withinMs;
  while (Date.now() < endMs) {
    try {
      await call();
    } catch (error) {
      if ((error as { code?: string }).code === code) return error;
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return null;
}

/** Makes a call until it does not fail, for at most 30 s. */
async function untilDone(call: () => Promise<unknown>): Promise<void> {
  for (let tries = 0; ; tries++) {
    try {
      await call();
      return;
    } catch (error) {
      if (tries === 300) throw error;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}
