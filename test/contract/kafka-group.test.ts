import { randomBytes } from 'node:crypto';
import { Kafka, logLevel } from 'kafkajs';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { SystemClock } from '../../services/shared/adapters/clock/system-clock.ts';
import { KafkaGroup } from '../../services/shared/adapters/log/kafka/kafka-group.ts';
import { KafkaLog } from '../../services/shared/adapters/log/kafka/kafka-log.ts';
import { KAFKA_DEFAULTS, type KafkaSettings } from '../../services/shared/adapters/log/kafka/kafka-settings.ts';
import type { Place } from '../../services/shared/ports/group.ts';
import { KafkaBroker, kafkaMissing } from '../support/kafka-broker.ts';

const clock = new SystemClock();
const PARTITIONS = 12;
let broker: KafkaBroker;
const members: Member[] = [];

/** A member of a group, with what it was told. */
class Member {
  readonly told: (readonly Place[])[] = [];
  readonly group: KafkaGroup;
  private readonly running: Promise<void>;

  constructor(groupId: string, instance: string, topics: readonly string[], address = broker.address) {
    const settings: KafkaSettings = { ...KAFKA_DEFAULTS, brokers: [address], clientId: 'takt-test' };
    this.group = new KafkaGroup({ settings, groupId, instance, topics, clock });
    this.running = this.group.run((places) => void this.told.push(places));
    members.push(this);
  }

  get places(): readonly string[] {
    return (this.told.at(-1) ?? []).map(({ topic, partition }) => `${topic}/${partition}`).toSorted();
  }

  async leave(): Promise<void> {
    await this.group.leave();
    await this.running;
  }
}

async function until(done: () => boolean): Promise<void> {
  while (!done()) await clock.sleep(20);
}

async function newTopic(): Promise<string> {
  const log = await KafkaLog.open({ ...KAFKA_DEFAULTS, brokers: [broker.address], clientId: 'takt-test' }, clock);
  const topic = `g${randomBytes(4).toString('hex')}`;
  await log.createTopic(topic, PARTITIONS);
  await log.close();
  return topic;
}

describe.skipIf(kafkaMissing !== false)(`Kafka group${kafkaMissing === false ? '' : `: ${kafkaMissing}`}`, () => {
  beforeAll(async () => {
    broker = await KafkaBroker.start();
  });
  afterEach(async () => {
    await Promise.all(members.splice(0).map((member) => member.leave()));
  });
  afterAll(async () => {
    await broker?.remove();
  });

  test('members share the places, and each that comes back under its name gets what it had', async () => {
    const topic = await newTopic();
    const first = new Member(topic, 'p-1', [topic]);
    await until(() => first.places.length === PARTITIONS);
    const second = new Member(topic, 'p-2', [topic]);
    await until(() => first.places.length === PARTITIONS / 2 && second.places.length === PARTITIONS / 2);
    const shared = [first.places, second.places];
    expect(new Set(shared.flat()).size).toBe(PARTITIONS);
    await second.leave();
    await until(() => first.places.length === PARTITIONS);
    const again = new Member(topic, 'p-2', [topic]);
    await until(() => first.places.length === PARTITIONS / 2 && again.places.length === PARTITIONS / 2);
    expect([first.places, again.places]).toEqual(shared);
  }, 60_000);

  test('what is stored is committed for lag tools', async () => {
    const topic = await newTopic();
    const member = new Member(topic, 'p-1', [topic]);
    await until(() => member.places.length === PARTITIONS);
    await member.group.commit([{ topic, partition: 3, offset: 17 }]);
    const admin = new Kafka({ brokers: [broker.address], logLevel: logLevel.NOTHING }).admin();
    await admin.connect();
    const [offsets] = await admin.fetchOffsets({ groupId: topic, topics: [topic] });
    await admin.disconnect();
    expect(offsets!.partitions.find(({ partition }) => partition === 3)!.offset).toBe('17');
  }, 60_000);

  test('one that is cut off knows that it is out; back again it is told first that it has nothing', async () => {
    const topic = await newTopic();
    const { proxy } = broker;
    const cutOff = new Member(topic, 'p-1', [topic], proxy.address);
    await until(() => cutOff.places.length === PARTITIONS);
    proxy.cut();
    await until(() => !cutOff.group.isCurrent);
    const told = cutOff.told.length;
    proxy.mend();
    await until(() => cutOff.told.length >= told + 2);
    expect(cutOff.told[told]).toEqual([]);
    expect(cutOff.told.at(-1)).toHaveLength(PARTITIONS);
    expect(cutOff.group.isCurrent).toBe(true);
  }, 90_000);

  test('a process that died does not keep the one after it waiting', async () => {
    const topic = await newTopic();
    const { proxy } = broker;
    const dead = new Member(topic, 'p-1', [topic], proxy.address);
    await until(() => dead.places.length === PARTITIONS);
    // It is not heard of any more, and the group does not know yet.
    proxy.cut();
    const next = new Member(topic, 'p-1', [topic]);
    const startMs = Date.now();
    await until(() => next.places.length === PARTITIONS);
    process.stdout.write(`joined after ${Date.now() - startMs} ms\n`);
    expect(next.told[0]).toEqual([]);
    expect(next.places).toHaveLength(PARTITIONS);
    proxy.mend();
  }, 60_000);
});
