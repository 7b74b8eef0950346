/**
 * The event log: named topics of numbered partitions, each an append-only sequence of records.
 *
 * What every adapter promises (test/contract/event-log.ts has one test per number):
 * 1. Offsets of a partition start at 0, rise by one per record and are never given twice.
 * 2. `append` resolves with the offsets, in the order of its records, only after all of them are durable.
 * 3. A record is readable only once it is durable, and then until it is cut, with the bytes that were appended.
 * 4. The records of one `append` to one partition are contiguous, in their order, and become readable together.
 * 5. Append time is the log's clock in integer milliseconds and never falls within a partition.
 * 6. `read` returns records from `fromOffset` on, in order, without gaps, at most the limits (one record always passes);
 *    it may return fewer than there are, but nothing only at the end.
 * 7. Reading from the end returns nothing at once; reading outside the log fails with LOG_OFFSET_OUT_OF_RANGE.
 * 8. `createTopic` is idempotent; another partition count fails with LOG_PARTITIONS_CHANGED.
 * 9. A topic keeps one identity for life; a recreated topic has another.
 * 10. `onAppend` listeners are called after records became readable, and not after they were removed.
 * 11. Above its size limit, if it has one, `append` fails with LOG_FULL (retryable) and nothing is written.
 * 12. After `close`, every call fails with LOG_CLOSED; what was appended before is there on reopening (durable adapters).
 * 13. `cut` lets records below an offset go, or some of them, never the last one of a partition: reading those that are gone
 *     fails with LOG_OFFSET_OUT_OF_RANGE; the others, their offsets and the append time go on as before, also on reopening.
 */
export interface EventLog {
  createTopic(topic: string, partitions: number): Promise<void>;
  /** Partition count and identity of a topic, or null where it does not exist. */
  describeTopic(topic: string): Promise<TopicDescription | null>;
  append(records: readonly AppendRecord[]): Promise<number[]>;
  read(topic: string, partition: number, fromOffset: number, limits: ReadLimits): Promise<LogRecord[]>;
  /** Says that somebody will read from there next: a log that reads ahead, as some do, may begin. */
  expectReader?(topic: string, partition: number, fromOffset: number): void;
  /** The offset that the next record of the partition will get. */
  endOffset(topic: string, partition: number): Promise<number>;
  /** Lets go of what no reader needs any more. Absent: the log's keeping is others' to say. */
  cut?(topic: string, partition: number, belowOffset: number): Promise<void>;
  /** Calls back with the places that got records; returns what removes the listener. */
  onAppend(listener: (topic: string, partition: number) => void): () => void;
  /** Bytes on disk (or in memory), and the limit above which `append` is refused; null for a log without a limit of its own. */
  size(): LogSize | null;
  close(): Promise<void>;
}

export interface LogSize {
  readonly usedBytes: number;
  readonly limitBytes: number;
}

export interface TopicDescription {
  readonly partitions: number;
  readonly identity: string;
}

export interface AppendRecord {
  readonly topic: string;
  readonly partition: number;
  readonly key: Uint8Array | null;
  readonly value: Uint8Array;
}

export interface LogRecord {
  readonly offset: number;
  readonly appendMs: number;
  readonly key: Uint8Array | null;
  readonly value: Uint8Array;
}

export interface ReadLimits {
  readonly recordsMax: number;
  readonly bytesMax: number;
}
