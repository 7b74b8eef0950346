import type { EventOrder } from '../../shared/core/effective-events.ts';
import type { LoggedEvent } from '../../shared/core/event.ts';
import type { KpiStore, RowBlock, RowBuffer } from '../../shared/ports/kpi-store.ts';
import { toCaseRow } from './case-row.ts';
import { toEventRow } from './event-rows.ts';

/** The rows of `events` and `cases` of one partition that the store is not known to have. */
export class ArchiveRows {
  private events: RowBuffer<'events'>;
  private cases: RowBuffer<'cases'>;
  /** Handed out, and not acknowledged. */
  private inFlight: readonly RowBlock[] = [];
  /** Handed out before, but the store failed, or may have. */
  private failed: readonly RowBlock[] = [];
  private readonly store: KpiStore;
  private readonly partition: number;
  private readonly epoch: number;

  constructor(store: KpiStore, partition: number, epoch: number) {
    this.store = store;
    this.partition = partition;
    this.epoch = epoch;
    this.events = store.rowBuffer('events');
    this.cases = store.rowBuffer('cases');
  }

  clear(): void {
    this.events = this.store.rowBuffer('events');
    this.cases = this.store.rowBuffer('cases');
    this.inFlight = [];
    this.failed = [];
  }

  add(event: LoggedEvent): void {
    this.events.add(toEventRow(event, this.partition, this.epoch));
  }

  /** Hands out those that wait, with rows of the cases that changed, each given by its events. */
  take(changed: Iterable<readonly LoggedEvent[]>, order: EventOrder): readonly RowBlock[] {
    for (const events of changed) this.cases.add(toCaseRow(events, order, this.partition, this.epoch));
    this.inFlight = [...this.failed, this.events.take(), this.cases.take()].filter(({ length }) => length > 0);
    this.failed = [];
    return this.inFlight;
  }

  /** The store has what was handed out. */
  stored(): void {
    this.inFlight = [];
  }

  /** The store failed, or may have: what was handed out waits again. */
  putBack(): void {
    this.failed = this.inFlight;
    this.inFlight = [];
  }

  /** How many events wait. */
  get size(): number {
    let sum = this.events.length;
    for (const { table, length } of [...this.failed, ...this.inFlight]) if (table === 'events') sum += length;
    return sum;
  }
}
