import type { WorkingHours } from '../calendar/calendar.ts';
import type { WindowSpec } from '../definition.ts';

/** What is planned for one span of time, half-open, ms UTC. */
export interface PlannedSpan {
  readonly fromMs: number;
  readonly untilMs: number;
  readonly value: number;
}

/** What is planned for each series of a KPI. */
export interface Plan {
  /** The file that it stands in, as the catalogue names it. */
  readonly file: string;
  /** By canonical labels: spans that do not overlap, ascending. */
  readonly series: ReadonlyMap<string, readonly PlannedSpan[]>;
  /** The hours over which a span's value is spread; null: all hours alike. */
  readonly hours: WorkingHours | null;
}

/** How a limit follows from what is planned: `plan * 0.9`. */
export type PlanFactor = readonly [sign: '+' | '-' | '*', operand: number];

/** A limit that is another one in each window: what is planned for it, more or less. */
export interface PlanLimit {
  readonly plan: Plan;
  readonly window: WindowSpec;
  /** Null: it is what is planned. */
  readonly factor: PlanFactor | null;
  /** Canonical labels of the series that it is for; null: not narrowed to one yet. */
  readonly labels: string | null;
}
