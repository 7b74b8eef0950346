import type { LogRecord, ReadLimits } from '../../../ports/event-log.ts';
import type { FetchedPartition } from './fetched.ts';
import { topicSettings } from './kafka-errors.ts';

/** Bytes of fetched batches that wait to be read; above it a cursor fetches nothing. */
const READY_BYTES_MAX = 4 * 1024 * 1024;

/** Where one reader of a partition is, and what was fetched ahead of it. */
export class ReadCursor {
  readonly topic: string;
  readonly partition: number;
  /** The offset that the reader asks for next. */
  position: number;
  /** From where to fetch next. */
  fetchOffset: number;
  /** The offset behind the last record known to be readable; null before it was told. */
  end: number | null = null;
  private readonly fetched: FetchedPartition[] = [];
  private fetchedBytes = 0;
  /** Decoded, from `taken` on not read yet. */
  private decoded: readonly LogRecord[] = [];
  private taken = 0;
  private failure: { readonly error: unknown } | null = null;
  private waiters: (() => void)[] = [];

  constructor(topic: string, partition: number, position: number) {
    this.topic = topic;
    this.partition = partition;
    this.position = position;
    this.fetchOffset = position;
  }

  get wantsMore(): boolean {
    return this.fetchedBytes < READY_BYTES_MAX && this.failure === null;
  }

  /** Whether a reader waits for what comes. */
  get isAwaited(): boolean {
    return this.waiters.length > 0;
  }

  /** Records from the position on; empty where none was fetched. Throws what a fetch failed with, once. */
  take(limits: ReadLimits): readonly LogRecord[] {
    if (this.failure !== null) {
      const { error } = this.failure;
      this.failure = null;
      throw error;
    }
    if (this.taken === this.decoded.length) this.decodeNext();
    const from = this.taken;
    let bytes = 0;
    while (this.taken < this.decoded.length) {
      bytes += this.decoded[this.taken]!.value.length;
      if (this.taken > from && (bytes > limits.bytesMax || this.taken - from >= limits.recordsMax)) break;
      this.taken++;
    }
    if (this.taken > from) this.position = this.decoded[this.taken - 1]!.offset + 1;
    return this.decoded.slice(from, this.taken);
  }

  /** One fetched piece at a time: as much as a fetch brings, decoded at once, would hold up everything else. */
  private decodeNext(): void {
    while (this.taken === this.decoded.length && this.fetched.length > 0) {
      const piece = this.fetched.shift()!;
      this.fetchedBytes -= piece.bytes;
      const { records, hasCreateTime } = piece.decode(this.position);
      if (hasCreateTime) throw topicSettings(this.topic, 'message.timestamp.type=CreateTime', 'LogAppendTime');
      this.decoded = records;
      this.taken = 0;
      // Behind what is no record, such as the marks of somebody's transaction.
      if (records.length === 0) this.position = Math.max(this.position, piece.nextOffset ?? 0);
    }
  }

  /** What a fetch from `fetchOffset` brought. */
  deliver(piece: FetchedPartition): void {
    this.end = Math.max(this.end ?? 0, piece.end);
    if (piece.nextOffset !== null && piece.nextOffset > this.fetchOffset) {
      this.fetchOffset = piece.nextOffset;
      this.fetched.push(piece);
      this.fetchedBytes += piece.bytes;
    }
    this.wakeReaders();
  }

  /** The next `take` throws it; how far the log goes is not known any more. */
  fail(error: unknown): void {
    this.end = null;
    if (this.isAwaited) this.failure = { error };
    this.wakeReaders();
  }

  /** Nobody fetches for it any more: its reader goes on with another one. */
  giveUp(): void {
    this.wakeReaders();
  }

  private wakeReaders(): void {
    const waiters = this.waiters;
    this.waiters = [];
    for (const resolve of waiters) resolve();
  }

  /** Resolves when a fetch brought something, or that there is nothing, or failed. */
  arrival(): Promise<void> {
    return new Promise((resolve) => this.waiters.push(resolve));
  }
}
