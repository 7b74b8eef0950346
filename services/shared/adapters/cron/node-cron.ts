import { createTask, validateDetailed } from 'node-cron';
import { TaktError } from '../../core/errors.ts';
import type { CronPattern } from '../../core/job/schedule.ts';
import type { Cron } from '../../ports/cron.ts';

/** Longest expression that is shown in an error. */
const SHOWN_CHARS_MAX = 100;

/**
 * node-cron's reading and matching of expressions, without its timers: they follow the machine's clock, drop what was
 * missed, and leave out a run in an hour that a zone skips.
 */
export class NodeCron implements Cron {
  read(expression: string): CronPattern {
    const { fields, errors } = validateDetailed(expression);
    if (fields === undefined) {
      const why = errors[0]?.message ?? 'it cannot be read';
      throw new TaktError(
        'SCHEDULE_INVALID',
        `the schedule ${JSON.stringify(expression.slice(0, SHOWN_CHARS_MAX))} is no cron expression: ${why}.\nWrite five fields (minute hour day month weekday), or six with the second in front: "*/5 * * * *" is every five minutes.`,
      );
    }
    const { second, minute, hour, dayOfMonth, month, dayOfWeek } = fields;
    // A date is matched as its midnight UTC: which instant that is in a zone is core's to say.
    const day = createTask(`* * ${dayOfMonth.join()} ${month.join()} ${dayOfWeek.join()}`, () => {}, {
      timezone: 'UTC',
    });
    // Otherwise node-cron's list of tasks keeps it for ever.
    void day.destroy();
    // Formatting a date in a zone is slow, and runs of one day come one after another.
    let last = { dayMs: NaN, matches: false };
    return {
      seconds: rising(second),
      minutes: rising(minute),
      hours: rising(hour),
      matchesDay(dayMs) {
        if (dayMs !== last.dayMs) last = { dayMs, matches: day.match(new Date(dayMs)) };
        return last.matches;
      },
    };
  }
}

function rising(values: readonly number[]): number[] {
  return [...new Set(values)].sort((a, b) => a - b);
}
