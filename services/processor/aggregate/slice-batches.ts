import type { SliceBatch, SliceSnapshot } from '../../shared/core/messages.ts';
import type { SliceRow } from '../../shared/ports/kpi-rows.ts';

/** States of one record: far below what a broker takes as one. */
const STATE_BYTES_MAX = 128 * 1024;
/** Snapshots of one record; the texts of each are short, but not nothing. */
const SNAPSHOTS_MAX = 1_000;

interface Open {
  readonly snapshots: SliceSnapshot[];
  stateBytes: number;
}

/** The rows of one publish, as the records in which they go out: of each partition as few as the limits allow. */
export class SliceBatches {
  private readonly source: string;
  private readonly open = new Map<number, Open>();
  private readonly batches: { readonly partition: number; readonly batch: SliceBatch }[] = [];

  /** `source`: of all its rows. */
  constructor(source: string) {
    this.source = source;
  }

  add({ definition, labels, labelPartition, sliceStartMs, version, samples, state, importId }: SliceRow): void {
    let open = this.open.get(labelPartition);
    if (
      open === undefined ||
      open.snapshots.length >= SNAPSHOTS_MAX ||
      open.stateBytes + state.length > STATE_BYTES_MAX
    ) {
      this.open.set(labelPartition, (open = { snapshots: [], stateBytes: 0 }));
      const batch: SliceBatch = { type: 'slices', source: this.source, snapshots: open.snapshots };
      this.batches.push({ partition: labelPartition, batch });
    }
    const { source } = this;
    open.snapshots.push({ type: 'slice', definition, labels, sliceStartMs, source, version, samples, state, importId });
    open.stateBytes += state.length;
  }

  /** The records, those of one partition in the order in which their rows came. */
  all(): readonly { readonly partition: number; readonly batch: SliceBatch }[] {
    return this.batches;
  }
}
