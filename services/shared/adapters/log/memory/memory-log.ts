import type { Clock } from '../../../ports/clock.ts';
import type { AppendRecord, EventLog, LogRecord, ReadLimits, TopicDescription } from '../../../ports/event-log.ts';
import { logClosed, logFull, outOfRange, partitionsChanged, topicUnknown } from '../log-errors.ts';

/** Those from `start` on. */
interface Place {
  readonly records: LogRecord[];
  start: number;
}

interface Topic {
  readonly identity: string;
  readonly partitions: Place[];
}

/** Of all logs of this process: the same topic in another log has another identity, and a seed repeats it. */
let created = 0;

/** An event log in memory: for tests and the simulation. */
export class MemoryLog implements EventLog {
  private readonly topics = new Map<string, Topic>();
  private readonly listeners = new Set<(topic: string, partition: number) => void>();
  private readonly clock: Clock;
  private readonly limitBytes: number;
  private usedBytes = 0;
  private closed = false;

  constructor(options: { readonly clock: Clock; readonly limitBytes?: number }) {
    this.clock = options.clock;
    this.limitBytes = options.limitBytes ?? Infinity;
  }

  async createTopic(topic: string, partitions: number): Promise<void> {
    this.assertOpen();
    const known = this.topics.get(topic);
    if (known === undefined) {
      this.topics.set(topic, {
        identity: String(++created),
        partitions: Array.from({ length: partitions }, () => ({ records: [], start: 0 })),
      });
    } else if (known.partitions.length !== partitions)
      throw partitionsChanged(topic, known.partitions.length, partitions);
  }

  async describeTopic(topic: string): Promise<TopicDescription | null> {
    this.assertOpen();
    const known = this.topics.get(topic);
    return known === undefined ? null : { partitions: known.partitions.length, identity: known.identity };
  }

  async append(records: readonly AppendRecord[]): Promise<number[]> {
    this.assertOpen();
    const places = records.map(({ topic, partition }) => this.place(topic, partition));
    const bytes = records.reduce((sum, record) => sum + bytesOf(record), 0);
    if (this.usedBytes + bytes > this.limitBytes) throw logFull(this.usedBytes, this.limitBytes);
    this.usedBytes += bytes;
    const nowMs = this.clock.nowMs();
    const offsets = records.map(({ key, value }, i) => {
      const place = places[i]!;
      const appendMs = Math.max(nowMs, place.records.at(-1)?.appendMs ?? 0);
      place.records.push({
        offset: endOf(place),
        appendMs,
        key: key === null ? null : Buffer.from(key),
        value: Buffer.from(value),
      });
      return endOf(place) - 1;
    });
    this.tell(records);
    return offsets;
  }

  private tell(records: readonly AppendRecord[]): void {
    const told = new Set<string>();
    for (const { topic, partition } of records) {
      const place = `${topic}/${partition}`;
      if (told.has(place)) continue;
      told.add(place);
      for (const listener of this.listeners) listener(topic, partition);
    }
  }

  async read(topic: string, partition: number, fromOffset: number, limits: ReadLimits): Promise<LogRecord[]> {
    this.assertOpen();
    const place = this.place(topic, partition);
    const { start, records } = place;
    const end = endOf(place);
    if (!(fromOffset >= start && fromOffset <= end)) throw outOfRange(topic, partition, fromOffset, end);
    const result: LogRecord[] = [];
    let bytes = 0;
    const recordsMax = Math.max(1, limits.recordsMax);
    for (let i = fromOffset - start; i < records.length && result.length < recordsMax; i++) {
      bytes += bytesOf(records[i]!);
      if (result.length > 0 && bytes > limits.bytesMax) break;
      result.push(records[i]!);
    }
    return result;
  }

  async endOffset(topic: string, partition: number): Promise<number> {
    this.assertOpen();
    return endOf(this.place(topic, partition));
  }

  async cut(topic: string, partition: number, belowOffset: number): Promise<void> {
    this.assertOpen();
    const place = this.place(topic, partition);
    const count = Math.min(belowOffset - place.start, place.records.length - 1);
    if (count <= 0) return;
    for (const record of place.records.splice(0, count)) this.usedBytes -= bytesOf(record);
    place.start += count;
  }

  onAppend(listener: (topic: string, partition: number) => void): () => void {
    this.assertOpen();
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  size(): { readonly usedBytes: number; readonly limitBytes: number } {
    this.assertOpen();
    return { usedBytes: this.usedBytes, limitBytes: this.limitBytes };
  }

  async close(): Promise<void> {
    this.closed = true;
  }

  private place(topic: string, partition: number): Place {
    const place = this.topics.get(topic)?.partitions[partition];
    if (place === undefined) throw topicUnknown(`${topic}/${partition}`);
    return place;
  }

  private assertOpen(): void {
    if (this.closed) throw logClosed();
  }
}

function endOf({ start, records }: Place): number {
  return start + records.length;
}

function bytesOf({ key, value }: Pick<LogRecord, 'key' | 'value'>): number {
  return (key?.length ?? 0) + value.length;
}
