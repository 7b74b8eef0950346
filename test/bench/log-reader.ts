import { join } from 'node:path';
import { type Database, open, type RootDatabase } from 'lmdb';
import {
  chunkKey,
  decodeChunk,
  endOfChunk,
  partitionPrefix,
} from '../../services/shared/adapters/log/lmdb/record-layout.ts';
import type { LogRecord } from '../../services/shared/ports/event-log.ts';

interface Topic {
  readonly number: number;
  readonly partitions: number;
}

/** Reads the log of a takt that may be running in another process; writes nothing. */
export class LogReader {
  private readonly environment: RootDatabase<Buffer, Buffer>;
  private readonly chunks: Database<Buffer, Buffer>;
  private readonly topics: Database<Topic, string>;

  private constructor(environment: RootDatabase<Buffer, Buffer>) {
    this.environment = environment;
    this.chunks = environment.openDB<Buffer, Buffer>({ name: 'chunks', keyEncoding: 'binary', encoding: 'binary' });
    this.topics = environment.openDB<Topic, string>({ name: 'topics', encoding: 'json' });
  }

  /** Opens the log of a data directory. */
  static open(data: string): LogReader {
    const path = join(data, 'log');
    return new LogReader(
      open<Buffer, Buffer>({ path, noSubdir: false, readOnly: true, keyEncoding: 'binary', encoding: 'binary' }),
    );
  }

  /** The number of the last transaction that can be read; what is read after this call is at least that new. */
  lastTransaction(): number {
    this.environment.resetReadTxn();
    return (this.environment.getStats() as { readonly lastTxnId: number }).lastTxnId;
  }

  partitionsOf(topic: string): number {
    return this.topic(topic).partitions;
  }

  private topic(name: string): Topic {
    const topic = this.topics.get(name);
    if (topic === undefined) throw new Error(`the log has no topic ${name}`);
    return topic;
  }

  /** The offset behind the last record of a partition. */
  endOffset(topic: string, partition: number): number {
    const last = this.lastChunk(topic, partition, Number.MAX_SAFE_INTEGER);
    return last === undefined ? 0 : endOfChunk(last.key, last.value);
  }

  private lastChunk(topic: string, partition: number, offset: number): { key: Buffer; value: Buffer } | undefined {
    const { number } = this.topic(topic);
    const start = chunkKey(number, partition, offset);
    const [last] = this.chunks.getRange({ start, end: partitionPrefix(number, partition), reverse: true, limit: 1 });
    return last;
  }

  /** All records of a partition from an offset on. */
  *read(topic: string, partition: number, fromOffset: number): Generator<LogRecord> {
    const first = this.lastChunk(topic, partition, fromOffset);
    if (first === undefined) return;
    const range = {
      start: Buffer.from(first.key),
      end: chunkKey(this.topic(topic).number, partition, Number.MAX_SAFE_INTEGER),
    };
    for (const { key, value } of this.chunks.getRange(range))
      for (const record of decodeChunk(key, value).records) if (record.offset >= fromOffset) yield record;
  }

  async close(): Promise<void> {
    await this.environment.close();
  }
}
