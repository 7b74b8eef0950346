import type { LogRecord, ReadLimits } from '../../../ports/event-log.ts';
import { logClosed, outOfRange } from '../log-errors.ts';
import { NEW_EPOCH } from './kafka-errors.ts';
import type { FetchedPartition, FetchReader } from './fetched.ts';
import { type Cluster, type FetchArguments, fetchRequest } from './kafkajs-cluster.ts';
import type { ReadCursor } from './read-cursor.ts';
import { type Fetching, ReadCursors } from './read-cursors.ts';

/** A fetch that finds nothing waits so long at the broker. */
const MAX_WAIT_MS = 250;
/** Most bytes that a fetch brings, and that it brings of one partition. */
const FETCH_BYTES_MAX = 16 * 1024 * 1024;
const PARTITION_BYTES_MAX = 1024 * 1024;
// Codes of Kafka's protocol.
const NONE = 0;
const OFFSET_OUT_OF_RANGE = 1;

/**
 * Reads ahead of those who read partitions from one offset on: one fetch at a time per broker, for all of its partitions,
 * which waits at the broker while there is nothing new.
 */
export class Fetcher {
  private readonly cluster: Cluster;
  private readonly reader: FetchReader;
  private readonly onArrival: (topic: string, partition: number) => void;
  private readonly explain: (error: unknown) => unknown;
  private readonly endOffset: (topic: string, partition: number) => Promise<number>;
  private readonly cursors = new ReadCursors();
  private readonly loops = new Map<string, Promise<void>>();
  private assigning: Promise<void> | null = null;
  private closed = false;

  constructor(options: {
    readonly cluster: Cluster;
    readonly reader: FetchReader;
    /** Called when records of a partition came in. */
    readonly onArrival: (topic: string, partition: number) => void;
    readonly explain: (error: unknown) => unknown;
    readonly endOffset: (topic: string, partition: number) => Promise<number>;
  }) {
    this.cluster = options.cluster;
    this.reader = options.reader;
    this.onArrival = options.onArrival;
    this.explain = options.explain;
    this.endOffset = options.endOffset;
  }

  /** Records from an offset on; none at the end. Throws LOG_OFFSET_OUT_OF_RANGE, or what `explain` makes of an error. */
  async read(topic: string, partition: number, fromOffset: number, limits: ReadLimits): Promise<LogRecord[]> {
    for (let position = fromOffset; ;) {
      if (this.closed) throw logClosed();
      // Each time: another reader may have taken from the one that both waited for, or it was given up.
      const cursor = this.cursors.at(topic, partition, position);
      let records: readonly LogRecord[];
      try {
        records = cursor.take(limits);
      } catch (error) {
        this.cursors.drop(cursor);
        throw error;
      }
      this.fetchMore();
      if (records.length > 0) return [...records];
      position = cursor.position;
      if (cursor.end !== null && position >= cursor.end) return [];
      await cursor.arrival();
    }
  }

  /** Begins to read ahead for who will read from there: else each first read waits for the fetch that is under way. */
  expectReader(topic: string, partition: number, fromOffset: number): void {
    if (this.closed) return;
    this.cursors.at(topic, partition, fromOffset);
    this.fetchMore();
  }

  /** This process appended records: a reader behind them is not at the end any more. */
  appended(topic: string, partition: number, end: number): void {
    for (const { cursor } of this.cursors.of(topic, partition))
      if (cursor.end !== null) cursor.end = Math.max(cursor.end, end);
  }

  async close(): Promise<void> {
    this.closed = true;
    for (const { cursor } of this.cursors.all()) cursor.fail(logClosed());
    await this.assigning;
    await Promise.all(this.loops.values());
  }

  /** Starts what is wanted and not under way: called by readers, who come again where something failed. */
  private fetchMore(): void {
    const lost = this.cursors.all().filter(({ cursor, nodeId }) => nodeId === null && cursor.wantsMore);
    if (lost.length > 0 && !this.closed) this.assigning ??= this.assignAll(lost);
    this.startLoops();
  }

  /** A loop for each broker that is wanted and has none. */
  private startLoops(): void {
    if (this.closed) return;
    for (const { cursor, nodeId } of this.cursors.all()) {
      if (nodeId === null || !cursor.wantsMore || this.loops.has(nodeId)) continue;
      const ended = (): void => {
        this.loops.delete(nodeId);
        // Whoever came while it ended saw a loop that was there. Where it failed, nobody is at this broker any more.
        this.startLoops();
      };
      this.loops.set(nodeId, this.loop(nodeId).finally(ended));
    }
  }

  /** Looks up the brokers of these, and of those that come meanwhile. */
  private async assignAll(first: readonly Fetching[]): Promise<void> {
    const seen = new Set<Fetching>();
    for (let waiting = first; waiting.length > 0 && !this.closed;) {
      for (const fetching of waiting) seen.add(fetching);
      await this.assign(waiting);
      waiting = this.cursors.all().filter((fetching) => fetching.nodeId === null && !seen.has(fetching));
    }
    this.assigning = null;
    this.startLoops();
  }

  /** Looks up who leads the partitions of cursors that have no broker; what is not found fails. */
  private async assign(waiting: readonly Fetching[]): Promise<void> {
    try {
      if (!this.cluster.isConnected()) await this.cluster.connect();
      await this.cluster.addMultipleTargetTopics([...new Set(waiting.map(({ cursor }) => cursor.topic))]);
      const leaderOf = ({ topic, partition }: ReadCursor): string | undefined =>
        Object.keys(this.cluster.findLeaderForPartitions(topic, [partition])).find((id) => Number(id) >= 0);
      if (waiting.some(({ cursor }) => leaderOf(cursor) === undefined)) await this.cluster.refreshMetadata();
      for (const fetching of waiting) {
        const leader = leaderOf(fetching.cursor);
        if (leader === undefined) fetching.cursor.fail(this.explain(new Error('a partition has no leader')));
        else fetching.nodeId = leader;
      }
    } catch (error) {
      for (const { cursor } of waiting) cursor.fail(this.explain(error));
    }
  }

  private async loop(nodeId: string): Promise<void> {
    while (!this.closed) {
      const { asked, others } = this.cursors.chosen(nodeId);
      if (asked.size === 0) return;
      const offsets = new Map([...asked].map(([place, { fetchOffset }]) => [place, fetchOffset]));
      try {
        const fetched = await this.fetch(nodeId, [...asked.values()], others ? 0 : MAX_WAIT_MS);
        for (const piece of fetched) this.deliver(piece, offsets.get(`${piece.topic}/${piece.partition}`)!);
      } catch (error) {
        this.cursors.lose(nodeId, this.explain(error));
        await this.cluster.refreshMetadata().catch(() => {});
        return;
      }
    }
  }

  private async fetch(
    nodeId: string,
    cursors: readonly ReadCursor[],
    maxWaitTime: number,
  ): Promise<readonly FetchedPartition[]> {
    const broker = await this.cluster.findBroker({ nodeId });
    const byTopic = new Map<string, FetchArguments['topics'][number]['partitions'][number][]>();
    for (const { topic, partition, fetchOffset } of cursors) {
      const list = byTopic.get(topic) ?? [];
      byTopic.set(topic, list);
      list.push({ partition, fetchOffset: String(fetchOffset), maxBytes: PARTITION_BYTES_MAX });
    }
    const request = fetchRequest(broker, {
      replicaId: -1,
      isolationLevel: 0,
      maxWaitTime,
      minBytes: 1,
      maxBytes: FETCH_BYTES_MAX,
      topics: [...byTopic].map(([topic, partitions]) => ({ topic, partitions })),
    });
    return broker.connectionPool.send(this.reader(request));
  }

  /** Every cursor that waits for this offset gets what came: several readers follow the end of a partition together. */
  private deliver(piece: FetchedPartition, fetchedFrom: number): void {
    const { topic, partition, errorCode, nextOffset } = piece;
    const place = `${topic}/${partition}`;
    const reached = this.cursors.of(topic, partition).filter(({ cursor }) => cursor.fetchOffset === fetchedFrom);
    for (const fetching of reached) {
      const { cursor } = fetching;
      if (errorCode === NONE) cursor.deliver(piece);
      else if (errorCode === OFFSET_OUT_OF_RANGE) void this.failOutOfRange(cursor);
      else {
        // It moved to another broker, mostly; the reader tries again.
        fetching.nodeId = null;
        cursor.fail(this.explain(new Error(`error ${errorCode} of the Kafka protocol for ${place}`)));
      }
    }
    if (errorCode !== NONE && errorCode !== OFFSET_OUT_OF_RANGE) void this.cluster.refreshMetadata().catch(() => {});
    if (nextOffset !== null) this.onArrival(topic, partition);
  }

  private async failOutOfRange(cursor: ReadCursor): Promise<void> {
    const { topic, partition, position } = cursor;
    // Nobody waits for it: whoever reads there next finds out.
    if (!cursor.isAwaited) return this.cursors.drop(cursor);
    const end = await this.endOffset(topic, partition).catch(() => NaN);
    cursor.fail(outOfRange(topic, partition, position, end, NEW_EPOCH));
  }
}
