import type { CatchUp } from '../shared/core/job/due-runs.ts';
import type { JobLimits } from '../shared/core/job/job-plan.ts';
import type { Schedule } from '../shared/core/job/schedule.ts';

/** Work that is done again and again at planned times. */
export interface Job extends JobLimits {
  /** Unique; part of the key of its runs. */
  readonly name: string;
  readonly schedule: Schedule;
  readonly catchUp: CatchUp;
  /**
   * Does the work of one planned time; gives a few words for its row. It must end soon after `signal` is aborted, and
   * bear being done twice: a process may die after the work and before its row says so.
   */
  run(context: JobContext): Promise<string>;
}

export interface JobContext {
  readonly scheduledMs: number;
  /** From 1. */
  readonly attempt: number;
  /** Aborted at the time-out and when takt stops. */
  readonly signal: AbortSignal;
}
