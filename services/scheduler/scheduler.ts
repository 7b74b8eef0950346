import type { JobOutcome } from '../shared/core/job/job-plan.ts';
import type { Clock } from '../shared/ports/clock.ts';
import type { KpiStore } from '../shared/ports/kpi-store.ts';
import type { HeartbeatStatus, HeartbeatWatch } from './heartbeat-watch.ts';
import type { Job } from './job.ts';
import { JobLoop } from './job-loop.ts';
import type { JobObserver } from './job-observer.ts';

export interface SchedulerOptions {
  readonly jobs: readonly Job[];
  readonly store: Pick<KpiStore, 'claimRun' | 'jobRuns' | 'insert'>;
  readonly clock: Clock;
  readonly observer: JobObserver;
  /** Whether the folds have caught up; no job runs before. */
  readonly ready: () => boolean;
  /** What watches over the beats of a heartbeat job. */
  readonly heartbeat?: HeartbeatWatch;
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

/** What the scheduler does, for status. */
export interface SchedulerStatus {
  readonly jobs: readonly JobStatus[];
  readonly heartbeat: HeartbeatStatus | null;
}

/** Runs jobs at their planned times, each in a loop of its own: one that fails or takes long holds up no other. */
export class Scheduler {
  private readonly loops: ReadonlyMap<string, JobLoop>;
  private readonly heartbeat: HeartbeatWatch | null;

  /** Throws RangeError when two jobs have one name: their rows would be the same. */
  constructor({ jobs, heartbeat, ...shared }: SchedulerOptions) {
    this.heartbeat = heartbeat ?? null;
    this.loops = new Map(jobs.map((job) => [job.name, new JobLoop({ ...shared, job })]));
    if (this.loops.size < jobs.length) throw new RangeError('two jobs have the same name');
  }

  /** Runs until `stop`; the rows of what ran are stored before it resolves, if the store takes them. */
  async run(): Promise<void> {
    await Promise.all([...this.loops.values(), ...this.watches()].map((each) => each.run()));
  }

  stop(): void {
    for (const each of [...this.loops.values(), ...this.watches()]) each.stop();
  }

  /** The folds have ended and no beat can come through any more: the receiver outside hears it before `run` resolves. */
  halted(reason: string): void {
    this.heartbeat?.halted(reason);
  }

  private watches(): HeartbeatWatch[] {
    return this.heartbeat === null ? [] : [this.heartbeat];
  }

  /** Why the line stands; null while it runs. */
  get stoppedLine(): string | null {
    const heartbeat = this.heartbeat?.status();
    return heartbeat?.stopped === true ? heartbeat.reason : null;
  }

  status(): SchedulerStatus {
    return { jobs: this.jobs(), heartbeat: this.heartbeat?.status() ?? null };
  }

  private jobs(): JobStatus[] {
    return [...this.loops].map(([job, loop]) => {
      const { nextMs, lastSuccessMs, last } = loop;
      const next = nextMs === Infinity ? null : nextMs;
      if (last === null) return { job, nextMs: next, lastSuccessMs, last };
      const { scheduledMs, attempt, startedMs, endedMs, outcome, reason } = last;
      return { job, nextMs: next, lastSuccessMs, last: { scheduledMs, attempt, startedMs, endedMs, outcome, reason } };
    });
  }
}
