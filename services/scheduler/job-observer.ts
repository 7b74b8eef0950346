import type { JobOutcome } from '../shared/core/job/job-plan.ts';

/** What the scheduler tells about its work, for metrics and logs. */
export interface JobObserver {
  /** A run is over, its row stored or not. */
  ended(job: string, outcome: JobOutcome, durationMs: number, endedMs: number, reason: string): void;
  /** Something about a run could not be read or stored; it is tried again. */
  failed(job: string, step: 'read' | 'claim' | 'store', error: unknown): void;
}
