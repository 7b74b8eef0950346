import type { Codec } from '../shared/core/codec.ts';
import type { Clock } from '../shared/ports/clock.ts';
import type { EventLog } from '../shared/ports/event-log.ts';
import type { Place } from '../shared/ports/group.ts';

/** A partition silent for this long gets a tick. */
export const TICK_AFTER_MS = 1_000;

/** Ticks that a place gets whose time is to stand still again after each event. */
const LAST_TICKS = 4;

/**
 * Appends a tick to each partition that was silent for a second, so that time passes without events. A place that is
 * `still` gets only the few that end what its last event began: an idle takt then has nothing to do there.
 */
export class Ticker {
  private readonly log: EventLog;
  private readonly codec: Codec;
  private readonly clock: Clock;
  private readonly places: () => readonly Place[];
  private readonly isStill: (topic: string) => boolean;
  /** Ticks since the last append of another, by still place. */
  private readonly ticks = new Map<string, number>();
  private ticking = false;
  private readonly lastAppendMs = new Map<string, number>();
  private readonly stopped = new AbortController();

  constructor(options: {
    readonly log: EventLog;
    readonly codec: Codec;
    readonly clock: Clock;
    /** Those of this process now. */
    readonly places: () => readonly Place[];
    readonly isStill: (topic: string) => boolean;
  }) {
    this.log = options.log;
    this.codec = options.codec;
    this.clock = options.clock;
    this.places = options.places;
    this.isStill = options.isStill;
  }

  /** Runs until `stop`. A failed tick is left to the next round: silence goes on. */
  async run(): Promise<void> {
    const remove = this.log.onAppend((topic, partition) => {
      this.lastAppendMs.set(`${topic}/${partition}`, this.clock.nowMs());
      if (!this.ticking) this.ticks.delete(`${topic}/${partition}`);
    });
    const value = this.codec.encode({ type: 'tick' });
    while (!this.stopped.signal.aborted) {
      await this.clock.sleep(TICK_AFTER_MS, this.stopped.signal);
      if (this.stopped.signal.aborted) break;
      const nowMs = this.clock.nowMs();
      const silent = this.places().filter((place) => this.isDue(place, nowMs));
      const records = silent.map(({ topic, partition }) => ({ topic, partition, key: null, value }));
      if (records.length === 0) continue;
      this.ticking = true;
      await this.log.append(records).catch(() => []);
      this.ticking = false;
    }
    remove();
  }

  private isDue(place: Place, nowMs: number): boolean {
    const key = `${place.topic}/${place.partition}`;
    if (nowMs - (this.lastAppendMs.get(key) ?? 0) < TICK_AFTER_MS) return false;
    if (!this.isStill(place.topic)) return true;
    const ticks = this.ticks.get(key) ?? 0;
    this.ticks.set(key, ticks + 1);
    return ticks < LAST_TICKS;
  }

  stop(): void {
    this.stopped.abort();
  }
}
