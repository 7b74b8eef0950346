import type { Admin, Kafka } from 'kafkajs';
import type { Clock } from '../../../ports/clock.ts';
import type { TopicDescription } from '../../../ports/event-log.ts';
import { partitionsChanged, topicUnknown } from '../log-errors.ts';
import { NEW_EPOCH, topicRecreated, topicSettings } from './kafka-errors.ts';
import type { Cluster } from './kafkajs-cluster.ts';
import { ConfigResourceTypes } from './kafkajs-module.ts';
import { topicMetadata } from './topic-metadata.ts';

/** Twice what the producer puts into a batch. */
const MESSAGE_BYTES_MAX = 16 * 1024 * 1024;
/** Positions follow within seconds, but whoever was stopped over a weekend has to find what came meanwhile. */
const RETENTION_MS_MIN = 3 * 24 * 3_600_000;
const FOR_EVER = -1;
/** A new topic's leaders are chosen within so many looks. */
const LEADER_LOOKS_MAX = 50;
const LEADER_LOOK_MS = 100;

/** How topics are made here: the log's own time, nothing removed. */
const SETTINGS = {
  'message.timestamp.type': 'LogAppendTime',
  'cleanup.policy': 'delete',
  'retention.ms': String(FOR_EVER),
  'retention.bytes': String(FOR_EVER),
  'max.message.bytes': String(MESSAGE_BYTES_MAX),
} as const;

/** Creates topics, and knows those of this process with what they must stay. */
export class KafkaTopics {
  private readonly admin: Admin;
  private readonly cluster: Cluster;
  private readonly clock: Clock;
  private readonly replicationFactor: number;
  private readonly known = new Map<string, TopicDescription>();
  /** Those that the last look did not find. */
  private readonly missed = new Set<string>();

  constructor(options: {
    readonly kafka: Kafka;
    readonly cluster: Cluster;
    readonly clock: Clock;
    readonly replicationFactor: number;
  }) {
    this.admin = options.kafka.admin();
    this.cluster = options.cluster;
    this.clock = options.clock;
    this.replicationFactor = options.replicationFactor;
  }

  async connect(): Promise<void> {
    await this.admin.connect();
  }

  async close(): Promise<void> {
    await this.admin.disconnect();
  }

  /** Throws LOG_TOPIC_RECREATED for one that is not the topic it was for this process. */
  async describe(topic: string): Promise<TopicDescription | null> {
    const found = await topicMetadata(await this.cluster.findControllerBroker(), topic);
    const before = this.known.get(topic);
    if (before !== undefined && found !== null && before.identity !== found.identity) throw topicRecreated(topic);
    if (found !== null && before === undefined) this.known.set(topic, found);
    return found;
  }

  /**
   * Throws LOG_TOPIC_RECREATED where a topic of this process is another one, or was not found twice in a row, and
   * LOG_PARTITIONS_CHANGED.
   */
  async check(): Promise<void> {
    for (const [topic, { partitions }] of this.known) {
      const now = await this.describe(topic);
      // Once may be a broker that is behind with what the others know.
      if (now === null && this.missed.has(topic)) throw topicRecreated(topic);
      if (now === null) this.missed.add(topic);
      else this.missed.delete(topic);
      if (now !== null && now.partitions !== partitions)
        throw partitionsChanged(topic, now.partitions, partitions, NEW_EPOCH);
    }
  }

  /** Throws LOG_TOPIC_UNKNOWN where the topic, or its partition, does not exist. */
  async assertPartition(topic: string, partition: number): Promise<void> {
    const { partitions } = this.known.get(topic) ?? (await this.describe(topic)) ?? { partitions: 0 };
    if (!(partition >= 0 && partition < partitions)) throw topicUnknown(`${topic}/${partition}`);
  }

  /** Makes the topic where it is missing. Throws LOG_PARTITIONS_CHANGED or LOG_TOPIC_SETTINGS for another one. */
  async create(topic: string, partitions: number): Promise<void> {
    if ((await this.describe(topic)) === null) {
      const configEntries = Object.entries(SETTINGS).map(([name, value]) => ({ name, value }));
      const { replicationFactor } = this;
      // False where another process was faster.
      await this.admin.createTopics({
        topics: [{ topic, numPartitions: partitions, replicationFactor, configEntries }],
        waitForLeaders: false,
      });
      await this.waitForLeaders(topic, partitions);
    }
    const { partitions: has } = (await this.describe(topic))!;
    if (has !== partitions) throw partitionsChanged(topic, has, partitions, NEW_EPOCH);
    await this.checkSettings(topic);
  }

  /** Gives a topic more partitions. */
  async enlarge(topic: string, partitions: number): Promise<void> {
    await this.admin.createPartitions({ topicPartitions: [{ topic, count: partitions }] });
    this.known.delete(topic);
    await this.waitForLeaders(topic, partitions);
  }

  /** Until every partition answers: the first append must not find one without a leader, and be written in part. */
  private async waitForLeaders(topic: string, partitions: number): Promise<void> {
    for (let look = 1; ; look++) {
      try {
        await this.cluster.addMultipleTargetTopics([topic]);
        await this.cluster.refreshMetadata();
        const places = Array.from({ length: partitions }, (_, partition) => ({ partition }));
        const [offsets] = await this.cluster.fetchTopicsOffset([{ topic, partitions: places, fromBeginning: false }]);
        if (offsets?.partitions.length === partitions && (await this.describe(topic)) !== null) return;
      } catch (error) {
        if (look === LEADER_LOOKS_MAX) throw error;
      }
      await this.clock.sleep(LEADER_LOOK_MS);
    }
  }

  private async checkSettings(topic: string): Promise<void> {
    const resource = { type: ConfigResourceTypes.TOPIC, name: topic, configNames: Object.keys(SETTINGS) };
    const { resources } = await this.admin.describeConfigs({ resources: [resource], includeSynonyms: false });
    const entries = resources[0]?.configEntries ?? [];
    const has = new Map(entries.map(({ configName, configValue }) => [configName, configValue]));
    for (const name of ['message.timestamp.type', 'cleanup.policy'] as const) {
      const value = has.get(name);
      if (value !== SETTINGS[name]) throw topicSettings(topic, `${name}=${value}`, SETTINGS[name]);
    }
    const retentionMs = Number(has.get('retention.ms'));
    if (retentionMs !== FOR_EVER && retentionMs < RETENTION_MS_MIN)
      throw topicSettings(topic, `retention.ms=${retentionMs}`, `-1, or at least ${RETENTION_MS_MIN} (three days)`);
    const retentionBytes = Number(has.get('retention.bytes'));
    if (retentionBytes !== FOR_EVER) throw topicSettings(topic, `retention.bytes=${retentionBytes}`, '-1 (no limit)');
    const messageBytes = Number(has.get('max.message.bytes'));
    if (messageBytes < MESSAGE_BYTES_MAX)
      throw topicSettings(topic, `max.message.bytes=${messageBytes}`, `at least ${MESSAGE_BYTES_MAX}`);
  }
}
