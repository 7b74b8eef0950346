import { setImmediate, setTimeout } from 'node:timers/promises';
import type { Clock } from '../../ports/clock.ts';

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
    try {
      await setTimeout(durationMs, undefined, signal === undefined ? {} : { signal });
    } catch (error) {
      if ((error as Error).name !== 'AbortError') throw error;
    }
  }
}
