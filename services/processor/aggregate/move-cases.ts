import { CaseFolds } from '../../shared/core/measure/case-folds.ts';
import { inOrder } from '../../shared/core/measure/effective-events.ts';
import { planWorkflow, type WorkflowPlan } from '../../shared/core/measure/workflow-plan.ts';
import type { Definition } from '../../shared/core/definition.ts';
import type { LoggedEvent } from '../../shared/core/event.ts';
import { archivePeriod } from '../../shared/core/retention.ts';
import type { RetainedEventRow } from '../../shared/ports/kpi-rows.ts';
import { toEventRow } from './event-rows.ts';
import { type ArchiveScope, casesOf } from './recompute.ts';

/** Rows of one insert, and cases of which one call tells that they expired. */
const PAGE_MAX = 5_000;

/** The archive of a partition that begins later from a record on. */
export interface Move {
  /** What it was below that record: `periods` from its first one on. */
  readonly scope: Omit<ArchiveScope, 'cut'>;
  readonly definitions: readonly Definition[];
  readonly epoch: number;
  readonly periodMs: number;
  /** The first period from there on. */
  readonly fromPeriod: number;
  /** Told of cases that are no part of it any more, some at a time. */
  readonly onExpired: (caseIds: readonly string[]) => void;
}

/**
 * Archives the events of the cases that go on once more, behind the periods that no longer count: a case is in the archive
 * whole or not at all. One goes on that has an event in a later period, or that a definition in force waits for. Which
 * ones follows from the archive below the record alone, so a second time, or a second owner, writes the same rows.
 */
export async function moveCases({ scope, definitions, epoch, periodMs, fromPeriod, onExpired }: Move): Promise<void> {
  const plan = planWorkflow(definitions, scope.ranks);
  const folds = new CaseFolds(plan);
  const before = scope.periods.fromPeriod;
  let rows: RetainedEventRow[] = [];
  let expired: string[] = [];
  const flush = async (): Promise<void> => {
    onExpired(expired);
    expired = [];
    if (rows.length > 0) await scope.store.insert('retained_events', rows);
    rows = [];
  };
  for await (const events of casesOf({ ...scope, periods: { fromPeriod: before, belowPeriod: fromPeriod } })) {
    const last = events.reduce((latest, { timeMs }) => Math.max(latest, archivePeriod(timeMs, periodMs)), 0);
    if (last < fromPeriod && !isOpen(folds, plan, events)) expired.push(events[0]!.caseId);
    else {
      const target = Math.max(last, fromPeriod);
      for (const event of events) {
        const own = archivePeriod(event.timeMs, periodMs);
        // Before the first cut no row has a period.
        if (own < fromPeriod || before === 0)
          rows.push({ ...toEventRow(event, scope.partition, epoch), period: own < fromPeriod ? target : own });
      }
    }
    if (rows.length + expired.length >= PAGE_MAX) await flush();
  }
  await flush();
}

function isOpen(folds: CaseFolds, plan: WorkflowPlan, events: readonly LoggedEvent[]): boolean {
  folds.reset();
  for (const event of inOrder(events, plan.order)) folds.feed(event, null);
  return folds.isOpen;
}
