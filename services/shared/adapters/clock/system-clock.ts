import { setImmediate, setTimeout } from 'node:timers/promises';
import type { Clock } from '../../ports/clock.ts';

/** Node fires a longer timer at once. */
const TIMER_MAX_MS = 2 ** 31 - 1;

/** The machine's clock. */
export class SystemClock implements Clock {
  nowMs(): number {
    return Date.now();
  }

  async sleep(durationMs: number, signal?: AbortSignal): Promise<void> {
    if (signal?.aborted === true) return;
    if (durationMs <= 0) {
      await setImmediate();
      return;
    }
    // A timer may fire a fraction of a millisecond early, and the machine's clock may be set meanwhile.
    const untilMs = performance.now() + durationMs;
    try {
      for (let leftMs = durationMs; leftMs > 0; leftMs = untilMs - performance.now()) {
        const timerMs = Math.min(Math.ceil(leftMs), TIMER_MAX_MS);
        await setTimeout(timerMs, undefined, signal === undefined ? {} : { signal });
      }
    } catch (error) {
      if ((error as Error).name !== 'AbortError') throw error;
    }
  }
}
