import { type AggregateState, contribute, emptyState } from '../../shared/core/aggregate/aggregate-state.ts';
import { contributionKey, contributionsOf, type Delta } from '../../shared/core/measure/case-folds.ts';
import { inOrder } from '../../shared/core/measure/effective-events.ts';
import type { LoggedEvent } from '../../shared/core/event.ts';
import type { Definition } from '../../shared/core/definition.ts';
import { sliceEnd } from '../../shared/core/window/window.ts';
import { planWorkflow, type WorkflowPlan } from '../../shared/core/measure/workflow-plan.ts';
import type { EventRow } from '../../shared/ports/kpi-rows.ts';
import { compareBytesOf } from '../../shared/core/bytes/compare-text.ts';
import type { CaseRange, KpiStore, PeriodRange } from '../../shared/ports/kpi-store.ts';
import type { CutTimes } from '../../shared/core/retention.ts';
import { fromEventRow } from './event-rows.ts';
import { sinceCut } from './frozen.ts';
import { type SliceKey, sliceStartsOf } from './slice-entry.ts';

/** What is read again: the archive of a partition below an offset, with the events that are not stored yet. */
export interface ArchiveScope {
  readonly store: KpiStore;
  readonly workflow: string;
  readonly partition: number;
  /** The catalogue rank of each activity. */
  readonly ranks: ReadonlyMap<string, number>;
  /** Events in memory, not yet acknowledged; those at or above `belowOffset` are left out. */
  readonly events: readonly LoggedEvent[];
  readonly belowOffset: number;
  /** Only these cases; absent: all. */
  readonly cases?: CaseRange;
  /** Only these periods of the archive. */
  readonly periods: PeriodRange;
  /** The cut in force: frozen slices are left out. */
  readonly cut: CutTimes | null;
}

/** What a case contributes to one definition. */
export interface Addition {
  readonly definition: Definition;
  readonly delta: Delta;
}

/** All that the cases contribute to these definitions. */
export async function additionsOf(scope: ArchiveScope, definitions: readonly Definition[]): Promise<Addition[]> {
  const plan = planWorkflow(definitions, scope.ranks);
  const additions: Addition[] = [];
  for await (const events of casesOf(scope)) {
    for (const delta of netDeltas(plan, events, scope.cut))
      for (const { definition } of delta.group.members) additions.push({ definition, delta });
  }
  return additions;
}

/** Every slice of these definitions, from the archive. */
export async function recompute(
  scope: ArchiveScope,
  definitions: readonly Definition[],
): Promise<{ key: SliceKey; state: AggregateState }[]> {
  const rows = new Map<string, { key: SliceKey; state: AggregateState }>();
  const plan = planWorkflow(definitions, scope.ranks);
  for await (const events of casesOf(scope)) {
    for (const delta of netDeltas(plan, events, scope.cut)) {
      for (const sliceStartMs of sliceStartsOf(delta)) {
        for (const { definition } of delta.group.members) {
          const { labels } = delta;
          const name = `${definition.hash} ${sliceStartMs} ${labels}`;
          let row = rows.get(name);
          if (row === undefined) {
            row = { key: { definition, labels, sliceStartMs }, state: emptyState(definition.aggregate) };
            rows.set(name, row);
          }
          contribute(row.state, delta.amount, delta.part, delta.sign, delta.place, delta.atMs);
        }
      }
    }
  }
  return [...rows.values()];
}

/** One extreme or last from the archive: what it keeps of its slice, among all cases with an event in it. */
export async function rebuildExtreme(scope: ArchiveScope, key: SliceKey): Promise<AggregateState> {
  const { definition, labels, sliceStartMs } = key;
  const whole = definition.window.kind === 'total';
  const between = whole ? undefined : { fromMs: sliceStartMs, toMs: sliceEnd(definition.window, sliceStartMs) };
  const plan = planWorkflow([definition], scope.ranks);
  const state = emptyState(definition.aggregate);
  for await (const events of casesOf(scope, between)) {
    for (const delta of netDeltas(plan, events, scope.cut)) {
      if (delta.labels === labels && sliceStartsOf(delta).includes(sliceStartMs))
        contribute(state, delta.amount, delta.part, delta.sign, delta.place, delta.atMs);
    }
  }
  return state;
}

/** Contributions without those that later events of the case take back: an extreme then never loses a value. */
function netDeltas(plan: WorkflowPlan, events: readonly LoggedEvent[], cut: CutTimes | null): Delta[] {
  const standing = new Map<string, Delta[]>();
  for (const delta of contributionsOf(plan, inOrder(events, plan.order))) {
    const key = contributionKey(delta);
    const list = standing.get(key) ?? [];
    if (delta.sign === 1) list.push(delta);
    else list.pop();
    standing.set(key, list);
  }
  const deltas = [...standing.values()].flat();
  return cut === null ? deltas : deltas.flatMap((delta) => sinceCut(delta, cut));
}

/** The events of each case, archived and waiting ones together, once each. */
export async function* casesOf(
  scope: Omit<ArchiveScope, 'ranks' | 'cut'>,
  between?: { fromMs: number; toMs: number },
): AsyncIterable<LoggedEvent[]> {
  const waiting = new Map<string, LoggedEvent[]>();
  for (const event of scope.events) {
    if (event.offset >= scope.belowOffset || !isInside(event.caseId, scope.cases)) continue;
    const list = waiting.get(event.caseId) ?? [];
    list.push(event);
    waiting.set(event.caseId, list);
  }
  const { store, workflow, partition, belowOffset, periods } = scope;
  const archived = store.archive(workflow, partition, belowOffset, between, scope.cases, periods);
  for await (const chunk of archived) {
    for (const [caseId, rows] of groupByCase(chunk)) {
      yield merge(rows, waiting.get(caseId) ?? []);
      waiting.delete(caseId);
    }
  }
  if (waiting.size === 0) return;
  // Cases the archive did not give: new ones, or (with a range) those whose archived events lie elsewhere.
  const ids = [...waiting.keys()];
  const isWhole = between === undefined && periods.belowPeriod === undefined;
  const stored = groupByCase(
    isWhole ? [] : await store.caseEvents(workflow, partition, ids, belowOffset, periods.fromPeriod),
  );
  for (const [caseId, rows] of waiting) yield merge(stored.get(caseId) ?? [], rows);
}

function isInside(caseId: string, cases: CaseRange | undefined): boolean {
  if (cases === undefined) return true;
  const { after, upTo } = cases;
  return (after === null || compareBytesOf(caseId, after) > 0) && (upTo === null || compareBytesOf(caseId, upTo) <= 0);
}

function groupByCase(rows: readonly EventRow[]): Map<string, LoggedEvent[]> {
  const cases = new Map<string, LoggedEvent[]>();
  for (const row of rows) {
    const list = cases.get(row.caseId) ?? [];
    list.push(fromEventRow(row));
    cases.set(row.caseId, list);
  }
  return cases;
}

function merge(archived: readonly LoggedEvent[], waiting: readonly LoggedEvent[]): LoggedEvent[] {
  const events = new Map<string, LoggedEvent>();
  for (const event of [...archived, ...waiting]) {
    const known = events.get(event.id);
    if (known === undefined || event.offset < known.offset) events.set(event.id, event);
  }
  return [...events.values()];
}
