import type { Kafka } from 'kafkajs';
import type { Clock } from '../../../ports/clock.ts';
import type { AppendRecord, EventLog, LogRecord, ReadLimits, TopicDescription } from '../../../ports/event-log.ts';
import { CommitQueue, type WaitingAppend } from '../commit-queue.ts';
import { logClosed, outOfRange } from '../log-errors.ts';
import { Fetcher } from './fetcher.ts';
import { kafkajsReader, ownReader } from './fetched.ts';
import { explain, NEW_EPOCH } from './kafka-errors.ts';
import { KafkaProducer } from './kafka-producer.ts';
import type { KafkaSettings } from './kafka-settings.ts';
import { KafkaTopics } from './kafka-topics.ts';
import { type Cluster, clusterOf, kafkajs } from './kafkajs-cluster.ts';

/** Topics are looked at so often: one that was made again, or got partitions, has to halt what reads it. */
const TOPIC_CHECK_MS = 1_500;

/** The event log on Kafka 3.0 to 4.x. Append time is the brokers' (LogAppendTime); durable is what all in-sync replicas have. */
export class KafkaLog implements EventLog {
  private readonly settings: KafkaSettings;
  private readonly kafka: Kafka;
  private readonly cluster: Cluster;
  private readonly topics: KafkaTopics;
  private readonly producer: KafkaProducer;
  private readonly fetcher: Fetcher;
  private readonly clock: Clock;
  private readonly queue = new CommitQueue((batch) => this.commit(batch));
  /** What was accepted; `close` waits for it. */
  private readonly appending = new Set<Promise<unknown>>();
  private readonly listeners = new Set<(topic: string, partition: number) => void>();
  private closing: Promise<void> | null = null;
  private readonly stopChecks = new AbortController();
  private checks: Promise<void> = Promise.resolve();
  /** What the last look at the topics found wrong: every call fails with it. */
  private broken: unknown = null;
  /** Rejects with what a look at the topics finds wrong: going on would make wrong numbers. Never resolves. */
  readonly lost: Promise<never>;
  private lose!: (error: unknown) => void;

  private constructor(settings: KafkaSettings, clock: Clock) {
    this.settings = settings;
    this.clock = clock;
    this.lost = new Promise((_resolve, reject) => (this.lose = reject));
    this.lost.catch(() => {});
    this.kafka = kafkajs(settings);
    const { kafka } = this;
    this.cluster = clusterOf(kafka);
    const { replicationFactor } = settings;
    this.topics = new KafkaTopics({ kafka, cluster: this.cluster, clock, replicationFactor });
    this.producer = new KafkaProducer(this.kafka);
    this.fetcher = new Fetcher({
      cluster: this.cluster,
      reader: settings.decoding === 'own' ? ownReader : kafkajsReader,
      onArrival: (topic, partition) => this.tell(topic, partition),
      explain: (error) => explain(error, settings.brokers),
      endOffset: (topic, partition) => this.offsetOf(topic, partition),
    });
  }

  /** Connects. Throws LOG_UNAVAILABLE where no broker answers, LOG_REFUSED where they do not let us in. */
  static async open(settings: KafkaSettings, clock: Clock): Promise<KafkaLog> {
    const log = new KafkaLog(settings, clock);
    try {
      await log.cluster.connect();
      await log.cluster.refreshMetadata();
      await log.topics.connect();
    } catch (error) {
      await log.close();
      throw explain(error, settings.brokers);
    }
    log.checks = log.checkTopics();
    return log;
  }

  /** Until it is closed, or something is found. */
  private async checkTopics(): Promise<void> {
    while (this.broken === null) {
      await this.clock.sleep(TOPIC_CHECK_MS, this.stopChecks.signal);
      if (this.stopChecks.signal.aborted) return;
      try {
        await this.topics.check();
      } catch (error) {
        // Brokers that do not answer are met by whoever reads or appends.
        const found = explain(error, this.settings.brokers);
        if (found.code !== 'LOG_TOPIC_RECREATED' && found.code !== 'LOG_PARTITIONS_CHANGED') continue;
        this.broken = found;
        this.lose(found);
      }
    }
  }

  private async asked<T>(call: () => Promise<T>): Promise<T> {
    this.assertOpen();
    try {
      return await call();
    } catch (error) {
      throw explain(error, this.settings.brokers);
    }
  }

  createTopic(topic: string, partitions: number): Promise<void> {
    return this.asked(() => this.topics.create(topic, partitions));
  }

  describeTopic(topic: string): Promise<TopicDescription | null> {
    return this.asked(() => this.topics.describe(topic));
  }

  /** A rejected append may be in the log nevertheless, in whole or in part: LOG_UNAVAILABLE. */
  append(records: readonly AppendRecord[]): Promise<number[]> {
    const appended = this.asked(async () => {
      for (const { topic, partition } of records) await this.topics.assertPartition(topic, partition);
      if (records.length === 0) return [];
      const bytes = records.reduce((sum, { key, value }) => sum + (key?.length ?? 0) + value.length, 0);
      return this.queue.add({ records, bytes });
    });
    this.appending.add(appended);
    const done = (): void => void this.appending.delete(appended);
    appended.then(done, done);
    return appended;
  }

  private async commit(batch: readonly WaitingAppend[]): Promise<number[][]> {
    const all = batch.flatMap(({ records }) => records);
    const offsets = await this.producer.send(all);
    const ends = new Map<string, { readonly topic: string; readonly partition: number; readonly end: number }>();
    all.forEach(({ topic, partition }, i) =>
      ends.set(`${topic}/${partition}`, { topic, partition, end: offsets[i]! + 1 }),
    );
    for (const { topic, partition, end } of ends.values()) {
      this.fetcher.appended(topic, partition, end);
      this.tell(topic, partition);
    }
    let taken = 0;
    return batch.map(({ records }) => offsets.slice(taken, (taken += records.length)));
  }

  private tell(topic: string, partition: number): void {
    for (const listener of this.listeners) listener(topic, partition);
  }

  read(topic: string, partition: number, fromOffset: number, limits: ReadLimits): Promise<LogRecord[]> {
    return this.asked(async () => {
      await this.topics.assertPartition(topic, partition);
      if (!(fromOffset >= 0))
        throw outOfRange(topic, partition, fromOffset, await this.offsetOf(topic, partition), NEW_EPOCH);
      return this.fetcher.read(topic, partition, fromOffset, limits);
    });
  }

  expectReader(topic: string, partition: number, fromOffset: number): void {
    const expecting = this.asked(async () => {
      await this.topics.assertPartition(topic, partition);
      if (fromOffset >= 0) this.fetcher.expectReader(topic, partition, fromOffset);
    });
    // The reader meets what is wrong.
    expecting.catch(() => {});
  }

  endOffset(topic: string, partition: number): Promise<number> {
    return this.asked(async () => {
      await this.topics.assertPartition(topic, partition);
      return this.offsetOf(topic, partition);
    });
  }

  /** The offset of the first record that the partition still has; its end where it has none. */
  startOffset(topic: string, partition: number): Promise<number> {
    return this.asked(async () => {
      await this.topics.assertPartition(topic, partition);
      return this.offsetOf(topic, partition, true);
    });
  }

  /** Gives a topic more partitions; of its settings nothing changes. */
  enlargeTopic(topic: string, partitions: number): Promise<void> {
    return this.asked(() => this.topics.enlarge(topic, partitions));
  }

  private async offsetOf(topic: string, partition: number, fromBeginning = false): Promise<number> {
    await this.cluster.addMultipleTargetTopics([topic]);
    const places = [{ topic, partitions: [{ partition }], fromBeginning }];
    const [offsets] = await this.cluster.fetchTopicsOffset(places);
    return Number(offsets!.partitions[0]!.offset);
  }

  onAppend(listener: (topic: string, partition: number) => void): () => void {
    this.assertOpen();
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** The brokers' disks are theirs to watch. */
  size(): null {
    this.assertOpen();
    return null;
  }

  /** Finishes what was appended before; again does nothing. */
  close(): Promise<void> {
    this.closing ??= this.finish();
    return this.closing;
  }

  private async finish(): Promise<void> {
    this.stopChecks.abort('closed');
    await Promise.allSettled(this.appending);
    await this.fetcher.close();
    await this.checks;
    await this.producer.close();
    await this.topics.close();
    await this.cluster.disconnect();
  }

  private assertOpen(): void {
    if (this.closing !== null) throw logClosed();
    if (this.broken !== null) throw this.broken;
  }
}
