/**
 * Time as the effects see it. Folds never read it: their only clock is the append time of their input.
 *
 * What every adapter promises:
 * 1. `nowMs` is integer milliseconds UTC.
 * 2. `sleep` resolves not before its time has passed, and at once when its signal is aborted.
 * 3. `sleep(0)` lets other work run before it resolves.
 */
export interface Clock {
  nowMs(): number;
  /** Resolves after `durationMs`, or early, without an error, when `signal` is aborted. */
  sleep(durationMs: number, signal?: AbortSignal): Promise<void>;
}
