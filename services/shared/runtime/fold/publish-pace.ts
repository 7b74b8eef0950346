/** A publish may take up to one part in so many of the time; longer ones come more seldom. */
const DUTY = 3;
/** Values of a busy process are not kept back for longer than this. */
const PAUSE_MS_MAX = 500;

/**
 * When a stage publishes next: at most every so many milliseconds, and more seldom while publishing takes long. What is
 * published less often is less for the log and for those who read it, so that a busy process does not fall behind.
 */
export class PublishPace {
  private readonly everyMs: number;
  private nextMs = 0;

  /** 0: at the end of every batch, whatever it takes. */
  constructor(everyMs: number) {
    this.everyMs = everyMs;
  }

  isDue(nowMs: number): boolean {
    return nowMs >= this.nextMs;
  }

  /** One began and ended at these times. */
  published(startMs: number, endMs: number): void {
    if (this.everyMs === 0) return;
    const pauseMs = Math.min(DUTY * (endMs - startMs), PAUSE_MS_MAX);
    this.nextMs = startMs + Math.max(this.everyMs, pauseMs);
  }

  /** How long to wait for the next one, ms; null: it depends on no time. */
  waitMs(nowMs: number): number | null {
    return this.everyMs === 0 ? null : this.nextMs - nowMs;
  }
}
