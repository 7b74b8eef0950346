import type { Schedule } from '../shared/core/job/schedule.ts';
import type { Job } from './job.ts';

const TIMEOUT_MS = 10 * 60_000;
/** A failed run is left to the next one, which does all that this one would have. */
const ATTEMPTS_MAX = 1;

/**
 * Removes what has expired from the archive, a period at a time. `dropExpired` gives how many periods it removed, and bears
 * being done twice. Of runs that were missed the last one is made up for.
 */
export function retentionJob(schedule: Schedule, dropExpired: (signal: AbortSignal) => Promise<number>): Job {
  return {
    name: 'retention',
    schedule,
    catchUp: 'latest',
    timeoutMs: TIMEOUT_MS,
    attemptsMax: ATTEMPTS_MAX,
    retryAfterMs: TIMEOUT_MS,
    async run({ signal }) {
      const count = await dropExpired(signal);
      return count === 0 ? '' : `${count} periods of the archive removed`;
    },
  };
}
