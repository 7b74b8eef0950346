import { businessTimeOf } from '../calendar/business-time.ts';
import type { WorkingHours } from '../calendar/calendar.ts';
import type { WindowSpec } from '../definition.ts';
import { nextEnd } from '../window/window.ts';
import type { Rule } from './rule.ts';

type Timed = Pick<Rule, 'during' | 'forMs'>;

/** Window ends that are tried for one in the hours of a rule: two years of days, and more. */
const ENDS_TRIED_MAX = 2_000;

/** Whether a rule may begin or fire in the window that ends then: work is done up to that end. */
export function isJudged({ during }: Timed, endMs: number): boolean {
  return during === null || businessTimeOf(during).isWorking(endMs - 1);
}

/** Whether a condition that holds since the end of a window has held for as long as the rule asks, in its hours. */
export function heldForLong({ during, forMs }: Timed, sinceMs: number, endMs: number): boolean {
  const heldMs = during === null ? endMs - sinceMs : businessTimeOf(during).businessMs(sinceMs, endMs);
  return heldMs >= forMs;
}

/** When a condition that holds since then has held for long enough, ms; Infinity: never within about a hundred years. */
export function heldForLongMs({ during, forMs }: Timed, sinceMs: number): number {
  if (during === null) return sinceMs + forMs;
  return businessTimeOf(during).instantAfter(sinceMs, forMs) ?? Infinity;
}

/** The least window end that may be in a rule's hours after one that is not, ms; Infinity: none within about a hundred years. */
export function judgedAgainMs({ during }: Timed, endMs: number): number {
  if (during === null) return endMs;
  const opensMs = businessTimeOf(during).nextChange(endMs - 1);
  return opensMs === null ? Infinity : opensMs + 1;
}

/** Whether some of the first windows after an instant ends in these hours: a rule of days that end at midnight never decides. */
export function endsWithin(window: WindowSpec, hours: WorkingHours, afterMs: number): boolean {
  const time = businessTimeOf(hours);
  let endMs = afterMs;
  for (let tries = 0; tries < ENDS_TRIED_MAX; tries++) {
    endMs = nextEnd(window, endMs);
    if (time.isWorking(endMs - 1)) return true;
    const opensMs = time.nextChange(endMs - 1);
    if (opensMs === null) return false;
    // Windows that end before work begins need no look.
    endMs = Math.max(endMs, opensMs);
  }
  return false;
}
