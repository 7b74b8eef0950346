import type { Part } from '../aggregate/aggregate-state.ts';
import { type Amount, toAmount } from '../aggregate/amount.ts';
import { type Carried, carriedOf } from './carried.ts';
import { unscaledAt } from '../decimal.ts';
import type { ReworkMeasure } from '../definition.ts';
import type { LoggedEvent } from '../event.ts';
import type { LabelValues } from './label-plan.ts';
import type { MeasurePlan, Output } from './measure-plan.ts';

/** What a case had of the activity so far, with one set of values of `same`. */
interface Had {
  readonly times: number;
  /** Those of the latest one, for what comes again after it. */
  readonly labels: LabelValues;
}

/**
 * What a case has again. Every occurrence after the first is a repeat, at its own time; `cases` and the upper side of a
 * rate take only the second one. The lower side is at the first one, or at the case's first `to`.
 */
export class ReworkFold {
  readonly isOpen = false;
  private readonly plan: MeasurePlan;
  private readonly measure: ReworkMeasure;
  /** By the values of `same`. */
  private readonly had = new Map<string, Had>();
  /** Whether the case had its `to`. */
  private based = false;

  constructor(plan: MeasurePlan, measure: ReworkMeasure) {
    this.plan = plan;
    this.measure = measure;
  }

  /** The next event is the first of a case. */
  reset(): void {
    this.had.clear();
    this.based = false;
  }

  feed(event: LoggedEvent, carried: Carried, first: LabelValues, output: Output): void {
    const [of, to] = this.plan.selectors;
    const { count } = this.measure;
    const labels = this.plan.labels.take('from', carried, first);
    if (to !== undefined && !this.based && to.matches(event, carried)) {
      this.based = true;
      this.emit(event, carried, labels, 1, output);
    }
    if (!of!.matches(event, carried)) return;
    const key = this.keyOf(carried);
    const before = this.had.get(key);
    this.had.set(key, { times: (before?.times ?? 0) + 1, labels });
    if (before === undefined) {
      if (count === 'rate' && to === undefined) this.emit(event, carried, labels, 1, output);
    } else if (count === 'repeats' || before.times === 1) {
      this.emit(event, carried, before.labels, 0, output);
    }
  }

  private keyOf(carried: Carried): string {
    const { same } = this.measure;
    return same.length === 0 ? '' : JSON.stringify(same.map((name) => carriedOf(carried, name) ?? null));
  }

  /** `from`: labels with those of the occurrence before this one. */
  private emit(event: LoggedEvent, carried: Carried, from: LabelValues, part: Part, output: Output): void {
    if (!this.plan.passes(event, carried)) return;
    const amount = this.amountOf(event);
    if (amount === null) return;
    output({ timeMs: event.timeMs, amount, part, labels: this.plan.labels.take('to', carried, from) }, 1);
  }

  private amountOf({ value }: LoggedEvent): Amount | null {
    const { aggregate, scale } = this.plan.definition;
    if (aggregate.kind === 'count' || aggregate.kind === 'ratio') return 1;
    return value === null ? null : toAmount(unscaledAt(value, scale));
  }
}
