import { randomUUID } from 'node:crypto';
import { type Database, open as openEnvironment, type RootDatabase } from 'lmdb';
import { TaktError } from '../../../core/errors.ts';
import type { Clock } from '../../../ports/clock.ts';
import type { AppendRecord, EventLog, LogRecord, ReadLimits, TopicDescription } from '../../../ports/event-log.ts';
import { logClosed, logFull, outOfRange, partitionsChanged, topicUnknown } from '../log-errors.ts';
import { decodeRecord, encodeRecord, recordKey } from './record-layout.ts';

interface Topic {
  readonly number: number;
  readonly identity: string;
  readonly partitions: number;
}

/** One partition in memory: `assigned` offsets were given out, those below `durable` are on disk and readable. */
interface Place {
  readonly topicNumber: number;
  assigned: number;
  durable: number;
  lastAppendMs: number;
}

/** Each record costs about this much beside its bytes (key, node, page slack). */
const RECORD_OVERHEAD_BYTES = 40;

/** The embedded event log: LMDB in the data directory. */
export class LmdbLog implements EventLog {
  private readonly environment: RootDatabase<Buffer, Buffer>;
  private readonly records: Database<Buffer, Buffer>;
  private readonly meta: Database<Topic, string>;
  private readonly topics = new Map<string, Topic>();
  private readonly places = new Map<string, Place>();
  private readonly listeners = new Set<(topic: string, partition: number) => void>();
  private readonly clock: Clock;
  private readonly limitBytes: number;
  private usedBytes: number;
  private closed = false;
  private closing: Promise<unknown> = Promise.resolve();

  private constructor(environment: RootDatabase<Buffer, Buffer>, clock: Clock, limitBytes: number) {
    this.environment = environment;
    this.records = environment.openDB<Buffer, Buffer>({ name: 'records', keyEncoding: 'binary', encoding: 'binary' });
    this.meta = environment.openDB<Topic, string>({ name: 'topics', encoding: 'json' });
    this.clock = clock;
    this.limitBytes = limitBytes;
    for (const { key, value } of this.meta.getRange()) this.remember(key, value);
    this.usedBytes = this.bytesInPages();
  }

  /** Opens or makes the log at `path`. Throws DATA_UNWRITABLE or DISK_FULL when the disk refuses. */
  static async open(options: {
    readonly path: string;
    readonly clock: Clock;
    readonly limitBytes: number;
  }): Promise<LmdbLog> {
    try {
      // The map may grow beyond the limit: the limit is kept by `append`, which knows what to say.
      const environment = openEnvironment<Buffer, Buffer>({
        path: options.path,
        compression: false,
        mapSize: Math.ceil((options.limitBytes * 2) / 4096) * 4096,
        keyEncoding: 'binary',
        encoding: 'binary',
      });
      return new LmdbLog(environment, options.clock, options.limitBytes);
    } catch (error) {
      throw diskError(options.path, error);
    }
  }

  private remember(name: string, topic: Topic): void {
    this.topics.set(name, topic);
    for (let partition = 0; partition < topic.partitions; partition++) {
      const [last] = this.records.getRange({
        start: recordKey(topic.number, partition, Number.MAX_SAFE_INTEGER),
        end: recordKey(topic.number, partition, 0),
        reverse: true,
        limit: 1,
        inclusiveEnd: true,
      } as never);
      const record = last === undefined ? null : decodeRecord(last.key, last.value);
      const end = record === null ? 0 : record.offset + 1;
      this.places.set(`${name}/${partition}`, {
        topicNumber: topic.number,
        assigned: end,
        durable: end,
        lastAppendMs: record?.appendMs ?? 0,
      });
    }
  }

  /** Pages in use, not the file: freed pages are used again. */
  private bytesInPages(): number {
    const stats = this.environment.getStats() as { pageSize?: number; lastPageNumber?: number };
    return (stats.pageSize ?? 4096) * ((stats.lastPageNumber ?? 0) + 1);
  }

  async createTopic(topic: string, partitions: number): Promise<void> {
    this.assertOpen();
    const known = this.topics.get(topic);
    if (known !== undefined) {
      if (known.partitions !== partitions) throw partitionsChanged(topic, known.partitions, partitions);
      return;
    }
    const entry: Topic = { number: this.topics.size, identity: randomUUID(), partitions };
    this.remember(topic, entry);
    await this.meta.put(topic, entry);
    await this.environment.flushed;
  }

  async describeTopic(topic: string): Promise<TopicDescription | null> {
    this.assertOpen();
    const known = this.topics.get(topic);
    return known === undefined ? null : { partitions: known.partitions, identity: known.identity };
  }

  async append(records: readonly AppendRecord[]): Promise<number[]> {
    this.assertOpen();
    const places = records.map(({ topic, partition }) => this.place(topic, partition));
    const bytes = records.reduce(
      (sum, { key, value }) => sum + (key?.length ?? 0) + value.length + RECORD_OVERHEAD_BYTES,
      0,
    );
    if (this.usedBytes + bytes > this.limitBytes) throw logFull(this.usedBytes, this.limitBytes);
    this.usedBytes += bytes;
    const nowMs = this.clock.nowMs();
    const offsets = records.map((_, i) => places[i]!.assigned++);
    const written = this.write(records, places, offsets, nowMs);
    this.closing = written.catch(() => {});
    await written;
    // Only now on disk: promise 2 and 3. Appends become durable in their order.
    records.forEach((_, i) => (places[i]!.durable = Math.max(places[i]!.durable, offsets[i]! + 1)));
    const told = new Set<string>();
    for (const { topic, partition } of records) {
      const name = `${topic}/${partition}`;
      if (told.has(name)) continue;
      told.add(name);
      for (const listener of this.listeners) listener(topic, partition);
    }
    return offsets;
  }

  private async write(
    records: readonly AppendRecord[],
    places: readonly Place[],
    offsets: readonly number[],
    nowMs: number,
  ): Promise<void> {
    try {
      const committed = this.environment.batch(() => {
        records.forEach(({ partition, key, value }, i) => {
          const place = places[i]!;
          place.lastAppendMs = Math.max(nowMs, place.lastAppendMs);
          void this.records.put(
            recordKey(place.topicNumber, partition, offsets[i]!),
            encodeRecord(place.lastAppendMs, key, value),
          );
        });
      });
      await committed;
      await this.environment.flushed;
    } catch (error) {
      // What later appends assigned rests on these offsets: nothing may follow a gap.
      this.closed = true;
      throw diskError('the log', error);
    }
  }

  async read(topic: string, partition: number, fromOffset: number, limits: ReadLimits): Promise<LogRecord[]> {
    this.assertOpen();
    const place = this.place(topic, partition);
    if (fromOffset < 0 || fromOffset > place.durable) throw outOfRange(topic, partition, fromOffset, place.durable);
    const result: LogRecord[] = [];
    if (fromOffset === place.durable) return result;
    let bytes = 0;
    const range = {
      start: recordKey(place.topicNumber, partition, fromOffset),
      end: recordKey(place.topicNumber, partition, place.durable),
      limit: limits.recordsMax,
    };
    for (const { key, value } of this.records.getRange(range)) {
      bytes += value.length;
      if (result.length > 0 && bytes > limits.bytesMax) break;
      result.push(decodeRecord(key, value));
    }
    return result;
  }

  async endOffset(topic: string, partition: number): Promise<number> {
    this.assertOpen();
    return this.place(topic, partition).durable;
  }

  onAppend(listener: (topic: string, partition: number) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  size(): { readonly usedBytes: number; readonly limitBytes: number } {
    return { usedBytes: this.usedBytes, limitBytes: this.limitBytes };
  }

  async close(): Promise<void> {
    if (this.closed) return;
    this.closed = true;
    await this.closing;
    await this.environment.flushed;
    await this.environment.close();
  }

  private place(topic: string, partition: number): Place {
    const place = this.places.get(`${topic}/${partition}`);
    if (place === undefined) throw topicUnknown(`${topic}/${partition}`);
    return place;
  }

  private assertOpen(): void {
    if (this.closed) throw logClosed();
  }
}

function diskError(path: string, error: unknown): unknown {
  if (error instanceof TaktError) return error;
  const text = `${(error as { code?: string }).code ?? ''} ${(error as Error).message}`;
  if (/ENOSPC|No space|MDB_MAP_FULL/i.test(text)) {
    return new TaktError(
      'DISK_FULL',
      `${path}: no space left; nothing was written.\nFree some space and start again.`,
      { cause: error },
    );
  }
  if (/EACCES|EROFS|EPERM|Permission|Read-only/i.test(text)) {
    return new TaktError(
      'DATA_UNWRITABLE',
      `${path} cannot be written: ${(error as Error).message}.\nGive this user write permission, or use another directory with --data DIR.`,
      { cause: error },
    );
  }
  return error;
}
