import type { Definition, LabelSpec } from '../definition.ts';
import type { EventSql } from './sql-event.ts';

/** What a kind of measure is in SQL. */
export interface MeasureSql {
  /**
   * SQL of what a case contributes, from its `events`: an array of (f, x, mark), the events of entry and exit (the same one
   * where there is one only) and a whole number that the measure and its aggregate agree on.
   */
  readonly found: string;
  /** SQL of a contribution's amount, a whole number, from `f`, `x` and `mark`. */
  readonly amount: string;
  /** SQL of whether it has an amount. */
  readonly counts: string;
  /** SQL of a label, where it is not that of the events of its anchor. */
  readonly label?: (label: LabelSpec) => string | undefined;
  /** On which of the two events the KPI's own `where` is tested. */
  readonly where: 'f' | 'x';
  /** SQL of when it counts; absent: at the time of `x`. */
  readonly time?: string;
  /** How much later than all events of its case that can be, in milliseconds. */
  readonly reachMs?: number;
  /** What the statement defines before all this, `expression AS name` each. */
  readonly tables?: readonly string[];
}

/** Times of the first and the last event of a workflow, milliseconds UTC. */
export interface EventSpan {
  readonly firstMs: number;
  readonly lastMs: number;
}

/** Writes the SQL of a definition whose measure is of one kind. Throws NotChecked. */
export type MeasureWriter = (definition: Definition, sql: EventSql, span: EventSpan) => MeasureSql;
