import type { AppendRecord, EventLog, LogRecord, LogSize, ReadLimits, TopicDescription } from '../ports/event-log.ts';

/** By topic and partition: an offset as rows have it, less the offset in the topic. */
export type Shifts = ReadonlyMap<string, readonly number[]>;

/**
 * A log whose offsets go on from one epoch to the next: a topic that was made again begins where the rows of the one
 * before it end. Folds and store see nothing of epochs.
 */
export class EpochLog implements EventLog {
  private readonly log: EventLog;
  private readonly shifts: Shifts;

  constructor(log: EventLog, shifts: Shifts) {
    this.log = log;
    this.shifts = shifts;
  }

  private shiftOf(topic: string, partition: number): number {
    return this.shifts.get(topic)?.[partition] ?? 0;
  }

  createTopic(topic: string, partitions: number): Promise<void> {
    return this.log.createTopic(topic, partitions);
  }

  describeTopic(topic: string): Promise<TopicDescription | null> {
    return this.log.describeTopic(topic);
  }

  async append(records: readonly AppendRecord[]): Promise<number[]> {
    const offsets = await this.log.append(records);
    return offsets.map((offset, i) => offset + this.shiftOf(records[i]!.topic, records[i]!.partition));
  }

  async read(topic: string, partition: number, fromOffset: number, limits: ReadLimits): Promise<LogRecord[]> {
    const shift = this.shiftOf(topic, partition);
    const records = await this.log.read(topic, partition, fromOffset - shift, limits);
    return shift === 0 ? records : records.map((record) => ({ ...record, offset: record.offset + shift }));
  }

  expectReader(topic: string, partition: number, fromOffset: number): void {
    this.log.expectReader?.(topic, partition, fromOffset - this.shiftOf(topic, partition));
  }

  async endOffset(topic: string, partition: number): Promise<number> {
    return (await this.log.endOffset(topic, partition)) + this.shiftOf(topic, partition);
  }

  onAppend(listener: (topic: string, partition: number) => void): () => void {
    return this.log.onAppend(listener);
  }

  size(): LogSize | null {
    return this.log.size();
  }

  close(): Promise<void> {
    return this.log.close();
  }
}
