import type { Shown } from '../../shared/core/alert/alert-run.ts';
import type { InstanceRow } from '../../shared/ports/kpi-rows.ts';

/** The first value of a window, waiting for a mark to pass the window. */
export interface Pending extends Shown {
  readonly endMs: number;
  /** Of the record that brought it. */
  readonly version: bigint;
}

/** A row of the fold: it contains the records up to its version. */
export interface Row {
  version: bigint;
  /** Its stored form, with what was evaluated up to `passedMs`. */
  row(labelPartition: number): InstanceRow;
}
