import { join } from 'node:path';
import { type Database, open, type RootDatabase } from 'lmdb';
import { ChunkTable } from '../../services/shared/adapters/log/lmdb/chunk-table.ts';
import type { LogRecord } from '../../services/shared/ports/event-log.ts';

interface Topic {
  readonly number: number;
  readonly partitions: number;
}

/** Reads the log of a takt that may be running in another process; writes nothing. */
export class LogReader {
  private readonly environment: RootDatabase<Buffer, Buffer>;
  private readonly chunks: ChunkTable;
  private readonly topics: Database<Topic, string>;

  private constructor(environment: RootDatabase<Buffer, Buffer>) {
    this.environment = environment;
    this.chunks = new ChunkTable(environment);
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
    return this.chunks.tail(this.topic(topic).number, partition).end;
  }

  /** All records of a partition from an offset on. */
  read(topic: string, partition: number, fromOffset: number): Generator<LogRecord> {
    return this.chunks.records(this.topic(topic).number, partition, fromOffset, Number.MAX_SAFE_INTEGER);
  }

  async close(): Promise<void> {
    await this.environment.close();
  }
}
