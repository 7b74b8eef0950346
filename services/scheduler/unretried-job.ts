import type { Schedule } from '../shared/core/job/schedule.ts';
import type { Job } from './job.ts';

const TIMEOUT_MS = 10 * 60_000;
/** A failed run is left to the next one, which does all that this one would have. */
const ATTEMPTS_MAX = 1;

/**
 * A job whose each run does all that is to be done by then, and bears being done twice: of runs that were missed the last one is
 * made up for. `run` gives what it did, for people; empty: nothing.
 */
export function unretriedJob(name: string, schedule: Schedule, run: Job['run']): Job {
  return {
    name,
    schedule,
    catchUp: 'latest',
    timeoutMs: TIMEOUT_MS,
    attemptsMax: ATTEMPTS_MAX,
    retryAfterMs: TIMEOUT_MS,
    run,
  };
}
