import type { Schedule } from '../shared/core/job/schedule.ts';
import type { Job } from './job.ts';

const TIMEOUT_MS = 10 * 60_000;
/** A failed run is left to the next one, which does all that this one would have. */
const ATTEMPTS_MAX = 1;

/**
 * Lets go the events in quarantine whose time has come. `releaseDue` gives how many it let go, a bounded number, and bears
 * being done twice. Of runs that were missed the last one is made up for.
 */
export function releaseJob(schedule: Schedule, releaseDue: (signal: AbortSignal) => Promise<number>): Job {
  return {
    name: 'release',
    schedule,
    catchUp: 'latest',
    timeoutMs: TIMEOUT_MS,
    attemptsMax: ATTEMPTS_MAX,
    retryAfterMs: TIMEOUT_MS,
    async run({ signal }) {
      const count = await releaseDue(signal);
      return count === 0 ? '' : `${count} events whose time has come`;
    },
  };
}
