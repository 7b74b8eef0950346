import type { Clock } from '../ports/clock.ts';
import type { EventLog } from '../ports/event-log.ts';
import type { PlaceOffset } from '../ports/group.ts';

/** How often it looks. */
const LOOK_EVERY_MS = 60_000;
/** Below this share of the log's limit nothing is cut: what is there can still be looked at. */
export const CUT_ABOVE_SHARE = 0.5;
/** Records of each partition that stay in any case: who only follows the end is never far from it. */
export const KEPT_RECORDS = 10_000;

/** Cuts a log below its slowest registered reader, once it is half full. What is read is stored: events in the archive. */
export class LogCutter {
  private readonly log: Pick<EventLog, 'cut' | 'endOffset' | 'size'>;
  private readonly clock: Clock;
  private readonly readers: () => Promise<readonly PlaceOffset[]>;
  private readonly onError: (error: unknown) => void;
  private readonly stopped = new AbortController();

  constructor(options: {
    readonly log: Pick<EventLog, 'cut' | 'endOffset' | 'size'>;
    readonly clock: Clock;
    /** The next record that each needs, also after a crash; a partition that nobody registered for is not cut. */
    readonly readers: () => Promise<readonly PlaceOffset[]>;
    readonly onError: (error: unknown) => void;
  }) {
    this.log = options.log;
    this.clock = options.clock;
    this.readers = options.readers;
    this.onError = options.onError;
  }

  /** Runs until `stop`. What fails is left to the next look. */
  async run(): Promise<void> {
    const { signal } = this.stopped;
    while (!signal.aborted) {
      await this.clock.sleep(LOOK_EVERY_MS, signal);
      if (!signal.aborted) await this.look().catch(this.onError);
    }
  }

  /** Cuts what may go now, if it is time for it. */
  async look(): Promise<void> {
    const size = this.log.size();
    if (size === null || size.usedBytes < size.limitBytes * CUT_ABOVE_SHARE) return;
    const slowest = new Map<string, PlaceOffset>();
    for (const reader of await this.readers()) {
      const key = `${reader.topic}/${reader.partition}`;
      const known = slowest.get(key);
      if (known === undefined || reader.offset < known.offset) slowest.set(key, reader);
    }
    for (const { topic, partition, offset } of slowest.values()) {
      if (this.stopped.signal.aborted) return;
      const below = Math.min(offset, (await this.log.endOffset(topic, partition)) - KEPT_RECORDS);
      if (below > 0) await this.log.cut?.(topic, partition, below);
    }
  }

  stop(): void {
    this.stopped.abort();
  }
}
