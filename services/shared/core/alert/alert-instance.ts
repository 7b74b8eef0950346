import { createHash } from 'node:crypto';
import type { AlertState } from '../messages.ts';
import type { Rule } from './rule.ts';
import { heldForLong, isJudged } from './rule-hours.ts';
import { passes } from './rule-limit.ts';

/** Why nobody is told of a transition. */
export const QUIET = {
  import: 'inside an import',
  tooOld: 'older than max_alert_age',
  untold: 'nobody was told of the firing',
  ruleGone: 'the rule is no longer in the catalogue',
} as const;
export type Quiet = (typeof QUIET)[keyof typeof QUIET];

/** Why an instance is in its state, or left it. */
export const REASON = {
  holds: 'the condition holds',
  heldForLong: 'the condition held for as long as the rule asks',
  holdsLive: 'the condition still holds in the first window that is neither imported nor too old',
  waits: 'the condition holds, but not yet for as long as the rule asks',
  fails: 'the condition does not hold',
  recovered: 'the condition for recovery holds',
  notRecovered: 'the condition for recovery does not hold',
  noValue: 'the window has no value',
  fewSamples: 'the window has too few samples',
  noLimit: 'nothing says what the value is compared with',
  waitsForLive: 'it has recovered, but only in windows that are imported or too old',
  outside: 'the condition holds, but the window ends outside the hours in which the rule is judged',
  notComplete: 'the window is not complete',
  seen: 'the window was acted on before it was complete',
  ruleGone: QUIET.ruleGone,
} as const;
export type Reason = (typeof REASON)[keyof typeof REASON];

/** What an instance remembers from window to window. */
export interface AlertInstance {
  readonly state: AlertState;
  /** End of the window in which the condition began to hold; null while inactive. */
  readonly sinceMs: number | null;
  /** Whether somebody was told of this firing. */
  readonly told: boolean;
  /** The last window that was acted on before it was complete; up to it none is looked at again. Null: none. */
  readonly actedMs: number | null;
}

export const INACTIVE: AlertInstance = { state: 'inactive', sinceMs: null, told: false, actedMs: null };

/** A window as a rule sees it. */
export interface Look {
  readonly endMs: number;
  readonly value: number | null;
  readonly samples: number;
  /** Whether the window is not complete. Such a look can show that the condition holds, never that it does not. */
  readonly provisional: boolean;
  /** Why nobody is told of what this window causes; null: they are. */
  readonly quiet: Quiet | null;
}

/** A change of state; `suppressed`: why nobody is told of it. */
export interface AlertEffect {
  readonly from: AlertState;
  readonly to: AlertState;
  readonly look: Look;
  readonly sinceMs: number;
  readonly suppressed: Quiet | null;
  readonly reason: Reason;
}

/** What a look makes of an instance: at most one effect, and why it is now in its state. */
export interface AlertStep {
  readonly instance: AlertInstance;
  readonly effect: AlertEffect | null;
  readonly reason: Reason;
}

/**
 * Steps an instance by one window; windows come in order of their ends. As in Prometheus, one miss ends a pending. A
 * window without a value or anything to compare it with, or with too few samples, ends a pending, but never a firing: silence is no recovery. A firing
 * that somebody was told of ends only in a window of which somebody is told, and one that nobody was told of is told in
 * the first such window in which its condition still holds. Outside the hours of a rule nothing begins and nothing fires; what ends, ends.
 */
export function stepAlert(rule: Rule, before: AlertInstance, look: Look): AlertStep {
  if (before.actedMs !== null && look.endMs <= before.actedMs) return stay(before, REASON.seen);
  const verdict = judge(rule, look);
  if (look.provisional && verdict !== REASON.holds) return stay(before, REASON.notComplete);
  const outside = verdict === REASON.holds && !isJudged(rule, look.endMs);
  // Not acted on: the complete window may end something.
  if (look.provisional && outside) return stay(before, REASON.outside);
  const instance = look.provisional ? { ...before, actedMs: look.endMs } : before;
  switch (instance.state) {
    case 'inactive':
      if (outside) return stay(instance, REASON.outside);
      return verdict === REASON.holds ? begin(rule, instance, look) : stay(instance, verdict);
    case 'pending':
      if (verdict !== REASON.holds) return end(instance, look, look.quiet, verdict);
      if (outside) return stay(instance, REASON.outside);
      return heldForLong(rule, instance.sinceMs!, look.endMs)
        ? fire(instance, instance.sinceMs!, look, REASON.heldForLong)
        : stay(instance, REASON.waits);
    case 'firing':
      return stepFiring(rule, instance, look, verdict);
  }
}

/** Whether the condition holds, and if not, why. */
function judge(rule: Rule, { value, samples, endMs }: Look): Reason {
  if (value === null) return REASON.noValue;
  if (samples < rule.minSamples) return REASON.fewSamples;
  const holds = passes(rule.when, value, endMs);
  if (holds === null) return REASON.noLimit;
  return holds ? REASON.holds : REASON.fails;
}

/** Verdicts that say nothing of the value: they end a pending, never a firing. */
const UNDECIDED: readonly Reason[] = [REASON.noValue, REASON.fewSamples, REASON.noLimit];

function stepFiring(rule: Rule, instance: AlertInstance, look: Look, verdict: Reason): AlertStep {
  if (UNDECIDED.includes(verdict)) return stay(instance, verdict);
  const recovery = recovers(rule, look, verdict);
  if (recovery !== null && !look.provisional) {
    if (!instance.told) return end(instance, look, QUIET.untold, recovery);
    return look.quiet === null ? end(instance, look, null, recovery) : stay(instance, REASON.waitsForLive);
  }
  if (verdict !== REASON.holds) return stay(instance, REASON.notRecovered);
  if (instance.told || look.quiet !== null) return stay(instance, REASON.holds);
  if (!isJudged(rule, look.endMs)) return stay(instance, REASON.outside);
  return fire(instance, instance.sinceMs!, look, REASON.holdsLive);
}

/** Why a firing may end in this window, or null. */
function recovers(rule: Rule, { value, endMs }: Look, verdict: Reason): Reason | null {
  if (rule.recover === null) return verdict === REASON.holds ? null : REASON.fails;
  return passes(rule.recover, value!, endMs) === true ? REASON.recovered : null;
}

function begin(rule: Rule, instance: AlertInstance, look: Look): AlertStep {
  if (rule.forMs === 0) return fire(instance, look.endMs, look, REASON.holds);
  const pending: AlertInstance = { ...instance, state: 'pending', sinceMs: look.endMs, told: false };
  const { quiet: suppressed } = look;
  const effect = {
    from: instance.state,
    to: 'pending',
    look,
    sinceMs: look.endMs,
    suppressed,
    reason: REASON.holds,
  } as const;
  return { instance: pending, effect, reason: REASON.waits };
}

function fire(instance: AlertInstance, sinceMs: number, look: Look, reason: Reason): AlertStep {
  const firing: AlertInstance = { ...instance, state: 'firing', sinceMs, told: look.quiet === null };
  const { quiet: suppressed } = look;
  const effect = { from: instance.state, to: 'firing', look, sinceMs, suppressed, reason } as const;
  return { instance: firing, effect, reason };
}

function end(instance: AlertInstance, look: Look, suppressed: Quiet | null, reason: Reason): AlertStep {
  const inactive: AlertInstance = { ...instance, state: 'inactive', sinceMs: null, told: false };
  const effect = {
    from: instance.state,
    to: 'inactive',
    look,
    sinceMs: instance.sinceMs!,
    suppressed,
    reason,
  } as const;
  return { instance: inactive, effect, reason };
}

function stay(instance: AlertInstance, reason: Reason): AlertStep {
  return { instance, effect: null, reason };
}

/** Ends an instance whose rule is gone; null where there is nothing to end. */
export function abandonAlert(instance: AlertInstance, look: Look): AlertEffect | null {
  if (instance.state === 'inactive') return null;
  const quiet = instance.state === 'firing' && instance.told ? null : QUIET.ruleGone;
  return end(instance, look, quiet, REASON.ruleGone).effect;
}

/**
 * The id of an episode: the same whoever computes it, however often. `born` is the version at which the instance came up:
 * a rule that was taken out of the catalogue and put back begins other episodes, with the same windows too.
 */
export function episodeOf(ruleHash: string, labels: string, born: bigint, sinceMs: number): string {
  const text = JSON.stringify([ruleHash, labels, String(born), sinceMs]);
  return createHash('sha256').update(text, 'utf8').digest('hex').slice(0, 32);
}
