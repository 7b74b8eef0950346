import type { WorkingHours } from '../calendar/calendar.ts';
import { changesAfter, type Goal, goalAt, narrowed } from '../goal/goal.ts';
import type { PlanLimit } from '../goal/plan.ts';
import { planLimitAt } from '../goal/plan-limit.ts';
import { encodeLabels } from '../measure/labels.ts';
import type { Rule, Threshold } from './rule.ts';

/** A rule as it is for a series of these labels: what it compares with depends on time alone then, or on nothing. */
export function ruleFor(rule: Rule, labels: Readonly<Record<string, string>>): Rule {
  // Most rules have one number for all: their instances share them.
  const all = [rule.when.limit, rule.recover?.limit ?? null, rule.target];
  if (all.every((each) => each === null || typeof each === 'number')) return rule;
  const own = (threshold: Threshold): Threshold => ({ ...threshold, limit: limitFor(threshold.limit, labels) });
  return {
    ...rule,
    when: own(rule.when),
    recover: rule.recover && own(rule.recover),
    target: narrowed(rule.target, labels),
  };
}

function limitFor(limit: Threshold['limit'], labels: Readonly<Record<string, string>>): Threshold['limit'] {
  return isPlan(limit) ? { ...limit, labels: encodeLabels(labels) } : (narrowed(limit, labels) ?? NOTHING);
}

/** A goal that never says anything. */
const NOTHING: Goal = { byDefault: null, cases: [] };

function isPlan(limit: Threshold['limit']): limit is PlanLimit {
  return typeof limit === 'object' && 'plan' in limit;
}

/** Hours without work. */
const NO_HOURS: WorkingHours = {
  calendar: '',
  zone: 'UTC',
  week: [[], [], [], [], [], [], []],
  closed: [],
  makeUp: [],
  special: [],
};

/**
 * A rule as a row keeps it, for when the catalogue has it no more and it can only end: without plans and dates of calendars,
 * which are long.
 */
export function asKept(rule: Rule): Rule {
  const short = (threshold: Threshold): Threshold =>
    isPlan(threshold.limit) ? { ...threshold, limit: NOTHING } : threshold;
  const during = rule.during && NO_HOURS;
  return { ...rule, when: short(rule.when), recover: rule.recover && short(rule.recover), during };
}

/** Windows that end later than this may be compared with something else than one that ends at `endMs`; Infinity: none. */
export function limitChangesAfter({ when, recover }: Rule, endMs: number): number {
  const limits = recover === null ? [when.limit] : [when.limit, recover.limit];
  return Math.min(...limits.map((limit) => (isPlan(limit) ? endMs : changesAfter(limit, endMs))));
}

/** Whether a value passes the comparison in the window that ends then; null: nothing says what it is compared with. */
export function passes({ op, limit: of }: Threshold, value: number, endMs: number): boolean | null {
  const limit = isPlan(of) ? planLimitAt(of, endMs) : goalAt(of, endMs);
  if (limit === null) return null;
  switch (op) {
    case '>':
      return value > limit;
    case '>=':
      return value >= limit;
    case '<':
      return value < limit;
    case '<=':
      return value <= limit;
    case '==':
      return value === limit;
    case '!=':
      return value !== limit;
  }
}
