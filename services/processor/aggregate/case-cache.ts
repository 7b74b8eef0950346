import { CaseState } from '../../shared/core/case-state.ts';
import type { LoggedEvent } from '../../shared/core/event.ts';
import type { KpiStore } from '../../shared/ports/kpi-store.ts';
import { CaseFilter } from './case-filter.ts';
import { fromEventRow } from './event-rows.ts';

/** Cases kept in memory by one partition's fold; above it the least recently used stored ones leave. */
export const CASES_MAX = 100_000;

/**
 * The cases of one partition. A case is its events: those not in memory come from the archive, below the record in
 * hand (DESIGN.md section 4, point 2), in one query per fetched batch.
 */
export class CaseCache {
  private readonly cases = new Map<string, CaseState>();
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
    this.cases.clear();
    this.unstored.clear();
    this.filter = new CaseFilter();
    for await (const ids of this.store.caseIds(this.workflow, this.partition, 0))
      for (const id of ids) this.filter.add(id);
  }

  /** Brings the cases of a batch into memory as they were before `belowOffset`, the batch's first record. */
  async load(caseIds: Iterable<string>, belowOffset: number): Promise<void> {
    const missing = new Set<string>();
    for (const id of caseIds) {
      if (this.cases.has(id)) continue;
      if (this.filter.mayHave(id)) missing.add(id);
    }
    if (missing.size === 0) return;
    const byCase = new Map<string, LoggedEvent[]>();
    for (const row of await this.store.caseEvents(this.workflow, this.partition, [...missing], belowOffset)) {
      const events = byCase.get(row.caseId) ?? [];
      events.push(fromEventRow(row));
      byCase.set(row.caseId, events);
    }
    for (const [id, events] of byCase) this.cases.set(id, new CaseState(events));
  }

  /** The case, which `load` brought in or which is new. */
  get(caseId: string): CaseState {
    let state = this.cases.get(caseId);
    if (state === undefined) state = new CaseState([]);
    else this.cases.delete(caseId);
    this.cases.set(caseId, state);
    return state;
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

  evict(casesMax = this.casesMax): void {
    for (const id of this.cases.keys()) {
      if (this.cases.size <= casesMax) break;
      if (!this.unstored.has(id)) this.cases.delete(id);
    }
  }

  get size(): number {
    return this.cases.size;
  }
}
