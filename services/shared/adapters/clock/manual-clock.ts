import type { Clock } from '../../ports/clock.ts';

/** A clock that moves only when told: for tests and the simulation. */
export class ManualClock implements Clock {
  private time: number;
  private readonly sleepers = new Set<{ readonly untilMs: number; readonly wake: () => void }>();

  constructor(startMs = 0) {
    this.time = startMs;
  }

  nowMs(): number {
    return this.time;
  }

  /** Moves time on and wakes those whose time has come. */
  advance(durationMs: number): void {
    this.time += durationMs;
    for (const sleeper of this.sleepers) {
      if (sleeper.untilMs > this.time) continue;
      this.sleepers.delete(sleeper);
      sleeper.wake();
    }
  }

  async sleep(durationMs: number, signal?: AbortSignal): Promise<void> {
    if (durationMs <= 0 || signal?.aborted === true) return Promise.resolve();
    return new Promise((resolve) => {
      const sleeper = { untilMs: this.time + durationMs, wake: resolve };
      this.sleepers.add(sleeper);
      signal?.addEventListener('abort', () => {
        this.sleepers.delete(sleeper);
        resolve();
      });
    });
  }
}
