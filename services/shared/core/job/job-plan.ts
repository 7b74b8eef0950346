/** How a run ended; `running` until it has. `interrupted`: takt stopped, or the process that ran it is gone. */
export type JobOutcome = 'running' | 'done' | 'failed' | 'timed_out' | 'interrupted';

/** What bounds a job's runs. */
export interface JobLimits {
  readonly timeoutMs: number;
  /** Tries of one planned run, the first included. */
  readonly attemptsMax: number;
  /** Pause before the second try; doubled before each further one. */
  readonly retryAfterMs: number;
}

/** A planned run as its row tells. */
interface KnownRun {
  readonly scheduledMs: number;
  readonly attempt: number;
  readonly startedMs: number;
  readonly endedMs: number | null;
  readonly outcome: JobOutcome;
}

/** A run that is not over: it is tried again at `dueMs`, or, without tries left, then counts as interrupted. */
export interface OpenRun {
  readonly scheduledMs: number;
  /** The try that was made. */
  readonly attempt: number;
  readonly startedMs: number;
  readonly dueMs: number;
  readonly next: 'retry' | 'close';
}

/** A run that should have ended by its time-out counts as abandoned this much later. */
export const ABANDONED_AFTER_MS = 10_000;
/** A run that begins this much after its time is said to be late. */
const LATE_MS = 2_000;
/** Pause between tries never grows beyond this. */
const RETRY_AFTER_MS_MAX = 3_600_000;

/**
 * What is still to be done about a run; null when nothing is. One that is `running` may be in another process, and is
 * left to it until that must have ended.
 */
export function openRun(run: KnownRun, limits: JobLimits): OpenRun | null {
  const { scheduledMs, attempt, startedMs, endedMs, outcome } = run;
  if (outcome === 'done') return null;
  const next = attempt < limits.attemptsMax ? 'retry' : 'close';
  if (outcome === 'running')
    return { scheduledMs, attempt, startedMs, next, dueMs: startedMs + limits.timeoutMs + ABANDONED_AFTER_MS };
  if (next === 'close') return null;
  return { scheduledMs, attempt, startedMs, next, dueMs: (endedMs ?? startedMs) + retryAfterMs(attempt, limits) };
}

/** Pause after a failed try. */
function retryAfterMs(attempt: number, limits: JobLimits): number {
  return Math.min(limits.retryAfterMs * 2 ** (attempt - 1), RETRY_AFTER_MS_MAX);
}

/** Why a run happens when it does, for its row: empty when it is on time. */
export function lateness(scheduledMs: number, startedMs: number, leftOut: number): string {
  const lateMs = startedMs - scheduledMs;
  if (lateMs < LATE_MS && leftOut === 0) return '';
  const older =
    leftOut === 0 ? '' : `, in place of ${leftOut} older ${leftOut === 1 ? 'one' : 'ones'} that no run was made for`;
  return `caught up ${Math.max(0, Math.round(lateMs / 1_000))} s late${older}`;
}

/** A row's version: a later try is above an earlier one, an ended one above the same one running. */
export function runVersion(attempt: number, ended: boolean): bigint {
  return BigInt(attempt) * 2n + (ended ? 1n : 0n);
}
