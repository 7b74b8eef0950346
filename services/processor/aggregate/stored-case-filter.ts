import { BloomFilter } from '../../shared/core/bytes/bloom-filter.ts';
import { epochOf, offsetOf } from '../../shared/core/version.ts';
import type { PositionRow } from '../../shared/ports/kpi-rows.ts';
import type { KpiStore } from '../../shared/ports/kpi-store.ts';
import { eventsTopic } from '../../shared/runtime/topics.ts';

/** The filter of stored cases is saved when this much append time has passed since the last time … */
export const FILTER_SAVED_EVERY_MS = 3_600_000;
/** … or once it has grown by this many cases and by half: what a start reads again stays a part of the whole. */
export const FILTER_GROWTH_SAVED_CASES = 50_000;
/** Under which name the filter is kept among the positions. */
const FILTER_STAGE = 'case-filter';

/** Which cases of one partition may be in the store; saved there too, so that a start need not read all of them. */
export class StoredCaseFilter {
  private filter = new BloomFilter();
  /** When it was saved last, in append time, and how many cases it had; null: not since the restore. */
  private saved: { readonly clockMs: number; readonly size: number } | null = null;
  private readonly store: KpiStore;
  private readonly workflow: string;
  private readonly partition: number;
  private readonly epoch: number;

  constructor(options: { store: KpiStore; workflow: string; partition: number; epoch: number }) {
    this.store = options.store;
    this.workflow = options.workflow;
    this.partition = options.partition;
    this.epoch = options.epoch;
  }

  /** Begins with what was saved, and the cases that came after it. */
  async restore(): Promise<void> {
    const { filter, nextOffset } = await this.savedFilter();
    this.filter = filter;
    this.saved = nextOffset === 0 ? null : { clockMs: 0, size: filter.size };
    for await (const ids of this.store.caseIds(this.workflow, this.partition, nextOffset))
      for (const id of ids) filter.add(id);
  }

  /** The filter as it was saved, with the offset of the first event that it may lack; of another epoch it says nothing. */
  private async savedFilter(): Promise<{ readonly filter: BloomFilter; readonly nextOffset: number }> {
    const row = await this.store.position(FILTER_STAGE, eventsTopic(this.workflow), this.partition);
    const filter = row === null || epochOf(row.version) !== this.epoch ? null : BloomFilter.parse(row.content);
    if (row === null || filter === null) return { filter: new BloomFilter(), nextOffset: 0 };
    return { filter, nextOffset: offsetOf(row.version) + 1 };
  }

  /** False: the case is certainly not in the store. */
  mayHave(caseId: string): boolean {
    return this.filter.mayHave(caseId);
  }

  /** The store will have the case. */
  add(caseId: string): void {
    this.filter.add(caseId);
  }

  /**
   * The row that saves it, when it is time to: it has every case of the records up to `version`. Null when it is not.
   * Whether the row is stored decides nothing: without it a start reads more.
   */
  rowToSave(clockMs: number, version: bigint): PositionRow | null {
    const { size } = this.filter;
    this.saved ??= { clockMs, size: 0 };
    const grown = size - this.saved.size;
    const due = clockMs - this.saved.clockMs >= FILTER_SAVED_EVERY_MS && grown > 0;
    if (!due && grown < Math.max(FILTER_GROWTH_SAVED_CASES, this.saved.size / 2)) return null;
    this.saved = { clockMs, size };
    const { workflow, partition } = this;
    const content = this.filter.encode();
    return { stage: FILTER_STAGE, topic: eventsTopic(workflow), partition, version, content };
  }
}
