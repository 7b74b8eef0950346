import type { CaseState } from '../../shared/core/case-state.ts';
import type { LoggedEvent } from '../../shared/core/event.ts';
import type { EventRow } from '../../shared/ports/kpi-rows.ts';
import { fromEventRow, toEventRow } from './event-rows.ts';

/** A case that changed, as it stands, with its last event. */
export interface ChangedCase {
  readonly event: LoggedEvent;
  readonly state: CaseState;
}

/** The events of one partition that the store is not known to have, and the cases that they changed. */
export class UnstoredEvents {
  /** Rows are made only when they are needed: what lives long is moved by the garbage collector again and again. */
  private pending: LoggedEvent[] = [];
  /** Collected for the store, not yet acknowledged: the archive may or may not have them. */
  private inFlight: readonly EventRow[] = [];
  /** Cases that changed since the last store: held here, they need not be unpacked for it. */
  private changedCases = new Map<string, ChangedCase>();
  /** Those that were collected, not yet acknowledged. */
  private casesInFlight = new Map<string, ChangedCase>();
  private readonly partition: number;
  private readonly epoch: number;

  constructor(partition: number, epoch: number) {
    this.partition = partition;
    this.epoch = epoch;
  }

  clear(): void {
    this.pending = [];
    this.inFlight = [];
    this.changedCases.clear();
    this.casesInFlight.clear();
  }

  /** `state`: the event's case, which has it. */
  add(event: LoggedEvent, state: CaseState): void {
    this.pending.push(event);
    this.changedCases.set(event.caseId, { event, state });
  }

  /** All of them, in the order of the log. */
  rows(): EventRow[] {
    return [...this.inFlight, ...this.pendingRows()];
  }

  private pendingRows(): EventRow[] {
    return this.pending.map((event) => toEventRow(event, this.partition, this.epoch));
  }

  /** Hands out those that wait, and the cases that they changed. */
  take(): { readonly events: readonly EventRow[]; readonly cases: readonly ChangedCase[] } {
    const taken = { events: this.pendingRows(), cases: [...this.changedCases.values()] };
    this.inFlight = taken.events;
    this.pending = [];
    this.casesInFlight = this.changedCases;
    this.changedCases = new Map();
    return taken;
  }

  /** The store has what was handed out. */
  stored(): void {
    this.inFlight = [];
    this.casesInFlight = new Map();
  }

  /** The store failed, or may have: what was handed out waits again. */
  putBack(events: readonly EventRow[]): void {
    this.pending = [...events.map(fromEventRow), ...this.pending];
    this.inFlight = [];
    for (const [caseId, changed] of this.casesInFlight)
      if (!this.changedCases.has(caseId)) this.changedCases.set(caseId, changed);
    this.casesInFlight = new Map();
  }

  get size(): number {
    return this.pending.length + this.inFlight.length;
  }
}
