import type { WorkingHours } from '../calendar/calendar.ts';
import type { Goal } from '../goal/goal.ts';
import type { PlanLimit } from '../goal/plan.ts';

/** How a rule compares a KPI's value with its limit. */
export const COMPARISONS = ['>', '>=', '<', '<=', '==', '!='] as const;
export type Comparison = (typeof COMPARISONS)[number];

/** One comparison of a rule. */
export interface Threshold {
  readonly op: Comparison;
  /** What is compared with, in the KPI's unit: a target or baseline is in it already. */
  readonly limit: Goal | PlanLimit;
  /** As the catalogue has it, such as `value > target * 1.2`. */
  readonly text: string;
}

/** How urgent it is, from least to most. */
export const SEVERITIES = ['info', 'warning', 'page'] as const;
export type Severity = (typeof SEVERITIES)[number];

/** A rule of the catalogue. Rule and labels make an instance, which core/alert/alert-instance.ts steps. */
export interface Rule {
  /** Unique in the catalogue. */
  readonly name: string;
  /** 16 hex digits over what decides its states; another hash is another rule, which starts anew. */
  readonly hash: string;
  /** The KPI's key in the catalogue. */
  readonly kpi: string;
  /** Hash of the KPI's definition. */
  readonly definition: string;
  readonly when: Threshold;
  /** What ends a firing; null: that `when` does not hold any more. */
  readonly recover: Threshold | null;
  /** How long the condition must hold, from window end to window end; of what is judged in hours only these count. */
  readonly forMs: number;
  /** The hours in which it may begin and fire; null: at any time. */
  readonly during: WorkingHours | null;
  /** A window with fewer samples decides nothing. */
  readonly minSamples: number;
  readonly severity: Severity;
  /** Whether it acts on windows that are not complete yet. */
  readonly provisional: boolean;
  /** Names of channels. */
  readonly notify: readonly string[];
  /** The KPI's target, for whoever reads a transition. */
  readonly target: Goal | null;
}
