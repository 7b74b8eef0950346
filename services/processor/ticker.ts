import type { Codec } from '../shared/core/codec.ts';
import type { Clock } from '../shared/ports/clock.ts';
import type { EventLog } from '../shared/ports/event-log.ts';

/** A partition silent for this long gets a tick. */
export const TICK_AFTER_MS = 1_000;

interface Place {
  readonly topic: string;
  readonly partition: number;
}

/** Appends a tick to each partition that was silent for a second, so that time passes without events. */
export class Ticker {
  private readonly log: EventLog;
  private readonly codec: Codec;
  private readonly clock: Clock;
  private readonly places: readonly Place[];
  private readonly lastAppendMs = new Map<string, number>();
  private readonly stopped = new AbortController();

  constructor(options: {
    readonly log: EventLog;
    readonly codec: Codec;
    readonly clock: Clock;
    readonly places: readonly Place[];
  }) {
    this.log = options.log;
    this.codec = options.codec;
    this.clock = options.clock;
    this.places = options.places;
  }

  /** Runs until `stop`. A failed tick is left to the next round: silence goes on. */
  async run(): Promise<void> {
    const remove = this.log.onAppend((topic, partition) =>
      this.lastAppendMs.set(`${topic}/${partition}`, this.clock.nowMs()),
    );
    const value = this.codec.encode({ type: 'tick' });
    while (!this.stopped.signal.aborted) {
      await this.clock.sleep(TICK_AFTER_MS, this.stopped.signal);
      if (this.stopped.signal.aborted) break;
      const nowMs = this.clock.nowMs();
      const silent = this.places.filter(
        ({ topic, partition }) => nowMs - (this.lastAppendMs.get(`${topic}/${partition}`) ?? 0) >= TICK_AFTER_MS,
      );
      const records = silent.map(({ topic, partition }) => ({ topic, partition, key: null, value }));
      if (records.length > 0) await this.log.append(records).catch(() => []);
    }
    remove();
  }

  stop(): void {
    this.stopped.abort();
  }
}
