import type { Carried } from './carried.ts';
import type { LoggedEvent } from '../event.ts';
import type { LabelValues } from './label-plan.ts';
import type { Emitted, MeasurePlan, Output } from './measure-plan.ts';
import type { Entry } from './pair-entry.ts';

const NUMERATOR = 0;
const DENOMINATOR = 1;

/**
 * What an entry counts as until its exit comes in time: a miss, at the end of its limit. It stands there from the start,
 * because what a case contributes follows from its events alone; roll shows no window before its time has passed.
 */
export function missOf(plan: MeasurePlan, event: LoggedEvent, carried: Carried, labels: LabelValues): Emitted | null {
  const timeMs = plan.deadlineMs(event, carried);
  return timeMs === null ? null : { timeMs, amount: 1, part: DENOMINATOR, labels };
}

/** What an entry contributes from now on, in place of what it did. */
export function keep(entry: Entry, emitted: Emitted[], output: Output): void {
  for (const before of entry.emitted) output(before, -1);
  for (const each of emitted) output(each, 1);
  entry.emitted = emitted;
}

/** The exit of an entry: in time, it counts where it came; late, the miss stays. */
export function closeWithin(entry: Entry, exitMs: number, output: Output): void {
  const { labels, miss, counts } = entry;
  if (!counts || (miss !== null && exitMs > miss.timeMs)) return;
  const met = (part: 0 | 1): Emitted => ({ timeMs: exitMs, amount: 1, part, labels });
  keep(entry, [met(NUMERATOR), met(DENOMINATOR)], output);
}

/** The exit turned out not to be the last one. */
export function reopenWithin(entry: Entry, output: Output): void {
  keep(entry, entry.miss === null ? [] : [entry.miss], output);
}
