import type { Part } from '../aggregate/aggregate-state.ts';
import type { Amount } from '../aggregate/amount.ts';
import { carryOn, NOTHING_CARRIED } from './carried.ts';
import type { LoggedEvent } from '../event.ts';
import type { EventPlace } from '../aggregate/last.ts';
import { MeasureFold } from './measure-fold.ts';
import type { PairGroup, SliceGroup, WorkflowPlan } from './workflow-plan.ts';

/** One change of the slices of a group's definitions. */
export interface Delta {
  readonly group: SliceGroup;
  readonly timeMs: number;
  readonly labels: string;
  readonly amount: Amount;
  readonly part: Part;
  readonly sign: 1 | -1;
  /** Of a last: where the event stands. */
  readonly place?: EventPlace | undefined;
  /** Of an integral: its time on the clock of the KPI, ms. */
  readonly atMs?: number | undefined;
}

/** What two deltas have in common of which one takes back the other. */
export function contributionKey({ group, timeMs, part, amount, labels, place }: Delta): string {
  const key = `${group.id} ${timeMs} ${part} ${amount} ${labels}`;
  return place === undefined ? key : `${key} ${JSON.stringify([place.rank, place.activity, place.id])}`;
}

/** All definitions of a workflow over one case at a time: fed its events in order, they give what it contributes. */
export class CaseFolds {
  readonly plan: WorkflowPlan;
  private readonly folds: readonly MeasureFold[];
  private carried = NOTHING_CARRIED;
  /** Where what changes goes; null: nowhere. */
  private into: Delta[] | null = null;

  constructor(plan: WorkflowPlan) {
    this.plan = plan;
    this.folds = plan.pairs.map((pair) => this.foldOf(pair));
  }

  private foldOf({ plan, slices }: PairGroup): MeasureFold {
    const timed = plan.definition.aggregate.kind === 'integral';
    return new MeasureFold(plan, (timeMs, labels, amount, part, sign, place) => {
      if (this.into === null) return;
      const atMs = timed ? plan.clock(timeMs) : undefined;
      for (const group of slices)
        if (timeMs >= group.fromMs) this.into.push({ group, timeMs, labels, amount, part, sign, place, atMs });
    });
  }

  /** The next event is the first of a case. */
  reset(): void {
    this.carried = NOTHING_CARRIED;
    for (const fold of this.folds) fold.reset();
  }

  /** Whether a definition waits for an event of the case without a limit of time: for an exit, or what comes after what holds. */
  get isOpen(): boolean {
    return this.folds.some(({ isOpen }) => isOpen);
  }

  /** The next event of the case. What it changes is added to `into`; null: it did so before. */
  feed(event: LoggedEvent, into: Delta[] | null): void {
    this.carried = carryOn(this.carried, event.dimensions);
    this.into = into;
    for (const fold of this.folds) fold.feed(event, this.carried);
  }
}

/** All that a list of ordered events contributes, as the fold emits it (takings-back included). */
export function contributionsOf(plan: WorkflowPlan, ordered: readonly LoggedEvent[]): Delta[] {
  const folds = new CaseFolds(plan);
  const deltas: Delta[] = [];
  for (const event of ordered) folds.feed(event, deltas);
  return deltas;
}
