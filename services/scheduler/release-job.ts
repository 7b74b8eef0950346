import type { Schedule } from '../shared/core/job/schedule.ts';
import type { Job } from './job.ts';
import { unretriedJob } from './unretried-job.ts';

/**
 * Lets go the events in quarantine whose time has come. `releaseDue` gives how many it let go, a bounded number, and bears
 * being done twice.
 */
export function releaseJob(schedule: Schedule, releaseDue: (signal: AbortSignal) => Promise<number>): Job {
  return unretriedJob('release', schedule, async ({ signal }) => {
    const count = await releaseDue(signal);
    return count === 0 ? '' : `${count} events whose time has come`;
  });
}
