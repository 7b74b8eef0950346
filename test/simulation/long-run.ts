const SEEDS_PER_LINE = 5_000;
/** Many times what a seed takes: it bounds a test that hangs. */
const SEED_TIMEOUT_MS = 500;
const SHRINKING_MS = 600_000;

/** How long a run of so many seeds may take, milliseconds. */
export function timeoutMs(seeds: number): number {
  return SHRINKING_MS + seeds * SEED_TIMEOUT_MS;
}

/** Says now and then how many of the seeds are through. */
export function tellProgress(done: number, seeds: number): void {
  if (done % SEEDS_PER_LINE === 0 && done < seeds) process.stdout.write(`${done} of ${seeds} seeds\n`);
}
