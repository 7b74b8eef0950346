import type { Clock } from '../../services/shared/ports/clock.ts';
import type { AppendRecord, EventLog, LogRecord, ReadLimits } from '../../services/shared/ports/event-log.ts';

const CHUNK_BYTES = 1024 * 1024;
/** What one record takes beside its bytes: where they are. */
export const PLACE_BYTES = 5 * 8;

/** Records of one partition, one behind the other in large buffers: millions of them are few objects. */
class PackedPartition {
  end = 0;
  private readonly chunks: (Buffer | null)[] = [];
  private used = CHUNK_BYTES;
  /** Of each record: its chunk, where it starts there, the length of its key (-1: none), its length and append time. */
  private readonly places: number[] = [];
  private readonly forgets: boolean;

  constructor(forgets: boolean) {
    this.forgets = forgets;
  }

  append(key: Uint8Array | null, value: Uint8Array, appendMs: number): number {
    const keyBytes = key?.length ?? 0;
    const bytes = keyBytes + value.length;
    if (this.used + bytes > CHUNK_BYTES) {
      this.chunks.push(Buffer.allocUnsafeSlow(Math.max(CHUNK_BYTES, bytes)));
      this.used = 0;
    }
    const chunk = this.chunks.at(-1)!;
    if (key !== null) chunk.set(key, this.used);
    chunk.set(value, this.used + keyBytes);
    const last = this.end === 0 ? 0 : this.places[this.end * 5 - 1]!;
    this.places.push(this.chunks.length - 1, this.used, key === null ? -1 : keyBytes, bytes, Math.max(last, appendMs));
    this.used += bytes;
    return this.end++;
  }

  read(fromOffset: number, { recordsMax, bytesMax }: ReadLimits): LogRecord[] {
    const result: LogRecord[] = [];
    let sum = 0;
    for (let offset = fromOffset; offset < this.end && result.length < recordsMax; offset++) {
      const [chunk, start, keyBytes, bytes, appendMs] = this.places.slice(offset * 5, offset * 5 + 5) as Place;
      sum += bytes;
      if (result.length > 0 && sum > bytesMax) break;
      const buffer = this.chunks[chunk]!;
      const valueStart = start + Math.max(0, keyBytes);
      const key = keyBytes < 0 ? null : buffer.subarray(start, valueStart);
      result.push({ offset, appendMs, key, value: buffer.subarray(valueStart, start + bytes) });
    }
    if (this.forgets && result.length > 0) this.forgetBefore(this.places[fromOffset * 5]!);
    return result;
  }

  private forgetBefore(chunk: number): void {
    for (let i = chunk - 1; i >= 0 && this.chunks[i] !== null; i--) this.chunks[i] = null;
  }
}

type Place = [chunk: number, start: number, keyBytes: number, bytes: number, appendMs: number];

/**
 * A log in memory that costs next to nothing beside what is measured. What was read of a topic that `forgets` names is
 * gone, as it is from the memory of a process whose log is elsewhere; of a topic that nobody reads nothing is kept.
 */
export class PackedLog implements EventLog {
  private readonly topics = new Map<string, PackedPartition[]>();
  private readonly listeners = new Set<(topic: string, partition: number) => void>();
  private readonly unread = new Map<string, number>();
  private readonly clock: Clock;
  private readonly forgets: (topic: string) => boolean;
  private readonly isRead: (topic: string) => boolean;

  constructor(options: {
    readonly clock: Clock;
    readonly forgets: (topic: string) => boolean;
    readonly isRead: (topic: string) => boolean;
  }) {
    this.clock = options.clock;
    this.forgets = options.forgets;
    this.isRead = options.isRead;
  }

  async createTopic(topic: string, partitions: number): Promise<void> {
    if (this.topics.has(topic)) return;
    const forgets = this.forgets(topic);
    this.topics.set(
      topic,
      Array.from({ length: partitions }, () => new PackedPartition(forgets)),
    );
  }

  async describeTopic(topic: string): Promise<{ readonly partitions: number; readonly identity: string } | null> {
    const known = this.topics.get(topic);
    return known === undefined ? null : { partitions: known.length, identity: topic };
  }

  /** Appends one record as it came at `appendMs`, without telling anybody. */
  load({ topic, partition, key, value }: AppendRecord, appendMs: number): void {
    this.place(topic, partition).append(key, value, appendMs);
  }

  async append(records: readonly AppendRecord[]): Promise<number[]> {
    const nowMs = this.clock.nowMs();
    const told = new Map<string, Set<number>>();
    const offsets = records.map(({ topic, partition, key, value }) => {
      const partitions = told.get(topic) ?? new Set();
      told.set(topic, partitions.add(partition));
      if (this.isRead(topic)) return this.place(topic, partition).append(key, value, nowMs);
      const place = `${topic}/${partition}`;
      const offset = this.unread.get(place) ?? 0;
      this.unread.set(place, offset + 1);
      return offset;
    });
    for (const [topic, partitions] of told)
      for (const partition of partitions) for (const listener of this.listeners) listener(topic, partition);
    return offsets;
  }

  async read(topic: string, partition: number, fromOffset: number, limits: ReadLimits): Promise<LogRecord[]> {
    return this.place(topic, partition).read(fromOffset, limits);
  }

  async endOffset(topic: string, partition: number): Promise<number> {
    return this.place(topic, partition).end;
  }

  onAppend(listener: (topic: string, partition: number) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  size(): null {
    return null;
  }

  async close(): Promise<void> {}

  private place(topic: string, partition: number): PackedPartition {
    const place = this.topics.get(topic)?.[partition];
    if (place === undefined) throw new Error(`there is no ${topic}/${partition}`);
    return place;
  }
}
