import type { Goal } from '../goal/goal.ts';
import type { Plan } from '../goal/plan.ts';
import type { Calendar } from '../calendar/calendar.ts';
import type { Channel } from '../notify/channel.ts';
import type { Definition } from '../definition.ts';
import type { Rule } from '../alert/rule.ts';

/** A kind of process. Activities are in their catalogue order; dimensions are the names events may carry. */
export interface Workflow {
  readonly name: string;
  readonly activities: readonly string[];
  readonly dimensions: readonly string[];
  /** How much later than a newer one an event may come without being late. Default 30 s. */
  readonly disorderMs: number;
  /** How long a partition must be silent before time passes without events. Default 10 s. */
  readonly idleTimeoutMs: number;
  /** How far ahead of the clock a timestamp may be. Default 10 min. */
  readonly futureLimitMs: number;
  /** How long before the watermark an event may be; older ones are too late, and their cases expire. Null: for ever. */
  readonly retentionMs: number | null;
}

/** A KPI as people see it, beside the definition that is folded. Texts are by language (`en`, `zh-CN`). */
export interface Kpi {
  readonly definition: Definition;
  /** Versions whose windows begin before those of `definition`, the latest first; absent: none. The catalogue's files have none. */
  readonly earlier?: readonly Definition[];
  readonly name: Readonly<Record<string, string>>;
  readonly objective: string | null;
  readonly description: string | null;
  readonly source: string | null;
  readonly owner: string | null;
  readonly review: string | null;
  readonly better: 'higher' | 'lower' | null;
  readonly baseline: Goal | null;
  readonly target: Goal | null;
  /** What is planned, by time. */
  readonly plan: Plan | null;
  /** How many label sets may count under their own labels; null: it is computed from KPIs that say it. */
  readonly seriesMax: number | null;
}

export interface Catalogue {
  readonly timezone: string;
  /** Nobody is told of what windows cause that were complete longer ago. */
  readonly maxAlertAgeMs: number;
  readonly workflows: ReadonlyMap<string, Workflow>;
  /** When people work, by name. */
  readonly calendars: ReadonlyMap<string, Calendar>;
  readonly kpis: ReadonlyMap<string, Kpi>;
  /** The rules of all KPIs, by name. */
  readonly rules: ReadonlyMap<string, Rule>;
  /** Where their messages go, by name. */
  readonly channels: ReadonlyMap<string, Channel>;
}
