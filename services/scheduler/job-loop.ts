import { dueRuns } from '../shared/core/job/due-runs.ts';
import { lateness, openRun, type OpenRun, runVersion } from '../shared/core/job/job-plan.ts';
import { nextRun } from '../shared/core/job/schedule.ts';
import type { Clock } from '../shared/ports/clock.ts';
import type { JobRunRow } from '../shared/ports/kpi-rows.ts';
import type { KpiStore } from '../shared/ports/kpi-store.ts';
import { attemptJob } from './attempt.ts';
import type { Job } from './job.ts';
import type { JobObserver } from './job-observer.ts';

/** How often a loop looks at the clock at least: it may be set at any time. */
const LOOK_EVERY_MS = 1_000;
/** Rows that are read at the start. */
const KNOWN_RUNS_MAX = 100;
/** Runs of a job that wait for another try, or for rows that tell how they ended. The oldest is given up. */
const WAITING_RUNS_MAX = 100;

/** What a job loop works with. */
export interface JobLoopOptions {
  readonly job: Job;
  readonly store: Pick<KpiStore, 'claimRun' | 'jobRuns' | 'insert'>;
  readonly clock: Clock;
  readonly observer: JobObserver;
  /** Until then no run is made, however late it becomes. */
  readonly ready: () => boolean;
}

/**
 * Runs one job at its planned times, one run after another. Whatever the clock does, a planned time is run at most once
 * per try: its row in the store is claimed first. What fails is read again at the next look.
 */
export class JobLoop {
  private readonly options: JobLoopOptions;
  private readonly stopped = new AbortController();
  /** Planned times up to here are done with; null until the rows are read. */
  private cursorMs: number | null = null;
  /** Clock at the last look. */
  private seenMs = 0;
  private next: number | null = null;
  private open: OpenRun[] = [];
  /** Rows of runs that ended, which the store did not take yet. */
  private unstored: JobRunRow[] = [];
  private latest: JobRunRow | null = null;
  private successMs: number | null = null;

  constructor(options: JobLoopOptions) {
    this.options = options;
  }

  /** When the next run is planned; null before the rows are read, and when no run ever comes. */
  get nextMs(): number | null {
    return this.next;
  }

  /** The run that was planned last of those that began. */
  get last(): JobRunRow | null {
    return this.latest;
  }

  get lastSuccessMs(): number | null {
    return this.successMs;
  }

  /** Runs until `stop`; what runs then is aborted and its row says so. */
  async run(): Promise<void> {
    const { clock, ready } = this.options;
    const { signal } = this.stopped;
    while (!signal.aborted) {
      const looked = !ready() || (await this.look(clock.nowMs()));
      // A run that could not be claimed stays due: without the pause the store would be asked without end.
      const inMs = looked ? (this.next ?? Infinity) - clock.nowMs() : LOOK_EVERY_MS;
      await clock.sleep(Math.max(1, Math.min(LOOK_EVERY_MS, inMs)), signal);
    }
    await this.storeEnded();
  }

  stop(): void {
    this.stopped.abort();
  }

  /** Makes the runs that are due; false when one could not be begun. */
  private async look(nowMs: number): Promise<boolean> {
    await this.storeEnded();
    if (this.cursorMs === null && !(await this.readRuns(nowMs))) return false;
    // The clock was put back: times that come once more are no missed ones, and those that ran have their rows.
    if (nowMs < this.seenMs) {
      this.cursorMs = Math.min(this.cursorMs!, nowMs);
      this.next = null;
    }
    this.seenMs = nowMs;
    await this.runOpen(nowMs);
    if (this.next === null || nowMs >= this.next) return this.runDue(nowMs);
    return true;
  }

  /** Where the job is, from its rows. A job without any has missed nothing: it is new. */
  private async readRuns(nowMs: number): Promise<boolean> {
    const { job, store, observer } = this.options;
    try {
      const rows = await store.jobRuns({ job: job.name, toMs: nowMs, rowsMax: KNOWN_RUNS_MAX });
      this.latest = rows[0] ?? null;
      this.successMs = rows.find(({ outcome }) => outcome === 'done')?.endedMs ?? null;
      this.cursorMs = this.latest?.scheduledMs ?? nowMs;
      for (const row of rows.toReversed()) this.watch(row);
      return true;
    } catch (error) {
      observer.failed(job.name, 'read', error);
      return false;
    }
  }

  private watch(row: JobRunRow): void {
    const open = openRun(row, this.options.job);
    if (open !== null) this.open = [...this.open, open].slice(-WAITING_RUNS_MAX);
  }

  private async runOpen(nowMs: number): Promise<void> {
    const due = this.open.filter(({ dueMs }) => dueMs <= nowMs);
    for (const run of due) {
      if (this.stopped.signal.aborted || !(await this.settle(run))) return;
      this.open = this.open.filter((each) => each !== run);
    }
  }

  /** Tries a run again, or notes that it will not be; false when the store could not be asked. */
  private async settle(run: OpenRun): Promise<boolean> {
    const { job, store, clock, observer } = this.options;
    const { scheduledMs, attempt, startedMs } = run;
    // Of a job that wants only its latest run, an older one is not tried again.
    const wanted = job.catchUp === 'all' || scheduledMs === this.latest?.scheduledMs;
    if (run.next === 'retry' && wanted) return this.begin(scheduledMs, attempt + 1, 0);
    try {
      const [row] = await store.jobRuns({ job: job.name, fromMs: scheduledMs, toMs: scheduledMs, rowsMax: 1 });
      if (row?.outcome !== 'running' || row.attempt !== attempt) return true;
    } catch (error) {
      observer.failed(job.name, 'read', error);
      return false;
    }
    const reason = 'the process that ran it is gone';
    this.ended({
      job: job.name,
      scheduledMs,
      attempt,
      startedMs,
      endedMs: clock.nowMs(),
      outcome: 'interrupted',
      reason,
      version: runVersion(attempt, true),
    });
    return true;
  }

  private async runDue(nowMs: number): Promise<boolean> {
    const { schedule, catchUp } = this.options.job;
    const { runs, leftOut } = dueRuns(schedule, catchUp, this.cursorMs!, nowMs);
    for (const [index, scheduledMs] of runs.entries()) {
      if (this.stopped.signal.aborted || !(await this.begin(scheduledMs, 1, index === 0 ? leftOut : 0))) return false;
      this.cursorMs = scheduledMs;
    }
    this.cursorMs = nowMs;
    this.next = nextRun(schedule, nowMs) ?? Infinity;
    return true;
  }

  /** Claims a run and makes it; one that another has claimed is watched. False when it could not be claimed. */
  private async begin(scheduledMs: number, attempt: number, leftOut: number): Promise<boolean> {
    const { job, store, clock, observer } = this.options;
    const startedMs = clock.nowMs();
    const reason = lateness(scheduledMs, startedMs, leftOut);
    const claim: JobRunRow = {
      job: job.name,
      scheduledMs,
      attempt,
      startedMs,
      endedMs: null,
      outcome: 'running',
      reason,
      version: runVersion(attempt, false),
    };
    try {
      if (!(await store.claimRun(claim))) {
        const [row] = await store.jobRuns({ job: job.name, fromMs: scheduledMs, toMs: scheduledMs, rowsMax: 1 });
        if (row !== undefined) this.watch(row);
        return true;
      }
    } catch (error) {
      observer.failed(job.name, 'claim', error);
      return false;
    }
    if (this.latest === null || scheduledMs >= this.latest.scheduledMs) this.latest = claim;
    const { outcome, words } = await attemptJob(job, { scheduledMs, attempt, stopped: this.stopped.signal }, clock);
    const said = [reason, words].filter((part) => part !== '').join('; ');
    this.ended({ ...claim, endedMs: clock.nowMs(), outcome, reason: said, version: runVersion(attempt, true) });
    await this.storeEnded();
    return true;
  }

  private ended(row: JobRunRow): void {
    const endedMs = row.endedMs ?? row.startedMs;
    this.unstored = [...this.unstored, row].slice(-WAITING_RUNS_MAX);
    if (this.latest === null || row.scheduledMs >= this.latest.scheduledMs) this.latest = row;
    if (row.outcome === 'done') this.successMs = endedMs;
    this.watch(row);
    this.options.observer.ended(row.job, row.outcome, Math.max(0, endedMs - row.startedMs), endedMs, row.reason);
  }

  private async storeEnded(): Promise<void> {
    if (this.unstored.length === 0) return;
    const { job, store, observer } = this.options;
    const rows = this.unstored;
    try {
      await store.insert('job_runs', rows);
      this.unstored = this.unstored.filter((row) => !rows.includes(row));
    } catch (error) {
      observer.failed(job.name, 'store', error);
    }
  }
}
