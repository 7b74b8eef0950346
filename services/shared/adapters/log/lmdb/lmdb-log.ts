import { randomUUID } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { type Database, open as openEnvironment, type RootDatabase } from 'lmdb';
import type { Clock } from '../../../ports/clock.ts';
import type { AppendRecord, EventLog, LogRecord, ReadLimits, TopicDescription } from '../../../ports/event-log.ts';
import { logClosed, logFull, outOfRange, partitionsChanged, topicUnknown } from '../log-errors.ts';
import { ChunkTable } from './chunk-table.ts';
import { CommitQueue, type WaitingAppend } from '../commit-queue.ts';
import { Disk } from './disk.ts';
interface Topic {
  readonly number: number;
  readonly identity: string;
  readonly partitions: number;
}

/** One partition: records from `start` on and below `end` are on disk and readable. */
interface Place {
  readonly topic: string;
  readonly topicNumber: number;
  readonly partition: number;
  start: number;
  end: number;
  lastAppendMs: number;
}

/** At worst, alone in its chunk: a chunk's key, node header and append time, and the record's own lengths. */
const RECORD_OVERHEAD_BYTES = 48;
/** Pages are half full at worst; measured with four partitions in turn: 1.7 bytes of pages per byte of records. */
const PAGE_FACTOR = 2;
const PAGE_BYTES = 4096;
/** After so many bytes of commits LMDB is asked how large the file is; a commit is taken for so many at least. */
const SIZE_READ_EVERY_BYTES = 1024 * 1024;
const COMMIT_BYTES_MIN = 4 * PAGE_BYTES;
/** Chunks that are cut in one transaction: what waits to be appended has its turn between two. */
const CUT_CHUNKS_MAX = 1_000;

/** The embedded event log: LMDB in the data directory. */
export class LmdbLog implements EventLog {
  private readonly environment: RootDatabase<Buffer, Buffer>;
  private readonly chunks: ChunkTable;
  private readonly meta: Database<Topic, string>;
  private readonly topics = new Map<string, Topic>();
  private readonly places = new Map<string, Place>();
  private readonly listeners = new Set<(topic: string, partition: number) => void>();
  private readonly queue = new CommitQueue((batch) => this.commit(batch));
  private readonly clock: Clock;
  private readonly limitBytes: number;
  private readonly disk: Disk;
  private creating: Promise<void> = Promise.resolve();
  private closing: Promise<void> | null = null;
  /** The file as LMDB told it last, and what was committed since. */
  private pageBytes = 0;
  private sinceBytes = 0;

  private constructor(environment: RootDatabase<Buffer, Buffer>, clock: Clock, limitBytes: number, disk: Disk) {
    this.environment = environment;
    this.chunks = new ChunkTable(environment);
    this.meta = environment.openDB<Topic, string>({ name: 'topics', encoding: 'json' });
    this.clock = clock;
    this.limitBytes = limitBytes;
    this.disk = disk;
    for (const { key, value } of this.meta.getRange()) this.remember(key, value);
    this.readSize();
  }

  /** Opens or makes the log in directory `path`. Throws DATA_UNWRITABLE, DATA_VERSION or DISK_FULL. */
  static async open(options: {
    readonly path: string;
    readonly clock: Clock;
    readonly limitBytes: number;
  }): Promise<LmdbLog> {
    const disk = new Disk(options.path);
    try {
      await mkdir(options.path, { recursive: true });
      await disk.assertLmdb();
      await disk.assertRoom(0);
      // LMDB grows the map by itself: the limit is kept by `append`, which knows what to say.
      const environment = openEnvironment<Buffer, Buffer>({
        path: options.path,
        // Otherwise a directory whose name has a dot would be taken for the file.
        noSubdir: false,
        compression: false,
        // CommitQueue does that; lmdb's own has a promise that nobody can catch when a commit fails.
        eventTurnBatching: false,
        mapSize: Math.ceil((options.limitBytes * 2) / PAGE_BYTES) * PAGE_BYTES,
        keyEncoding: 'binary',
        encoding: 'binary',
      });
      const log = new LmdbLog(environment, options.clock, options.limitBytes, disk);
      // A killed process may have committed what it had not flushed; it must not be readable before it is durable.
      const state = environment.openDB<number, string>({ name: 'state', encoding: 'json' });
      await log.writeDurably(() => [state.put('openedMs', options.clock.nowMs())]);
      return log;
    } catch (error) {
      throw await disk.explain(error);
    }
  }

  private remember(name: string, topic: Topic): void {
    this.topics.set(name, topic);
    for (let partition = 0; partition < topic.partitions; partition++) {
      const { end, appendMs } = this.chunks.tail(topic.number, partition);
      const start = this.chunks.start(topic.number, partition);
      const place = { topic: name, topicNumber: topic.number, partition, start, end, lastAppendMs: appendMs };
      this.places.set(`${name}/${partition}`, place);
    }
  }

  /**
   * Asks for the file's pages up to the last one ever used. LMDB does not say how many of them are free for use again, so
   * this counts those too: a little too much. Where records were cut, which frees many, the pages of the chunks count
   * instead, which new ones take before the file grows.
   */
  private readSize(): void {
    const stats = this.environment.getStats() as { readonly pageSize?: number; readonly lastPageNumber?: number };
    const fileBytes = (stats.pageSize ?? PAGE_BYTES) * ((stats.lastPageNumber ?? 0) + 1);
    const wasCut = [...this.places.values()].some(({ start }) => start > 0);
    this.pageBytes = wasCut ? Math.min(fileBytes, this.chunks.pageBytes) : fileBytes;
    this.sinceBytes = 0;
  }

  /** What the file holds or will, never too little. */
  private get usedBytes(): number {
    return this.pageBytes + this.sinceBytes + this.queue.waitingBytes;
  }

  /**
   * Makes the puts in one transaction. Resolves when it is on disk; rejects when nothing of it was written. A failed
   * commit rejects the promise of every put too: they are taken here, or they would end the process.
   */
  private async writeDurably(puts: () => readonly Promise<boolean>[]): Promise<void> {
    let made: readonly Promise<boolean>[] = [];
    const written = this.environment.batch(() => {
      made = puts();
    });
    for (const put of new Set(made)) put.catch(() => {});
    await written;
    await this.environment.flushed;
  }

  async createTopic(topic: string, partitions: number): Promise<void> {
    this.assertOpen();
    const mine = this.creating.catch(() => {}).then(() => this.create(topic, partitions));
    this.creating = mine;
    return mine;
  }

  private async create(topic: string, partitions: number): Promise<void> {
    const known = this.topics.get(topic);
    if (known !== undefined) {
      if (known.partitions !== partitions) throw partitionsChanged(topic, known.partitions, partitions);
      return;
    }
    const entry: Topic = { number: this.topics.size, identity: randomUUID(), partitions };
    try {
      await this.disk.assertRoom(PAGE_BYTES);
      await this.writeDurably(() => [this.meta.put(topic, entry)]);
    } catch (error) {
      throw await this.disk.explain(error);
    }
    this.remember(topic, entry);
  }

  async describeTopic(topic: string): Promise<TopicDescription | null> {
    this.assertOpen();
    const known = this.topics.get(topic);
    return known === undefined ? null : { partitions: known.partitions, identity: known.identity };
  }

  /** The records' bytes must not change until it resolves. */
  async append(records: readonly AppendRecord[]): Promise<number[]> {
    this.assertOpen();
    for (const { topic, partition } of records) this.place(topic, partition);
    if (records.length === 0) return [];
    let bytes = 0;
    for (const { key, value } of records) bytes += (key?.length ?? 0) + value.length + RECORD_OVERHEAD_BYTES;
    bytes *= PAGE_FACTOR;
    if (this.usedBytes + bytes > this.limitBytes) this.readSize();
    if (this.usedBytes + bytes > this.limitBytes) throw logFull(this.usedBytes, this.limitBytes);
    return this.queue.add({ records, bytes });
  }

  private async commit(batch: readonly WaitingAppend[]): Promise<number[][]> {
    const nowMs = this.clock.nowMs();
    const ends = new Map<Place, number>();
    const appendMsOf = (place: Place): number => Math.max(nowMs, place.lastAppendMs);
    let offsets: number[][] = [];
    try {
      await this.disk.assertRoom(batch.reduce((sum, { bytes }) => sum + bytes, 0));
      await this.writeDurably(() => {
        const byPlace = new Map<Place, AppendRecord[]>();
        offsets = batch.map(({ records }) =>
          records.map((record) => {
            const place = this.place(record.topic, record.partition);
            const offset = ends.get(place) ?? place.end;
            ends.set(place, offset + 1);
            const list = byPlace.get(place);
            if (list === undefined) byPlace.set(place, [record]);
            else list.push(record);
            return offset;
          }),
        );
        return [...byPlace].flatMap(([place, records]) =>
          this.chunks.put(place.topicNumber, place.partition, place.end, appendMsOf(place), records),
        );
      });
    } catch (error) {
      throw await this.disk.explain(error);
    }
    // Only now on disk, so only now readable: promises 2 and 3.
    for (const [place, end] of ends) {
      place.lastAppendMs = appendMsOf(place);
      place.end = end;
    }
    this.sinceBytes += Math.max(
      COMMIT_BYTES_MIN,
      batch.reduce((sum, { bytes }) => sum + bytes, 0),
    );
    if (this.sinceBytes > SIZE_READ_EVERY_BYTES) this.readSize();
    for (const { topic, partition } of ends.keys()) for (const listener of this.listeners) listener(topic, partition);
    return offsets;
  }

  async read(topic: string, partition: number, fromOffset: number, limits: ReadLimits): Promise<LogRecord[]> {
    this.assertOpen();
    const place = this.place(topic, partition);
    if (!(fromOffset >= place.start && fromOffset <= place.end))
      throw outOfRange(topic, partition, fromOffset, place.end);
    const result: LogRecord[] = [];
    if (fromOffset === place.end) return result;
    let bytes = 0;
    for (const record of this.chunks.records(place.topicNumber, partition, fromOffset, place.end)) {
      bytes += record.value.length;
      if (result.length > 0 && bytes > limits.bytesMax) break;
      result.push(record);
      if (result.length >= limits.recordsMax) break;
    }
    return result;
  }

  async endOffset(topic: string, partition: number): Promise<number> {
    this.assertOpen();
    return this.place(topic, partition).end;
  }

  async cut(topic: string, partition: number, belowOffset: number): Promise<void> {
    this.assertOpen();
    const place = this.place(topic, partition);
    const below = Math.min(belowOffset, place.end);
    for (let more = true; more && this.closing === null && place.start < below;) {
      let startOffset = place.start;
      await this.writeDurably(() => {
        const cut = this.chunks.remove(place.topicNumber, partition, place.start, below, CUT_CHUNKS_MAX);
        startOffset = cut.startOffset;
        more = cut.more;
        return cut.removed;
      });
      place.start = startOffset;
    }
    this.readSize();
  }

  onAppend(listener: (topic: string, partition: number) => void): () => void {
    this.assertOpen();
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  size(): { readonly usedBytes: number; readonly limitBytes: number } {
    this.assertOpen();
    this.readSize();
    return { usedBytes: this.pageBytes, limitBytes: this.limitBytes };
  }

  /** Finishes what was appended before; again does nothing. */
  close(): Promise<void> {
    this.closing ??= this.finish();
    return this.closing;
  }

  private async finish(): Promise<void> {
    await this.creating.catch(() => {});
    await this.queue.idle();
    await this.environment.close();
  }

  private place(topic: string, partition: number): Place {
    const place = this.places.get(`${topic}/${partition}`);
    if (place === undefined) throw topicUnknown(`${topic}/${partition}`);
    return place;
  }

  private assertOpen(): void {
    if (this.closing !== null) throw logClosed();
  }
}
