import { packCase, unpackCase } from '../../shared/core/case-pack.ts';
import { CaseState } from '../../shared/core/case-state.ts';
import type { LoggedEvent } from '../../shared/core/event.ts';
import type { KpiStore } from '../../shared/ports/kpi-store.ts';
import { CaseFilter } from './case-filter.ts';
import { fromEventRow } from './event-rows.ts';

/** Cases kept in memory by one partition's fold; above it the least recently used stored ones leave. */
export const CASES_MAX = 100_000;
/** Of those, how many are kept ready for their next event; the others are packed. */
const READY_CASES_MAX = 4_000;

/**
 * The cases of one partition. A case is its events: those not in memory come from the archive, below the record in
 * hand (DESIGN.md section 4, point 2), in one query per fetched batch.
 */
export class CaseCache {
  private readonly ready = new Map<string, CaseState>();
  private readonly packed = new Map<string, string>();
  /** Cases with events that are not yet acknowledged, and how many. */
  private readonly unstored = new Map<string, number>();
  private filter = new CaseFilter();
  private readonly store: KpiStore;
  private readonly workflow: string;
  private readonly partition: number;
  private readonly casesMax: number;

  constructor(options: { store: KpiStore; workflow: string; partition: number; casesMax?: number }) {
    this.store = options.store;
    this.workflow = options.workflow;
    this.partition = options.partition;
    this.casesMax = options.casesMax ?? CASES_MAX;
  }

  async restore(): Promise<void> {
    this.ready.clear();
    this.packed.clear();
    this.unstored.clear();
    this.filter = new CaseFilter();
    for await (const ids of this.store.caseIds(this.workflow, this.partition, 0))
      for (const id of ids) this.filter.add(id);
  }

  /** Brings the cases of a batch into memory as they were before `belowOffset`, the batch's first record. */
  async load(caseIds: Iterable<string>, belowOffset: number): Promise<void> {
    const missing = new Set<string>();
    for (const id of caseIds) {
      if (this.ready.has(id) || this.packed.has(id)) continue;
      if (this.filter.mayHave(id)) missing.add(id);
    }
    if (missing.size === 0) return;
    const byCase = new Map<string, LoggedEvent[]>();
    for (const row of await this.store.caseEvents(this.workflow, this.partition, [...missing], belowOffset)) {
      const events = byCase.get(row.caseId) ?? [];
      events.push(fromEventRow(row));
      byCase.set(row.caseId, events);
    }
    for (const [id, events] of byCase) this.ready.set(id, new CaseState(events));
  }

  /** The case, which `load` brought in or which is new. */
  get(caseId: string): CaseState {
    let state = this.ready.get(caseId);
    if (state === undefined) state = this.unpack(caseId);
    else this.ready.delete(caseId);
    this.ready.set(caseId, state);
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

  /** The least recently used cases are packed, and leave once they are stored. */
  evict(casesMax = this.casesMax): void {
    const readyMax = Math.min(READY_CASES_MAX, casesMax);
    for (const [id, state] of this.ready) {
      if (this.ready.size <= readyMax) break;
      this.ready.delete(id);
      this.packed.set(id, packCase(state.events));
    }
    for (const id of this.packed.keys()) {
      if (this.size <= casesMax) break;
      if (!this.unstored.has(id)) this.packed.delete(id);
    }
  }

  get size(): number {
    return this.ready.size + this.packed.size;
  }
}
