import type { AggregateState } from '../../shared/core/aggregate/aggregate-state.ts';
import type { Delta } from '../../shared/core/measure/case-folds.ts';
import { type Definition, LEVEL_TOTAL_MS } from '../../shared/core/definition.ts';
import { sliceStart } from '../../shared/core/window/window.ts';
import type { SliceGroup } from '../../shared/core/measure/workflow-plan.ts';
import type { SliceRow } from '../../shared/ports/kpi-rows.ts';

/**
 * The rows of [slices] and `slices` of a group's definitions for one slice of one label set, as this source partition
 * contributes to it. They change together, but each has a version of its own: a crash may have left one behind.
 */
export interface SliceEntry {
  readonly group: SliceGroup;
  readonly labels: string;
  readonly labelPartition: number;
  readonly sliceStartMs: number;
  /** By member of the group, like the two below. */
  readonly states: AggregateState[];
  /** Offset of the last record applied; -1: none. */
  readonly offsets: number[];
  /** The import that touched it last. */
  readonly importIds: (string | null)[];
  /** The highest of the offsets that the store has acknowledged. */
  ackedOffset: number;
  /** The rows as they go out, made once per change. */
  rows: readonly SliceRow[] | null;
  /** It waited for log or store when definitions went out of force: their rows go there too, until nothing waits. */
  waitedAtChange: boolean;
  /** Changed since the last publish, and since the last store. */
  toPublish: boolean;
  toStore: boolean;
  /** How many appends of it are under way: it may have to go out again. */
  publishing: number;
  /** The record that was applied last, as the table counts them. */
  turn: number;
  /** By member: whether its row held that record already; null: none did. */
  containing: readonly boolean[] | null;
  /** The batch that needs it in memory, as the table counts them. */
  pin: number;
  /** Used since the table last looked for what may leave. */
  used: boolean;
}

/** Names one row. */
export interface SliceKey {
  readonly definition: Definition;
  readonly labels: string;
  readonly sliceStartMs: number;
}

/** The slices that a delta goes to, by their starts: one, for levels also the total. */
export function sliceStartsOf({ group, timeMs }: Delta): readonly number[] {
  const startMs = sliceStart(group.window, timeMs);
  return group.isLevel ? [startMs, LEVEL_TOTAL_MS] : [startMs];
}
