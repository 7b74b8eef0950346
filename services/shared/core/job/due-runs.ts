import { nextRun, type Schedule } from './schedule.ts';

/** Most runs that are caught up after a time in which nothing ran, whatever a job wants. */
export const CATCH_UP_RUNS_MAX = 100;
/** Left-out runs are counted up to here. */
const LEFT_OUT_COUNTED_MAX = 1_000;
/** How far back the first look for missed runs goes; doubled until enough are found. */
const LOOK_BACK_MS = 60_000;

/** What becomes of runs that were missed: each is made up for, the latest `CATCH_UP_RUNS_MAX`, or only the last one. */
export type CatchUp = 'all' | 'latest';

/** The runs that are due. */
export interface DueRuns {
  /** Planned instants in order, to be run now. */
  readonly runs: readonly number[];
  /** How many older ones are left out, counted up to 1,000. */
  readonly leftOut: number;
}

/** The planned instants in (afterMs, nowMs], as many as the policy lets through, the latest ones. */
export function dueRuns(schedule: Schedule, catchUp: CatchUp, afterMs: number, nowMs: number): DueRuns {
  const runsMax = catchUp === 'all' ? CATCH_UP_RUNS_MAX : 1;
  const wanted = runsMax + LEFT_OUT_COUNTED_MAX;
  // Backwards in steps that double: a long time without runs costs what it holds, not what it lasted.
  for (let backMs = LOOK_BACK_MS; ; backMs *= 2) {
    const fromMs = Math.max(afterMs, nowMs - backMs);
    const found = runsIn(schedule, fromMs, nowMs);
    if (found.length < wanted && fromMs > afterMs) continue;
    return { runs: found.slice(-runsMax), leftOut: Math.min(found.length, wanted) - Math.min(found.length, runsMax) };
  }
}

function runsIn(schedule: Schedule, afterMs: number, toMs: number): number[] {
  const found: number[] = [];
  let timeMs = nextRun(schedule, afterMs);
  while (timeMs !== null && timeMs <= toMs) {
    found.push(timeMs);
    timeMs = nextRun(schedule, timeMs);
  }
  return found;
}
