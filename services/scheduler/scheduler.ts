import type { JobOutcome } from '../shared/core/job-plan.ts';
import type { Clock } from '../shared/ports/clock.ts';
import type { KpiStore } from '../shared/ports/kpi-store.ts';
import type { Job } from './job.ts';
import { JobLoop } from './job-loop.ts';
import type { JobObserver } from './job-observer.ts';

export interface SchedulerOptions {
  readonly jobs: readonly Job[];
  readonly store: Pick<KpiStore, 'claimRun' | 'jobRuns' | 'insert'>;
  readonly clock: Clock;
  readonly observer: JobObserver;
}

/** Where one job is, for status; times in milliseconds UTC. */
export interface JobStatus {
  readonly job: string;
  readonly nextMs: number | null;
  readonly lastSuccessMs: number | null;
  /** The run planned last of those that began. */
  readonly last: {
    readonly scheduledMs: number;
    readonly attempt: number;
    readonly startedMs: number;
    readonly endedMs: number | null;
    readonly outcome: JobOutcome;
    readonly reason: string;
  } | null;
}

/** Runs jobs at their planned times, each in a loop of its own: one that fails or takes long holds up no other. */
export class Scheduler {
  private readonly loops: ReadonlyMap<string, JobLoop>;

  /** Throws RangeError when two jobs have one name: their rows would be the same. */
  constructor({ jobs, ...shared }: SchedulerOptions) {
    this.loops = new Map(jobs.map((job) => [job.name, new JobLoop({ ...shared, job })]));
    if (this.loops.size < jobs.length) throw new RangeError('two jobs have the same name');
  }

  /** Runs until `stop`; the rows of what ran are stored before it resolves, if the store takes them. */
  async run(): Promise<void> {
    await Promise.all([...this.loops.values()].map((loop) => loop.run()));
  }

  stop(): void {
    for (const loop of this.loops.values()) loop.stop();
  }

  status(): JobStatus[] {
    return [...this.loops].map(([job, loop]) => {
      const { nextMs, lastSuccessMs, last } = loop;
      const next = nextMs === Infinity ? null : nextMs;
      if (last === null) return { job, nextMs: next, lastSuccessMs, last };
      const { scheduledMs, attempt, startedMs, endedMs, outcome, reason } = last;
      return { job, nextMs: next, lastSuccessMs, last: { scheduledMs, attempt, startedMs, endedMs, outcome, reason } };
    });
  }
}
