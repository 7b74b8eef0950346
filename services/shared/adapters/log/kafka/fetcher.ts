import type { LogRecord, ReadLimits } from '../../../ports/event-log.ts';
import { logClosed, outOfRange } from '../log-errors.ts';
import type { FetchedPartition, FetchReader } from './fetched.ts';
import { type Cluster, type FetchArguments, fetchRequest } from './kafkajs-cluster.ts';
import { ReadCursor } from './read-cursor.ts';

/** A fetch that finds nothing waits so long at the broker. */
const MAX_WAIT_MS = 250;
/** Most bytes that a fetch brings, and that it brings of one partition. */
const FETCH_BYTES_MAX = 16 * 1024 * 1024;
const PARTITION_BYTES_MAX = 1024 * 1024;
/** Readers of one partition; the one that read longest ago starts over when it comes back. */
const CURSORS_MAX = 4;
// Codes of Kafka's protocol.
const NONE = 0;
const OFFSET_OUT_OF_RANGE = 1;

/** A cursor with what its fetches need. */
interface Fetching {
  readonly cursor: ReadCursor;
  /** The broker that leads its partition; null until it is looked up. */
  nodeId: string | null;
  /** The number of the fetch that asked for it last. */
  turn: number;
}

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
  /** By topic and partition; the one read longest ago comes first. */
  private readonly cursors = new Map<string, Fetching[]>();
  private readonly loops = new Map<string, Promise<void>>();
  private assigning: Promise<void> | null = null;
  private fetches = 0;
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
    const cursor = this.cursorAt(topic, partition, fromOffset);
    for (;;) {
      if (this.closed) throw logClosed();
      let records: readonly LogRecord[];
      try {
        records = cursor.take(limits);
      } catch (error) {
        this.drop(cursor);
        throw error;
      }
      this.fetchMore();
      if (records.length > 0) return [...records];
      if (cursor.end !== null && cursor.position >= cursor.end) return [];
      await cursor.arrival();
    }
  }

  /** This process appended records: a reader behind them is not at the end any more. */
  appended(topic: string, partition: number, end: number): void {
    for (const { cursor } of this.cursors.get(`${topic}/${partition}`) ?? [])
      if (cursor.end !== null) cursor.end = Math.max(cursor.end, end);
  }

  async close(): Promise<void> {
    this.closed = true;
    for (const { cursor } of this.all()) cursor.fail(logClosed());
    await this.assigning;
    await Promise.all(this.loops.values());
  }

  private all(): Fetching[] {
    return [...this.cursors.values()].flat();
  }

  private cursorAt(topic: string, partition: number, position: number): ReadCursor {
    const place = `${topic}/${partition}`;
    const list = this.cursors.get(place) ?? [];
    this.cursors.set(place, list);
    const index = list.findIndex(({ cursor }) => cursor.position === position);
    const [found] = index < 0 ? [] : list.splice(index, 1);
    const used = found ?? { cursor: new ReadCursor(topic, partition, position), nodeId: null, turn: 0 };
    list.push(used);
    if (list.length > CURSORS_MAX) list.shift()!.cursor.fail(logClosed());
    return used.cursor;
  }

  private drop(cursor: ReadCursor): void {
    const place = `${cursor.topic}/${cursor.partition}`;
    const list = this.cursors.get(place) ?? [];
    this.cursors.set(
      place,
      list.filter((other) => other.cursor !== cursor),
    );
  }

  /** Starts the fetches that are wanted and not under way. */
  private fetchMore(): void {
    if (this.closed) return;
    for (const { cursor, nodeId } of this.all()) {
      if (!cursor.wantsMore) continue;
      if (nodeId === null) this.assigning ??= this.assign().finally(() => (this.assigning = null));
      else if (!this.loops.has(nodeId)) this.start(nodeId);
    }
  }

  private start(nodeId: string): void {
    const loop = this.loop(nodeId).finally(() => {
      this.loops.delete(nodeId);
    });
    this.loops.set(nodeId, loop);
  }

  /** Looks up who leads the partitions of cursors that have no broker. */
  private async assign(): Promise<void> {
    const waiting = this.all().filter(({ nodeId }) => nodeId === null);
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
      return;
    }
    for (const { nodeId, cursor } of this.all())
      if (nodeId !== null && cursor.wantsMore && !this.loops.has(nodeId)) this.start(nodeId);
  }

  private async loop(nodeId: string): Promise<void> {
    while (!this.closed) {
      const wanted = this.all().filter((fetching) => fetching.nodeId === nodeId && fetching.cursor.wantsMore);
      if (wanted.length === 0) return;
      const { asked, others } = this.chosen(wanted);
      const offsets = new Map([...asked].map(([place, { fetchOffset }]) => [place, fetchOffset]));
      try {
        const fetched = await this.fetch(nodeId, [...asked.values()], others ? 0 : MAX_WAIT_MS);
        for (const piece of fetched) this.deliver(piece, offsets.get(`${piece.topic}/${piece.partition}`)!);
      } catch (error) {
        for (const fetching of wanted) {
          fetching.nodeId = null;
          fetching.cursor.fail(this.explain(error));
        }
        await this.cluster.refreshMetadata().catch(() => {});
        return;
      }
    }
  }

  /**
   * A request may name a partition once: of readers at several of its offsets the one that waits longest. `others`: some
   * have to wait for the next request, so this one must not wait at the broker.
   */
  private chosen(wanted: readonly Fetching[]): { readonly asked: Map<string, ReadCursor>; readonly others: boolean } {
    const turn = ++this.fetches;
    const asked = new Map<string, ReadCursor>();
    let others = false;
    for (const fetching of wanted.toSorted((a, b) => a.turn - b.turn)) {
      const { cursor } = fetching;
      const place = `${cursor.topic}/${cursor.partition}`;
      const first = asked.get(place);
      if (first === undefined) asked.set(place, cursor);
      if (first === undefined || first.fetchOffset === cursor.fetchOffset) fetching.turn = turn;
      else others = true;
    }
    return { asked, others };
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
    const reached = (this.cursors.get(place) ?? []).filter(({ cursor }) => cursor.fetchOffset === fetchedFrom);
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
    this.drop(cursor);
    const end = await this.endOffset(topic, partition).catch(() => NaN);
    cursor.fail(outOfRange(topic, partition, position, end));
  }
}
