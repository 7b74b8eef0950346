import type { CronPattern } from '../core/job/schedule.ts';

/**
 * Reads cron expressions. When a pattern is due is decided in core (schedule.ts), from a time that is handed in.
 *
 * What every adapter promises:
 * 1. Five fields (minute, hour, day of month, month, day of week), or six with the second in front; without it, second 0.
 * 2. Lists, ranges, steps, names of months and days, `L` (last), `15W` (nearest weekday), `2#1` (first Tuesday), `@daily`.
 * 3. Day of month, month and day of week must all match.
 * 4. What is no expression, or names no day that exists, fails with SCHEDULE_INVALID, which says the field.
 */
export interface Cron {
  /** Throws SCHEDULE_INVALID. */
  read(expression: string): CronPattern;
}
