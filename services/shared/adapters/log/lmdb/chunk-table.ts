import type { Database, RootDatabase } from 'lmdb';
import type { AppendRecord, LogRecord } from '../../../ports/event-log.ts';
import {
  appendMsOfChunk,
  chunkKey,
  cutChunks,
  decodeChunk,
  encodeChunk,
  endOfChunk,
  offsetOfKey,
  partitionPrefix,
} from './record-layout.ts';

/** A chunk as LMDB keeps it, with LMDB's own bytes. */
interface ChunkEntry {
  readonly key: Buffer;
  readonly value: Buffer;
}

/** What LMDB tells of a database. */
interface PageCounts {
  readonly pageSize: number;
  readonly treeBranchPageCount: number;
  readonly treeLeafPageCount: number;
  readonly overflowPages: number;
}

/** The records of all partitions in one LMDB database, in chunks that begin with their first offset. */
export class ChunkTable {
  private readonly chunks: Database<Buffer, Buffer>;

  constructor(environment: RootDatabase<Buffer, Buffer>) {
    this.chunks = environment.openDB<Buffer, Buffer>({ name: 'chunks', keyEncoding: 'binary', encoding: 'binary' });
  }

  /** The offset behind a partition's last record, and that record's append time in ms; both 0 without records. */
  tail(topicNumber: number, partition: number): { readonly end: number; readonly appendMs: number } {
    const last = this.last(topicNumber, partition, Number.MAX_SAFE_INTEGER);
    if (last === undefined) return { end: 0, appendMs: 0 };
    return { end: endOfChunk(last.key, last.value), appendMs: appendMsOfChunk(last.value) };
  }

  /** The offset of a partition's first record that is kept; 0 without records. */
  start(topicNumber: number, partition: number): number {
    const [first] = this.chunks.getKeys({
      start: chunkKey(topicNumber, partition, 0),
      end: chunkKey(topicNumber, partition, Number.MAX_SAFE_INTEGER),
      limit: 1,
    });
    return first === undefined ? 0 : offsetOfKey(first);
  }

  /**
   * Removes chunks from `startOffset` on that end at or before `belowOffset`, at most `chunksMax`, never the last of the
   * partition; to be called within a transaction. Gives where the partition begins now, and whether more could go.
   */
  remove(
    topicNumber: number,
    partition: number,
    startOffset: number,
    belowOffset: number,
    chunksMax: number,
  ): { readonly removed: readonly Promise<boolean>[]; readonly startOffset: number; readonly more: boolean } {
    const keys = [
      ...this.chunks.getKeys({
        start: chunkKey(topicNumber, partition, startOffset),
        end: chunkKey(topicNumber, partition, belowOffset + 1),
        limit: chunksMax + 1,
      }),
    ].map((key) => Buffer.from(key));
    // A chunk ends where the next one begins; the last of these keys is only that.
    const going = keys.slice(0, -1);
    const start = keys.at(-1);
    return {
      removed: going.map((key) => this.chunks.remove(key)),
      startOffset: start === undefined ? startOffset : offsetOfKey(start),
      more: keys.length > chunksMax,
    };
  }

  /** Bytes of the pages that hold the chunks now. */
  get pageBytes(): number {
    const { pageSize, treeBranchPageCount, treeLeafPageCount, overflowPages } = this.chunks.getStats() as PageCounts;
    return pageSize * (treeBranchPageCount + treeLeafPageCount + overflowPages);
  }

  /** The last chunk that begins at or before `offset`. */
  private last(topicNumber: number, partition: number, offset: number): ChunkEntry | undefined {
    const [last] = this.chunks.getRange({
      start: chunkKey(topicNumber, partition, offset),
      end: partitionPrefix(topicNumber, partition),
      reverse: true,
      limit: 1,
    });
    return last;
  }

  /** The records of a partition from `fromOffset` on; of chunks that begin at or behind `endOffset` none. */
  *records(topicNumber: number, partition: number, fromOffset: number, endOffset: number): Generator<LogRecord> {
    for (const { key, value } of this.from(topicNumber, partition, fromOffset, endOffset))
      for (const record of decodeChunk(key, value).records) if (record.offset >= fromOffset) yield record;
  }

  private *from(topicNumber: number, partition: number, fromOffset: number, endOffset: number): Generator<ChunkEntry> {
    const end = chunkKey(topicNumber, partition, endOffset);
    // Who reads on begins where a chunk does: one search is enough.
    let aligned = false;
    for (const entry of this.chunks.getRange({ start: chunkKey(topicNumber, partition, fromOffset), end })) {
      if (!aligned && offsetOfKey(entry.key) !== fromOffset) break;
      aligned = true;
      yield entry;
    }
    if (aligned) return;
    const first = this.last(topicNumber, partition, fromOffset);
    if (first !== undefined) yield* this.chunks.getRange({ start: Buffer.from(first.key), end });
  }

  /** Puts records, the first at `offset`; each promise is that of one put within the transaction. */
  put(
    topicNumber: number,
    partition: number,
    offset: number,
    appendMs: number,
    records: readonly AppendRecord[],
  ): Promise<boolean>[] {
    const puts: Promise<boolean>[] = [];
    let at = offset;
    for (const chunk of cutChunks(records)) {
      puts.push(this.chunks.put(chunkKey(topicNumber, partition, at), encodeChunk(appendMs, chunk)));
      at += chunk.length;
    }
    return puts;
  }
}
