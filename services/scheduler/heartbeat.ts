import { TaktError } from '../shared/core/errors.ts';
import { nextRun, type Schedule } from '../shared/core/job/schedule.ts';
import { heartbeatJob, type HeartbeatJobOptions } from './heartbeat-job.ts';
import { HeartbeatWatch, type HeartbeatWatchOptions } from './heartbeat-watch.ts';
import type { Job } from './job.ts';

/** Beats this close would fire in windows that touch, and the second would be none. */
const GAP_MS_MIN = 5_000;
/** Gaps of a schedule that are looked at. */
const GAPS = 10;
/** Longest time that a beat may take. */
const TIMEOUT_MS_MAX = 30_000;
/** Beats that may stay out before the line counts as stopped: one may be slow, and the next is awaited half its time. */
const SILENT_GAPS = 2.5;

export type HeartbeatOptions = Omit<HeartbeatJobOptions, 'watch' | 'timeoutMs'> &
  Omit<HeartbeatWatchOptions, 'stoppedAfterMs'>;

/**
 * The heartbeat: the job that sends beats and the watch over them. With a beat each minute the receiver hears of a line
 * that stopped within 150 s. Throws SCHEDULE_INVALID for beats less than 5 s apart, or none at all.
 */
export function heartbeat(options: HeartbeatOptions): { readonly job: Job; readonly watch: HeartbeatWatch } {
  const gapMs = beatGap(options.schedule, options.clock.nowMs());
  const watch = new HeartbeatWatch({ ...options, stoppedAfterMs: gapMs * SILENT_GAPS });
  const timeoutMs = Math.min(TIMEOUT_MS_MAX, gapMs / 2);
  return { watch, job: heartbeatJob({ ...options, watch, timeoutMs }) };
}

/** The longest time between two beats. Throws SCHEDULE_INVALID for beats less than 5 s apart, or none at all. */
export function beatGap(schedule: Schedule, nowMs: number): number {
  let lastMs: number | null = nextRun(schedule, nowMs);
  let longestMs = 0;
  for (let i = 0; i < GAPS; i++) {
    const nextMs: number | null = lastMs === null ? null : nextRun(schedule, lastMs);
    if (lastMs === null || nextMs === null) throw invalid('beats come to an end');
    if (nextMs - lastMs < GAP_MS_MIN) throw invalid(`beats are ${(nextMs - lastMs) / 1_000} s apart`);
    longestMs = Math.max(longestMs, nextMs - lastMs);
    lastMs = nextMs;
  }
  return longestMs;
}

function invalid(what: string): TaktError {
  return new TaktError(
    'SCHEDULE_INVALID',
    `with this heartbeat schedule ${what}; they must be at least ${GAP_MS_MIN / 1_000} s apart and go on for ever, such as "* * * * *", every minute.`,
  );
}
