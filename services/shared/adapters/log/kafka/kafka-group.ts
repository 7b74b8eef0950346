import type { Consumer, Kafka } from 'kafkajs';
import type { Clock } from '../../../ports/clock.ts';
import type { Group, Place, PlaceOffset } from '../../../ports/group.ts';
import { explain } from './kafka-errors.ts';
import type { KafkaSettings } from './kafka-settings.ts';
import { clusterOf, kafkajs } from './kafkajs-cluster.ts';
import { placeAssigner } from './place-assigner.ts';

/** A member that was not heard of for so long is out. The least that brokers admit: it is how long a crash stops its places. */
export const SESSION_TIMEOUT_MS = 6_000;
/** How long the others wait for a member when places are shared out anew. */
const REBALANCE_TIMEOUT_MS = 10_000;
const HEARTBEAT_MS = 1_000;
/** How long kafkajs rests between looks whether a heartbeat is due: nothing is fetched through it. */
const REST_MS = 500;
/** Heard nothing for so long, it is made anew: kafkajs has stopped without a word (its issues 659 and 1431). */
const SILENT_MS_MAX = 5 * SESSION_TIMEOUT_MS;
/** Pause before it joins again after something went wrong. */
const RETRY_MS = 1_000;

export interface KafkaGroupOptions {
  readonly settings: KafkaSettings;
  /** Name of the group, as lag tools show it. */
  readonly groupId: string;
  /** Names this process; what it has depends on the names of all members. No two may have the same. */
  readonly instance: string;
  readonly topics: readonly string[];
  readonly clock: Clock;
}

/**
 * A consumer group that only shares places out: kafkajs joins and sends heartbeats, with every partition paused. Records
 * are read elsewhere, and their positions are in the store.
 */
export class KafkaGroup implements Group {
  private readonly options: KafkaGroupOptions;
  private readonly kafka: Kafka;
  private consumer: Consumer | null = null;
  /** When the coordinator last answered, by a clock that never goes back; null while not joined. */
  private heardMs: number | null = null;
  private readonly leaving = new AbortController();

  constructor(options: KafkaGroupOptions) {
    this.options = options;
    this.kafka = kafkajs({ ...options.settings, clientId: options.instance });
  }

  get isCurrent(): boolean {
    return this.heardMs !== null && performance.now() - this.heardMs < SESSION_TIMEOUT_MS;
  }

  async run(assigned: (places: readonly Place[]) => void): Promise<void> {
    const { clock, settings } = this.options;
    while (!this.leaving.signal.aborted) {
      try {
        await this.dismissPredecessor();
        await this.beMember(assigned);
      } catch (error) {
        const explained = explain(error, settings.brokers);
        if (explained.code === 'LOG_REFUSED') throw explained;
        await clock.sleep(RETRY_MS, this.leaving.signal);
      }
    }
  }

  /**
   * Takes the one before this process out of the group, which would wait for it until its session ends: a process that
   * has this name and is another is dead.
   */
  private async dismissPredecessor(): Promise<void> {
    const { groupId, instance } = this.options;
    const admin = this.kafka.admin();
    const cluster = clusterOf(this.kafka);
    try {
      await admin.connect();
      await cluster.connect();
      const { groups } = await admin.describeGroups([groupId]);
      const old = groups[0]?.members.filter(({ clientId }) => clientId === instance) ?? [];
      if (old.length === 0) return;
      const coordinator = await cluster.findGroupCoordinator({ groupId });
      for (const { memberId } of old) await coordinator.leaveGroup({ groupId, memberId });
    } finally {
      await admin.disconnect();
      await cluster.disconnect();
    }
  }

  /** Until it leaves; rejects when kafkajs gives up, or is not heard of any more. */
  private async beMember(assigned: (places: readonly Place[]) => void): Promise<void> {
    const { topics, groupId, instance, clock } = this.options;
    const consumer = this.kafka.consumer({
      groupId,
      partitionAssigners: [placeAssigner(instance)],
      sessionTimeout: SESSION_TIMEOUT_MS,
      rebalanceTimeout: REBALANCE_TIMEOUT_MS,
      heartbeatInterval: HEARTBEAT_MS,
      maxWaitTimeInMs: REST_MS,
      allowAutoTopicCreation: false,
    });
    const crashed = this.listen(consumer, assigned);
    try {
      this.consumer = consumer;
      await consumer.connect();
      await consumer.subscribe({ topics: [...topics], fromBeginning: true });
      await consumer.run({ autoCommit: false, eachBatch: async () => {} });
      const startMs = performance.now();
      while (!this.leaving.signal.aborted) {
        await Promise.race([crashed, clock.sleep(HEARTBEAT_MS, this.leaving.signal)]);
        if (performance.now() - (this.heardMs ?? startMs) > SILENT_MS_MAX)
          throw new Error(`the group ${groupId} was not heard of for ${SILENT_MS_MAX / 1_000} s`);
      }
    } finally {
      this.consumer = null;
      this.heardMs = null;
      await consumer.disconnect().catch(() => {});
    }
  }

  /** Rejects when the consumer crashes and will not start again. */
  private listen(consumer: Consumer, assigned: (places: readonly Place[]) => void): Promise<never> {
    const { HEARTBEAT, GROUP_JOIN, CRASH } = consumer.events;
    const pausedTopics = this.options.topics.map((topic) => ({ topic }));
    consumer.on(HEARTBEAT, () => {
      this.heardMs = performance.now();
    });
    consumer.on(GROUP_JOIN, ({ payload }) => {
      consumer.pause(pausedTopics);
      if (!this.isCurrent) assigned([]);
      this.heardMs = performance.now();
      assigned(
        Object.entries(payload.memberAssignment).flatMap(([topic, partitions]) =>
          partitions.map((partition) => ({ topic, partition })),
        ),
      );
    });
    const crashed = new Promise<never>((_resolve, reject) => {
      consumer.on(CRASH, ({ payload }) => {
        if (!payload.restart) reject(payload.error);
      });
    });
    // It may happen while nobody waits.
    crashed.catch(() => {});
    return crashed;
  }

  async commit(offsets: readonly PlaceOffset[]): Promise<void> {
    if (!this.isCurrent || offsets.length === 0) return;
    const positions = offsets.map(({ topic, partition, offset }) => ({ topic, partition, offset: String(offset) }));
    await this.consumer?.commitOffsets(positions).catch(() => {});
  }

  async leave(): Promise<void> {
    this.leaving.abort('left');
  }
}
