import { emptyState } from '../../shared/core/aggregate/aggregate-state.ts';
import { partitionOf } from '../../shared/core/partition.ts';
import type { SliceGroup } from '../../shared/core/measure/workflow-plan.ts';
import { waits } from './slice-changes.ts';
import type { SliceEntry } from './slice-entry.ts';

/** Label sets whose partition is kept. */
const PARTITIONS_KEPT_MAX = 10_000;

type ByStart = Map<number, SliceEntry>;

/** The slice entries in memory, and which of them may leave it. */
export class SliceEntries {
  /** By id of the group, labels and start. */
  private readonly groups = new Map<number, Map<string, ByStart>>();
  /** All of them, for the hand that looks for what may leave (the clock algorithm: Corbató 1968). */
  private readonly clock: SliceEntry[] = [];
  private hand = 0;
  private rowCount = 0;
  /** Counts batches. */
  private batch = 0;
  /** Partitions of label sets: a series has many slices. */
  private readonly partitions = new Map<string, number>();
  private readonly labelPartitions: number;

  constructor(labelPartitions: number) {
    this.labelPartitions = labelPartitions;
  }

  clear(): void {
    this.groups.clear();
    this.clock.length = 0;
    this.hand = 0;
    this.rowCount = 0;
    this.unpin();
  }

  /** How many rows they are. */
  get size(): number {
    return this.rowCount;
  }

  all(): readonly SliceEntry[] {
    return this.clock;
  }

  find({ id }: SliceGroup, labels: string, sliceStartMs: number): SliceEntry | undefined {
    return this.groups.get(id)?.get(labels)?.get(sliceStartMs);
  }

  /** The entry of a slice, a new and empty one where there is none. */
  at(group: SliceGroup, labels: string, sliceStartMs: number, labelPartition?: number): SliceEntry {
    let byLabels = this.groups.get(group.id);
    if (byLabels === undefined) this.groups.set(group.id, (byLabels = new Map()));
    let byStart = byLabels.get(labels);
    if (byStart === undefined) byLabels.set(labels, (byStart = new Map()));
    let entry = byStart.get(sliceStartMs);
    if (entry === undefined) {
      entry = emptyEntry(group, labels, labelPartition ?? this.partitionOf(labels), sliceStartMs);
      byStart.set(sliceStartMs, entry);
      this.clock.push(entry);
      this.rowCount += group.members.length;
    }
    return entry;
  }

  private partitionOf(labels: string): number {
    let partition = this.partitions.get(labels);
    if (partition === undefined) {
      if (this.partitions.size >= PARTITIONS_KEPT_MAX) this.partitions.clear();
      this.partitions.set(labels, (partition = partitionOf(labels, this.labelPartitions)));
    }
    return partition;
  }

  /** The entry stays until `unpin`. */
  pin(entry: SliceEntry): void {
    entry.pin = this.batch;
  }

  unpin(): void {
    this.batch++;
  }

  /** Above so many rows entries leave that log and store have as they are, first those that were not used of late. */
  evict(rowsMax: number, onLeave: (entry: SliceEntry) => void): void {
    // Each may be met twice: used when it is met first, not any more when it comes up again.
    for (let left = this.clock.length * 2; left > 0 && this.rowCount > rowsMax; left--) {
      if (this.hand >= this.clock.length) this.hand = 0;
      const entry = this.clock[this.hand]!;
      if (entry.used || entry.pin === this.batch || waits(entry)) {
        entry.used = false;
        this.hand++;
      } else {
        this.drop(this.hand);
        onLeave(entry);
      }
    }
  }

  /** Entries that `goes` names leave. */
  remove(goes: (entry: SliceEntry) => boolean): void {
    for (let i = this.clock.length - 1; i >= 0; i--) if (goes(this.clock[i]!)) this.drop(i);
  }

  private drop(index: number): void {
    const { group, labels, sliceStartMs } = this.clock[index]!;
    const last = this.clock.pop()!;
    if (index < this.clock.length) this.clock[index] = last;
    this.rowCount -= group.members.length;
    const byLabels = this.groups.get(group.id)!;
    const byStart = byLabels.get(labels)!;
    byStart.delete(sliceStartMs);
    if (byStart.size === 0) byLabels.delete(labels);
    if (byLabels.size === 0) this.groups.delete(group.id);
  }
}

function emptyEntry(group: SliceGroup, labels: string, labelPartition: number, sliceStartMs: number): SliceEntry {
  return {
    group,
    labels,
    labelPartition,
    sliceStartMs,
    states: group.members.map(({ definition }) => emptyState(definition.aggregate)),
    offsets: group.members.map(() => -1),
    importIds: group.members.map(() => null),
    ackedOffset: -1,
    rows: null,
    waitedAtChange: false,
    toPublish: false,
    toStore: false,
    publishing: 0,
    turn: -1,
    containing: null,
    pin: -1,
    used: false,
  };
}
