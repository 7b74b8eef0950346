import type { Clock } from '../../shared/ports/clock.ts';
import type { EventLog } from '../../shared/ports/event-log.ts';
import type { PlaceOffset } from '../../shared/ports/group.ts';

/** Records of one read. */
const READ_LIMITS = { recordsMax: 2_000, bytesMax: 4 * 1024 * 1024 };
/** Looks for records at least this often even when nobody calls, and pauses this long after a failure. */
const IDLE_MAX_MS = 1_000;

interface TailOptions {
  readonly topic: string;
  readonly log: EventLog;
  readonly clock: Clock;
  /** So many records of each partition before its end are read again; default 0. */
  readonly backRecords?: number;
}

type Take = (value: Uint8Array, appendMs: number) => void;

/** Reads what is appended to a topic from the moment it is opened. It keeps no position: a reader of the present. */
export class TopicTail {
  private readonly options: TailOptions;
  private readonly next: number[];
  private stopping = false;
  private wake = new AbortController();

  private constructor(options: TailOptions, next: number[]) {
    this.options = options;
    this.next = next;
  }

  /** Notes where the topic's partitions end; a topic that does not exist yet is read from its start. */
  static async open(options: TailOptions): Promise<TopicTail> {
    const { topic, log, backRecords = 0 } = options;
    const partitions = (await log.describeTopic(topic))?.partitions ?? 0;
    const next: number[] = [];
    for (let partition = 0; partition < partitions; partition++)
      next.push(Math.max(0, (await log.endOffset(topic, partition)) - backRecords));
    return new TopicTail(options, next);
  }

  /** Hands on each record until `stop`; within a partition in order. */
  async run(take: Take): Promise<void> {
    const { topic, log, clock } = this.options;
    const remove = log.onAppend((appended) => {
      if (appended === topic) this.wake.abort();
    });
    try {
      while (!this.stopping) {
        this.wake = new AbortController();
        let read = 0;
        try {
          read = await this.step(take);
        } catch (error) {
          if (this.stopping) break;
          if ((error as { code?: unknown }).code === 'LOG_CLOSED') break;
          await clock.sleep(IDLE_MAX_MS, this.wake.signal);
        }
        await clock.sleep(read === 0 ? IDLE_MAX_MS : 0, this.wake.signal);
      }
    } finally {
      remove();
    }
  }

  private async step(take: Take): Promise<number> {
    const { topic, log } = this.options;
    if (this.next.length === 0)
      this.next.push(...Array.from({ length: (await log.describeTopic(topic))?.partitions ?? 0 }, () => 0));
    let read = 0;
    for (let partition = 0; partition < this.next.length; partition++) {
      for (const { offset, value, appendMs } of await log.read(topic, partition, this.next[partition]!, READ_LIMITS)) {
        this.next[partition] = offset + 1;
        take(value, appendMs);
        read++;
      }
    }
    return read;
  }

  /** What it has not read yet. */
  get places(): readonly PlaceOffset[] {
    const { topic } = this.options;
    return this.next.map((offset, partition) => ({ topic, partition, offset }));
  }

  stop(): void {
    this.stopping = true;
    this.wake.abort();
  }
}
