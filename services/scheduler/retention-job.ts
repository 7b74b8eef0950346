import type { Schedule } from '../shared/core/job/schedule.ts';
import type { Job } from './job.ts';
import { unretriedJob } from './unretried-job.ts';

/**
 * Removes what has expired from the archive, a period at a time. `dropExpired` gives how many periods it removed, and bears
 * being done twice.
 */
export function retentionJob(schedule: Schedule, dropExpired: (signal: AbortSignal) => Promise<number>): Job {
  return unretriedJob('retention', schedule, async ({ signal }) => {
    const count = await dropExpired(signal);
    return count === 0 ? '' : `${count} periods of the archive removed`;
  });
}
