import { type Admin, ConfigResourceTypes, Kafka, logLevel } from 'kafkajs';
import { afterEach, describe, expect, test } from 'vitest';
import { counted, lineCluster, Load, once, SERVICES, sleep } from '../cluster/line.ts';
import type { LocalCluster } from '../cluster/local-cluster.ts';
import { clusterOfTest } from '../support/cluster-of-test.ts';
import { kafkaMissing } from '../support/kafka-broker.ts';

const WHY = kafkaMissing === false ? '' : `: skipped, ${kafkaMissing}`;
const PARTITIONS = 12;
/** From a topic's change until all that read it have halted. */
const HALT_MS_MAX = 5_000;

const own = clusterOfTest();
let admin: Admin;
afterEach(() => admin?.disconnect());

async function started(): Promise<LocalCluster> {
  own.cluster = await lineCluster(own.folder);
  admin = new Kafka({ brokers: [own.cluster.broker.address], logLevel: logLevel.NOTHING }).admin();
  await admin.connect();
  return own.cluster;
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
    'deleted, made again, without records, with more partitions: halt, and each new epoch counts what was and what comes',
    { timeout: 400_000 },
    async () => {
      const on = await started();
      const all = [...(await sent(on, 'first'))];
      await counted(on, all);

      await recreate('events.line');
      const recreated = await halted(on, ['processor', 'ingest']);
      for (const line of recreated.said)
        expect(line).toMatch(/events\.line.*(was deleted|outside the log).*\n.*takt epoch/);
      expect(await inNewEpoch(on)).toMatch(/events\.line +was made again/);
      all.push(...(await sent(on, 'recreated')));
      expect(await counted(on, all)).toEqual(once(all));

      await Promise.all([...on.services.values()].map(({ process: child }) => child.end()));
      await recreate('slices');
      const refused = await on.run('processor');
      expect(await refused.process.ended()).toBe(4);
      expect(refused.process.said).toMatch(/slices was deleted and made again while takt was off.*\n.*takt epoch/);
      expect(await inNewEpoch(on)).toMatch(/slices +was made again/);
      all.push(...(await sent(on, 'slices')));
      expect(await counted(on, all)).toEqual(once(all));

      const lost = await removeUnread(on);
      const expired = await on.run('processor');
      expect(await expired.process.ended()).toBe(4);
      expect(expired.process.said).toMatch(/events\.line\/\d+.*outside the log.*\n.*takt epoch/);
      const counts = [...(await inNewEpoch(on)).matchAll(/(\d+) records were removed before/g)];
      // Ticks are among them.
      expect(Number(counts.at(-1)![1])).toBeGreaterThanOrEqual(lost);
      all.push(...(await sent(on, 'removed')));
      expect(await counted(on, all)).toEqual(once(all));

      await admin.createPartitions({ topicPartitions: [{ topic: 'events.line', count: PARTITIONS + 3 }] });
      const enlarged = await halted(on, ['processor', 'ingest']);
      for (const line of enlarged.said) expect(line).toMatch(/events\.line has 15 partitions.*\n.*takt epoch/);
      expect(await inNewEpoch(on)).toMatch(/with 15 partitions/);
      all.push(...(await sent(on, 'enlarged')));
      expect(await counted(on, all)).toEqual(once(all));

      process.stdout.write(`halted after ${recreated.ms} and ${enlarged.ms} ms\n`);
      expect(Math.max(recreated.ms, enlarged.ms)).toBeLessThan(HALT_MS_MAX);

      await Promise.all([...on.services.values()].map(({ process: child }) => child.end()));
      await stampByProducers('events.line');
      const startMs = Date.now();
      const wrong = await on.run('processor');
      expect(await wrong.process.ended()).toBe(4);
      expect(Date.now() - startMs).toBeLessThan(HALT_MS_MAX);
      expect(wrong.process.said).toMatch(
        /message\.timestamp\.type=CreateTime; takt needs LogAppendTime.*\n.*kafka-configs/,
      );
    },
  );
});

/** Has the topic lose records that no processor has read; gives how many of them were events. */
async function removeUnread(on: LocalCluster): Promise<number> {
  await on.services.get('processor')!.process.end();
  const unread = await sent(on, 'unread');
  const offsets = await admin.fetchTopicOffsets('events.line');
  await admin.deleteTopicRecords({
    topic: 'events.line',
    partitions: offsets.map(({ partition, offset }) => ({ partition, offset })),
  });
  return unread.length;
}

async function stampByProducers(topic: string): Promise<void> {
  const configEntries = [{ name: 'message.timestamp.type', value: 'CreateTime' }];
  await admin.alterConfigs({
    validateOnly: false,
    resources: [{ type: ConfigResourceTypes.TOPIC, name: topic, configEntries }],
  });
}
