import type { WorkflowEvent } from '../../shared/core/event.ts';
import type { MovableClock, Standalone } from '../wiring.ts';

/** How often the clock is moved, in real milliseconds. */
const STEP_REAL_MS = 100;
/** A step of the played clock is at most this long, so that ticks and timers come in between. */
const STEP_MS_MAX = 10_000;
/** The clock stands still while the folds have not read so many records. */
const WAITING_MAX = 5_000;
/** Events that are appended at once. */
const BATCH_MAX = 2_000;
/** How long the clock goes on at speed after the last event: windows end, alerts resolve. */
export const TAIL_MS = 10 * 60_000;

/** How far a replay is. */
export interface ReplayProgress {
  readonly nowMs: number;
  readonly events: number;
  /** 0 to 1. */
  readonly share: number;
}

export interface PlayerOptions {
  readonly events: readonly WorkflowEvent[];
  readonly clock: MovableClock;
  readonly takt: Pick<Standalone, 'events' | 'status'>;
  readonly speed: number;
  readonly onProgress: (progress: ReplayProgress) => void;
}

/**
 * Plays events on a clock of their own: moves the clock as fast as asked for, appends each event when its time has come,
 * and lets the clock stand still while the folds are behind, so that windows, ticks and alerts are as they would have
 * been. The clock must stand where the events begin.
 */
export class Player {
  private readonly options: PlayerOptions;
  private next = 0;

  constructor(options: PlayerOptions) {
    this.options = options;
  }

  /** Plays all events and what follows of them, up to TAIL_MS later. Ends early with `signal`. */
  async run(signal: AbortSignal): Promise<void> {
    const { events, clock, speed } = this.options;
    const firstMs = clock.nowMs();
    const endMs = events.at(-1)!.timeMs + TAIL_MS;
    let realMs = performance.now();
    while (!signal.aborted && clock.nowMs() < endMs) {
      await this.pause();
      const nowRealMs = performance.now();
      let leftMs = Math.min((nowRealMs - realMs) * speed, endMs - clock.nowMs());
      realMs = nowRealMs;
      for (; leftMs >= 1 && !signal.aborted; leftMs -= STEP_MS_MAX) {
        await this.step(Math.ceil(Math.min(leftMs, STEP_MS_MAX)));
        if (!(await this.caughtUp())) break;
      }
      const share = (clock.nowMs() - firstMs) / (endMs - firstMs);
      this.options.onProgress({ nowMs: clock.nowMs(), events: this.next, share });
    }
  }

  /** Lets the clock go as any other, until `signal`. */
  async goOn(signal: AbortSignal): Promise<void> {
    let realMs = performance.now();
    while (!signal.aborted) {
      await this.pause();
      const nowRealMs = performance.now();
      this.options.clock.advance(Math.round(nowRealMs - realMs));
      realMs = nowRealMs;
    }
  }

  private async step(durationMs: number): Promise<void> {
    const { events, clock, takt } = this.options;
    clock.advance(durationMs);
    const nowMs = clock.nowMs();
    while (this.next < events.length && events[this.next]!.timeMs <= nowMs) {
      const batch: WorkflowEvent[] = [];
      for (let at = this.next; at < events.length && batch.length < BATCH_MAX; at++) {
        if (events[at]!.timeMs > nowMs) break;
        batch.push(events[at]!);
      }
      await takt.events(batch);
      this.next += batch.length;
    }
  }

  private async caughtUp(): Promise<boolean> {
    const { tasks } = await this.options.takt.status();
    return tasks.reduce((sum, { endOffset, nextOffset }) => sum + Math.max(0, endOffset - nextOffset), 0) < WAITING_MAX;
  }

  private pause(): Promise<void> {
    return new Promise((resolve) => setTimeout(resolve, STEP_REAL_MS));
  }
}
