import { setImmediate } from 'node:timers/promises';
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
    for (let leftMs = durationMs; leftMs > 0; leftMs = untilMs - performance.now()) {
      const early = await pause(Math.min(Math.ceil(leftMs), TIMER_MAX_MS), signal);
      if (early) return;
    }
  }
}

/** Not the timer of node:timers/promises: it makes an error, with its stack, of every sleep that is cut short. True: it was. */
function pause(durationMs: number, signal: AbortSignal | undefined): Promise<boolean> {
  return new Promise((resolve) => {
    const cut = (): void => {
      clearTimeout(timer);
      resolve(true);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', cut);
      resolve(false);
    }, durationMs);
    signal?.addEventListener('abort', cut, { once: true });
  });
}
