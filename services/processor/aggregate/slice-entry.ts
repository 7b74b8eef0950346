import type { AggregateState } from '../../shared/core/aggregate-state.ts';
import type { Delta } from '../../shared/core/case-state.ts';
import { type Definition, LEVEL_TOTAL_MS } from '../../shared/core/definition.ts';
import { sliceStart } from '../../shared/core/window.ts';
import type { SliceRow } from '../../shared/ports/kpi-rows.ts';

/** One row of [slices] and `slices`: a series' slice, as this source partition contributes to it. */
export interface SliceEntry {
  readonly key: string;
  readonly definition: Definition;
  readonly labels: string;
  readonly labelPartition: number;
  readonly sliceStartMs: number;
  state: AggregateState;
  importId: string | null;
  /** Offset of the last record applied; -1: none. */
  offset: number;
  ackedOffset: number;
  /** The row as it goes out, made once per change. */
  row: SliceRow | null;
  /** Changed since the last publish, and since the last store. */
  toPublish: boolean;
  toStore: boolean;
  /** How many appends of it are under way: it may have to go out again. */
  publishing: number;
  /** The record that was applied last, as the table counts them. */
  turn: number;
  /** The batch that needs it in memory, as the table counts them. */
  pin: number;
  /** Used since the table last looked for what may leave. */
  used: boolean;
  /** It is not in memory any more: whoever remembers it looks again. */
  left: boolean;
}

/** What a delta touches: one row, for levels also the total row. */
export interface RowKey {
  readonly key: string;
  readonly definition: Definition;
  readonly labels: string;
  readonly sliceStartMs: number;
  /** The row where it was found last; its table knows whether it is still there. */
  entry: SliceEntry | null;
}

/** The rows that a delta goes to. */
export function rowKeysOf({ plan, timeMs, labels }: Delta): RowKey[] {
  const { definition } = plan;
  const startMs = sliceStart(definition.window, timeMs);
  const starts = definition.aggregate.kind === 'level' ? [startMs, LEVEL_TOTAL_MS] : [startMs];
  return starts.map((sliceStartMs) => rowKey(definition, sliceStartMs, labels));
}

/** The key of one row; nobody has looked for it yet. */
export function rowKey(definition: Definition, sliceStartMs: number, labels: string): RowKey {
  return { key: `${definition.hash} ${sliceStartMs} ${labels}`, definition, labels, sliceStartMs, entry: null };
}
