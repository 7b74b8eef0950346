import type { LoggedEvent } from '../../shared/core/event.ts';
import type { EventRow } from '../../shared/ports/kpi-store.ts';
import { fromEventRow, toEventRow } from './event-rows.ts';

/** The events of one partition that the store is not known to have, and the cases that they changed. */
export class UnstoredEvents {
  /** Rows are made only when they are needed: what lives long is moved by the garbage collector again and again. */
  private pending: LoggedEvent[] = [];
  /** Collected for the store, not yet acknowledged: the archive may or may not have them. */
  private inFlight: readonly EventRow[] = [];
  /** Cases that changed since the last store, with their last event. */
  private changedCases = new Map<string, LoggedEvent>();
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
  }

  add(event: LoggedEvent): void {
    this.pending.push(event);
    this.changedCases.set(event.caseId, event);
  }

  /** All of them, in the order of the log. */
  rows(): EventRow[] {
    return [...this.inFlight, ...this.pendingRows()];
  }

  private pendingRows(): EventRow[] {
    return this.pending.map((event) => toEventRow(event, this.partition, this.epoch));
  }

  /** Hands out those that wait, and the last event of each case that they changed. */
  take(): { readonly events: readonly EventRow[]; readonly lastOfCases: readonly LoggedEvent[] } {
    const taken = { events: this.pendingRows(), lastOfCases: [...this.changedCases.values()] };
    this.inFlight = taken.events;
    this.pending = [];
    this.changedCases = new Map();
    return taken;
  }

  /** The store has what was handed out. */
  stored(): void {
    this.inFlight = [];
  }

  /** The store failed, or may have: what was handed out waits again. */
  putBack(events: readonly EventRow[]): void {
    this.pending = [...events.map(fromEventRow), ...this.pending];
    this.inFlight = [];
    for (const event of this.pending) this.changedCases.set(event.caseId, event);
  }

  get size(): number {
    return this.pending.length + this.inFlight.length;
  }
}
