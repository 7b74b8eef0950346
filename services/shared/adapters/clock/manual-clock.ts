import { setImmediate } from 'node:timers/promises';
import type { Clock } from '../../ports/clock.ts';

interface Sleeper {
  readonly untilMs: number;
  readonly wake: () => void;
}

/** A clock that moves only when told: for tests and the simulation. */
export class ManualClock implements Clock {
  private time: number;
  /** What the clock says beside the time that passed. */
  private offsetMs = 0;
  private readonly sleepers = new Set<Sleeper>();

  constructor(startMs = 0) {
    this.time = startMs;
  }

  nowMs(): number {
    return this.time + this.offsetMs;
  }

  /** Puts the clock forward, or back with less than 0, as its owner may: no time passes, nobody wakes. */
  set(byMs: number): void {
    this.offsetMs += byMs;
  }

  /** Moves time on by integer milliseconds and wakes those whose time has come, the earliest first. */
  advance(durationMs: number): void {
    this.time += durationMs;
    const due = [...this.sleepers].filter(({ untilMs }) => untilMs <= this.time);
    for (const { wake } of due.toSorted((a, b) => a.untilMs - b.untilMs)) wake();
  }

  async sleep(durationMs: number, signal?: AbortSignal): Promise<void> {
    if (signal?.aborted === true) return;
    if (durationMs <= 0) {
      await setImmediate();
      return;
    }
    await new Promise<void>((resolve) => {
      const wake = (): void => {
        this.sleepers.delete(sleeper);
        // A signal may outlive many sleeps.
        signal?.removeEventListener('abort', wake);
        resolve();
      };
      const sleeper: Sleeper = { untilMs: this.time + durationMs, wake };
      this.sleepers.add(sleeper);
      signal?.addEventListener('abort', wake);
    });
  }
}
