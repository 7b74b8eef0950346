import {
  type AlertEffect,
  type AlertInstance,
  QUIET,
  type Quiet,
  REASON,
  type Reason,
  stepAlert,
} from './alert-instance.ts';
import type { WindowSpec } from '../definition.ts';
import type { Rule } from './rule.ts';
import { heldForLongMs, judgedAgainMs } from './rule-hours.ts';
import { limitChangesAfter } from './rule-limit.ts';
import { nextEnd as nextEndAfter } from '../window/window.ts';

/** What a window shows: its own value, or one that is carried on. */
export interface Shown {
  readonly value: number | null;
  readonly samples: number;
  /** Whether an import brought it. */
  readonly imported: boolean;
}

/** What a stretch of windows makes of an instance. */
export interface AlertRun {
  readonly instance: AlertInstance;
  readonly effects: readonly AlertEffect[];
  /** Of the last window looked at; null: none was. */
  readonly reason: Reason | null;
  /** The next window end that may change something if it shows the same again; Infinity: none. */
  readonly nextMs: number;
}

/** The first window end at or after `ms`. */
export function endAtOrAfter(window: WindowSpec, ms: number): number {
  return nextEndAfter(window, ms - 1);
}

/** Why nobody is told of a window; those that end at `liveFromMs` or later are not too old. */
export function quietOf(endMs: number, imported: boolean, liveFromMs: number): Quiet | null {
  if (imported) return QUIET.import;
  return endMs < liveFromMs ? QUIET.tooOld : null;
}

/**
 * Steps an instance by all windows that end in (afterMs, throughMs] and show the same. It looks only at those that can
 * change something: the first, the one at which `for` is over, the first that is not too old, the first in the hours of the rule, and where it is compared with something else. The others would leave
 * the instance as it is, so a stretch of years costs no more than one of minutes.
 */
export function runAlert(
  rule: Rule,
  before: AlertInstance,
  window: WindowSpec,
  { afterMs, throughMs }: { readonly afterMs: number; readonly throughMs: number },
  shown: Shown,
  liveFromMs: number,
): AlertRun {
  let instance = before;
  let reason: Reason | null = null;
  const effects: AlertEffect[] = [];
  // A window acted on early is not looked at again, and is not the first that can change something.
  let endMs: number | null = endAtOrAfter(window, Math.max(afterMs, before.actedMs ?? afterMs) + 1);
  while (endMs !== null && endMs <= throughMs) {
    const quiet = quietOf(endMs, shown.imported, liveFromMs);
    const { value, samples } = shown;
    const step = stepAlert(rule, instance, { endMs, value, samples, provisional: false, quiet });
    instance = step.instance;
    reason = step.reason;
    if (step.effect !== null) effects.push(step.effect);
    endMs = earlier(
      step.reason === REASON.outside
        ? endFrom(window, judgedAgainMs(rule, endMs))
        : nextEnd(rule, instance, window, endMs, shown.imported ? null : liveFromMs),
      nextLimit(rule, window, endMs),
    );
  }
  return { instance, effects, reason, nextMs: endMs ?? Infinity };
}

/** The first window that is compared with something else; null: none is. */
function nextLimit(rule: Rule, window: WindowSpec, endMs: number): number | null {
  const changeMs = limitChangesAfter(rule, endMs);
  return changeMs === Infinity ? null : endAtOrAfter(window, changeMs + 1);
}

/** The first window end at or after `ms`; null where that is never. */
function endFrom(window: WindowSpec, ms: number): number | null {
  return ms === Infinity ? null : endAtOrAfter(window, ms);
}

function earlier(a: number | null, b: number | null): number | null {
  return a === null || b === null ? (a ?? b) : Math.min(a, b);
}

/** The next window end that may change an instance while the value and its limit stay; null: none. */
function nextEnd(
  rule: Rule,
  { state, sinceMs }: AlertInstance,
  window: WindowSpec,
  endMs: number,
  liveFromMs: number | null,
): number | null {
  if (state === 'pending') return endFrom(window, Math.max(heldForLongMs(rule, sinceMs!), endMs + 1));
  const waits = state === 'firing' && liveFromMs !== null && endMs < liveFromMs;
  return waits ? endAtOrAfter(window, liveFromMs) : null;
}
