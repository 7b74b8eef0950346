import { BloomFilter } from '../../shared/core/bloom-filter.ts';
import { packCase, unpackCase } from '../../shared/core/case-pack.ts';
import { CaseState } from '../../shared/core/case-state.ts';
import type { LoggedEvent } from '../../shared/core/event.ts';
import { epochOf, offsetOf } from '../../shared/core/version.ts';
import type { PositionRow } from '../../shared/ports/kpi-rows.ts';
import type { KpiStore } from '../../shared/ports/kpi-store.ts';
import { eventsTopic } from '../../shared/runtime/topics.ts';
import { fromEventRow } from './event-rows.ts';

/** The filter of stored cases is saved when this much append time has passed since the last time … */
export const FILTER_SAVED_EVERY_MS = 3_600_000;
/** … or once it has grown by this many cases and by half: what a start reads again stays a part of the whole. */
export const FILTER_GROWTH_SAVED_CASES = 50_000;
/** Under which name the filter is kept among the positions. */
const FILTER_STAGE = 'case-filter';

/** Cases of a workflow kept in memory by one process; above it the least recently used stored ones leave. */
export const CASES_MAX = 400_000;
/** Which part of those are kept ready for their next event; the others are packed. */
const READY_SHARE = 0.15;

/**
 * The cases of one partition. A case is its events: those not in memory come from the archive, below the record in
 * hand (DESIGN.md section 4, point 2), in one query per fetched batch.
 */
export class CaseCache {
  /** Ready cases: those used since the ones of `aging` were, and the others, of which the next are packed. */
  private recent = new Map<string, CaseState>();
  private aging = new Map<string, CaseState>();
  /** Goes on where the last pack ended: a map's start fills with the places of all that have left it. */
  private nextToPack = this.aging.entries();
  private readonly packed = new Map<string, string>();
  /** Cases with events that are not yet acknowledged, and how many. */
  private readonly unstored = new Map<string, number>();
  private filter = new BloomFilter();
  /** When the filter was saved last, in append time, and how many cases it had; null: not since the restore. */
  private saved: { readonly clockMs: number; readonly size: number } | null = null;
  private readonly store: KpiStore;
  private readonly workflow: string;
  private readonly partition: number;
  private readonly epoch: number;
  private readonly casesMax: number;

  constructor(options: { store: KpiStore; workflow: string; partition: number; epoch: number; casesMax: number }) {
    this.store = options.store;
    this.epoch = options.epoch;
    this.workflow = options.workflow;
    this.partition = options.partition;
    this.casesMax = options.casesMax;
  }

  async restore(): Promise<void> {
    this.recent.clear();
    this.age();
    this.packed.clear();
    this.unstored.clear();
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

  /**
   * The row that saves the filter, when it is time to: it has every case of the records up to `version`. Null when it is
   * not. Whether the row is stored decides nothing: without it a start reads more.
   */
  filterToSave(clockMs: number, version: bigint): PositionRow | null {
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

  /** Brings the cases of a batch into memory as they were before `belowOffset`, the batch's first record. */
  async load(caseIds: Iterable<string>, belowOffset: number): Promise<void> {
    const missing = new Set<string>();
    for (const id of caseIds) {
      if (this.recent.has(id) || this.aging.has(id) || this.packed.has(id)) continue;
      if (this.filter.mayHave(id)) missing.add(id);
    }
    if (missing.size === 0) return;
    const byCase = new Map<string, LoggedEvent[]>();
    for (const row of await this.store.caseEvents(this.workflow, this.partition, [...missing], belowOffset)) {
      const events = byCase.get(row.caseId) ?? [];
      events.push(fromEventRow(row));
      byCase.set(row.caseId, events);
    }
    for (const [id, events] of byCase) this.recent.set(id, new CaseState(events));
  }

  /** The case, which `load` brought in or which is new. */
  get(caseId: string): CaseState {
    const recent = this.recent.get(caseId);
    if (recent !== undefined) return recent;
    const state = this.aging.get(caseId) ?? this.unpack(caseId);
    this.aging.delete(caseId);
    this.recent.set(caseId, state);
    return state;
  }

  private unpack(caseId: string): CaseState {
    const text = this.packed.get(caseId);
    if (text === undefined) return new CaseState([]);
    this.packed.delete(caseId);
    return new CaseState(unpackCase(this.workflow, caseId, text));
  }

  /** An event of the case waits for the store: the case must stay. */
  hold(caseId: string): void {
    const waiting = this.unstored.get(caseId) ?? 0;
    if (waiting === 0) this.filter.add(caseId);
    this.unstored.set(caseId, waiting + 1);
  }

  /** One event of the case is acknowledged. */
  release(caseId: string): void {
    const waiting = (this.unstored.get(caseId) ?? 0) - 1;
    if (waiting > 0) this.unstored.set(caseId, waiting);
    else this.unstored.delete(caseId);
  }

  /** The cases longest not used, or nearly so, are packed, and leave once they are stored. */
  evict(casesMax = this.casesMax): void {
    const readyMax = Math.ceil(casesMax * READY_SHARE);
    while (this.readySize > readyMax) this.packNext();
    // Before the walk: it begins with the places of all that were unpacked or have left.
    if (this.size <= casesMax) return;
    for (const id of this.packed.keys()) {
      if (this.size <= casesMax) break;
      if (!this.unstored.has(id)) this.packed.delete(id);
    }
  }

  private packNext(): void {
    const { value: next } = this.nextToPack.next();
    if (next === undefined) return this.age();
    const [id, state] = next;
    this.aging.delete(id);
    this.packed.set(id, packCase(state.events));
  }

  /** Nothing of `aging` is left: what was used since then is next. */
  private age(): void {
    this.aging = this.recent;
    this.recent = new Map();
    this.nextToPack = this.aging.entries();
  }

  private get readySize(): number {
    return this.recent.size + this.aging.size;
  }

  get size(): number {
    return this.readySize + this.packed.size;
  }
}
