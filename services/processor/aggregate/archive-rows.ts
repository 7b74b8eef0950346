import type { CaseSummary } from '../../shared/core/measure/case-summary.ts';
import type { LoggedEvent } from '../../shared/core/event.ts';
import { versionOf } from '../../shared/core/version.ts';
import type { KpiStore, RowBlock, RowBuffer } from '../../shared/ports/kpi-store.ts';
import { toEventRow } from './event-rows.ts';

/** The rows of `events` and `cases` of one partition that the store is not known to have. */
export class ArchiveRows {
  private events: RowBuffer<'events'>;
  private retained: RowBuffer<'retained_events'>;
  private cases: RowBuffer<'cases'>;
  /** Handed out, and not acknowledged. */
  private inFlight: readonly RowBlock[] = [];
  /** Handed out before, but the store failed, or may have. */
  private failed: readonly RowBlock[] = [];
  private readonly store: KpiStore;
  private readonly workflow: string;
  private readonly partition: number;
  private readonly epoch: number;

  constructor(store: KpiStore, workflow: string, partition: number, epoch: number) {
    this.store = store;
    this.workflow = workflow;
    this.partition = partition;
    this.epoch = epoch;
    this.events = store.rowBuffer('events');
    this.retained = store.rowBuffer('retained_events');
    this.cases = store.rowBuffer('cases');
  }

  clear(): void {
    this.events = this.store.rowBuffer('events');
    this.retained = this.store.rowBuffer('retained_events');
    this.cases = this.store.rowBuffer('cases');
    this.inFlight = [];
    this.failed = [];
  }

  /** `period`: of the archive (core/retention.ts); 0: it has none yet. */
  add(event: LoggedEvent, period: number): void {
    const row = toEventRow(event, this.partition, this.epoch);
    if (period === 0) this.events.add(row);
    else this.retained.add({ ...row, period });
  }

  /** Hands out those that wait, with rows of the cases that changed. */
  take(changed: Iterable<readonly [caseId: string, summary: CaseSummary]>): readonly RowBlock[] {
    const { workflow, partition, epoch } = this;
    for (const [caseId, summary] of changed) {
      // Field by field: spreading takes several times as long.
      const { firstMs, lastMs, firstActivity, lastActivity, events, dimensions, offset } = summary;
      const version = versionOf(epoch, offset);
      this.cases.add({
        workflow,
        partition,
        caseId,
        firstMs,
        lastMs,
        firstActivity,
        lastActivity,
        events,
        dimensions,
        voided: events === 0,
        version,
      });
    }
    this.inFlight = [...this.failed, this.events.take(), this.retained.take(), this.cases.take()].filter(
      ({ length }) => length > 0,
    );
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
    let sum = this.events.length + this.retained.length;
    for (const { table, length } of [...this.failed, ...this.inFlight])
      if (table === 'events' || table === 'retained_events') sum += length;
    return sum;
  }
}
