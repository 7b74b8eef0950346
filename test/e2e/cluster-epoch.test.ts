import { type Admin, ConfigResourceTypes, Kafka, logLevel } from 'kafkajs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { counted, lineCluster, Load, once, SERVICES, sleep } from '../cluster/line.ts';
import type { LocalCluster } from '../cluster/local-cluster.ts';
import { temporaryDirectory } from '../support/embedded.ts';
import { kafkaMissing } from '../support/kafka-broker.ts';

const WHY = kafkaMissing === false ? '' : `: skipped, ${kafkaMissing}`;
const PARTITIONS = 12;
/** From a topic's change until all that read it have halted. */
const HALT_MS_MAX = 5_000;

let folder: ReturnType<typeof temporaryDirectory>;
let cluster: LocalCluster | null = null;
let admin: Admin;
beforeEach(() => (folder = temporaryDirectory()));
afterEach(async () => {
  await admin?.disconnect();
  await cluster?.stop();
  cluster = null;
  folder.remove();
});

async function started(): Promise<LocalCluster> {
  cluster = await lineCluster(folder.path);
  admin = new Kafka({ brokers: [cluster.broker.address], logLevel: logLevel.NOTHING }).admin();
  await admin.connect();
  return cluster;
}

/** Sends events for some seconds; gives the ids of those that were acknowledged. */
async function sent(on: LocalCluster, name: string): Promise<readonly string[]> {
  const load = new Load(on.services.get('ingest')!.url, name);
  await sleep(2_000);
  await load.stop();
  return load.acknowledged;
}

/** How long it takes until these services have ended, each with what it said last. */
async function halted(on: LocalCluster, services: readonly string[]): Promise<{ ms: number; said: readonly string[] }> {
  const startMs = Date.now();
  const children = services.map((name) => on.services.get(name)!.process);
  const codes = await Promise.all(children.map((child) => child.ended()));
  expect(codes).toEqual(services.map(() => 4));
  return { ms: Date.now() - startMs, said: children.map(({ said }) => said.slice(said.lastIndexOf('takt:'))) };
}

/** Stops what still runs, begins a new epoch and starts everything again; gives what the command said. */
async function inNewEpoch(on: LocalCluster): Promise<string> {
  await Promise.all([...on.services.values()].map(({ process: child }) => child.end()));
  expect(await on.command('epoch', ['--apply'])).toBe(0);
  for (const service of SERVICES) await on.run(service);
  await on.ready();
  return on.said('epoch');
}

async function recreate(topic: string, partitions = PARTITIONS): Promise<void> {
  const { resources } = await admin.describeConfigs({
    resources: [{ type: ConfigResourceTypes.TOPIC, name: topic }],
    includeSynonyms: false,
  });
  const configEntries = resources[0]!.configEntries
    .filter(({ isDefault }) => !isDefault)
    .map(({ configName, configValue }) => ({ name: configName, value: configValue }));
  await admin.deleteTopics({ topics: [topic] });
  await admin.createTopics({ topics: [{ topic, numPartitions: partitions, configEntries }], waitForLeaders: true });
}

describe.skipIf(kafkaMissing !== false)(`topics that are not what they were${WHY}`, () => {
  test(
    'events deleted and made again: halt, and a new epoch counts what was and what comes',
    { timeout: 300_000 },
    async () => {
      const on = await started();
      const before = await sent(on, 'before');
      await counted(on, before);
      await recreate('events.line');
      const { ms, said } = await halted(on, ['processor', 'ingest']);
      process.stdout.write(`halted after ${ms} ms\n`);
      for (const line of said) expect(line).toMatch(/events\.line.*(was deleted|outside the log).*\n.*takt epoch/);
      expect(ms).toBeLessThan(HALT_MS_MAX);
      expect(await inNewEpoch(on)).toMatch(/events\.line +was made again/);
      const after = await sent(on, 'after');
      const all = [...before, ...after];
      expect(await counted(on, all)).toEqual(once(all));
    },
  );

  test('slices deleted while takt was off: no start without a new epoch', { timeout: 300_000 }, async () => {
    const on = await started();
    const before = await sent(on, 'before');
    await counted(on, before);
    await Promise.all([...on.services.values()].map(({ process: child }) => child.end()));
    await recreate('slices');
    const refused = await on.run('processor');
    expect(await refused.process.ended()).toBe(4);
    expect(refused.process.said).toMatch(/slices was deleted and made again while takt was off.*\n.*takt epoch/);
    expect(await inNewEpoch(on)).toMatch(/slices +was made again/);
    const after = await sent(on, 'after');
    const all = [...before, ...after];
    expect(await counted(on, all)).toEqual(once(all));
  });

  test('more partitions: halt, and a new epoch puts every case where it belongs', { timeout: 300_000 }, async () => {
    const on = await started();
    const before = await sent(on, 'before');
    await counted(on, before);
    await admin.createPartitions({ topicPartitions: [{ topic: 'events.line', count: PARTITIONS + 3 }] });
    const { ms, said } = await halted(on, ['processor', 'ingest']);
    process.stdout.write(`halted after ${ms} ms\n`);
    for (const line of said) expect(line).toMatch(/events\.line has 15 partitions/);
    expect(ms).toBeLessThan(HALT_MS_MAX);
    expect(await inNewEpoch(on)).toMatch(/with 15 partitions/);
    const after = await sent(on, 'after');
    const all = [...before, ...after];
    expect(await counted(on, all)).toEqual(once(all));
  });

  test(
    'records removed before they were read: no wrong number; a new epoch tells how many',
    { timeout: 300_000 },
    async () => {
      const on = await started();
      const before = await sent(on, 'before');
      await counted(on, before);
      await on.services.get('processor')!.process.end();
      const unread = await sent(on, 'unread');
      const offsets = await admin.fetchTopicOffsets('events.line');
      await admin.deleteTopicRecords({
        topic: 'events.line',
        partitions: offsets.map(({ partition, offset }) => ({ partition, offset })),
      });
      const restarted = await on.run('processor');
      expect(await restarted.process.ended()).toBe(4);
      expect(restarted.process.said).toMatch(/events\.line\/\d+.*offset/);
      const said = await inNewEpoch(on);
      const lost = [...said.matchAll(/(\d+) records were removed before/g)].map(([, n]) => Number(n));
      // Ticks are among them.
      expect(lost[0]).toBeGreaterThanOrEqual(unread.length);
      const after = await sent(on, 'after');
      const all = [...before, ...after];
      expect(await counted(on, all)).toEqual(once(all));
    },
  );

  test('a topic with CreateTime is refused before anything is read', { timeout: 120_000 }, async () => {
    const on = await started();
    await Promise.all([...on.services.values()].map(({ process: child }) => child.end()));
    await admin.alterConfigs({
      validateOnly: false,
      resources: [
        {
          type: ConfigResourceTypes.TOPIC,
          name: 'events.line',
          configEntries: [{ name: 'message.timestamp.type', value: 'CreateTime' }],
        },
      ],
    });
    const startMs = Date.now();
    const refused = await on.run('processor');
    expect(await refused.process.ended()).toBe(4);
    expect(Date.now() - startMs).toBeLessThan(HALT_MS_MAX);
    expect(refused.process.said).toMatch(
      /message\.timestamp\.type=CreateTime; takt needs LogAppendTime.*\n.*kafka-configs/,
    );
  });
});
