import type { Part } from '../aggregate/aggregate-state.ts';
import { type Amount, toAmount } from '../aggregate/amount.ts';
import { type Carried, carriedOf } from './carried.ts';
import { unscaledAt } from '../decimal.ts';
import { distinctAmount } from '../aggregate/distinct-state.ts';
import type { LoggedEvent } from '../event.ts';
import type { LabelValues } from './label-plan.ts';
import { type KindFold, kindFold } from './kind-fold.ts';
import type { Emit, Emitted, MeasurePlan, Output } from './measure-plan.ts';

type Single = Emitted | 'seen' | null;

/** What all folds without event selectors share. */
const NO_SINGLES: Single[] = [];

/**
 * One definition over one case: fed the case's effective events in order, it emits what the case contributes and takes
 * back what a later event changes. Feeding all events from the start gives the same sum as feeding them one by one,
 * which is what lets in-order events skip the full computation.
 */
export class MeasureFold {
  private readonly plan: MeasurePlan;
  private readonly emit: Emit;
  /** What emits under the labels that were taken. */
  private readonly direct: Output;
  /** Of a measure that is more than selected events. */
  private readonly own: KindFold | null;
  /** Per selector of an event or ratio measure: what its first or last occurrence emitted. */
  private readonly singles: Single[];
  /** What stands now, kept only where labels follow the case's last event. */
  private standing: Emitted[] | null;
  private firstLabels: LabelValues | null = null;
  private lastLabels: string | null = null;

  /** `emit` gets what the events contribute. */
  constructor(plan: MeasurePlan, emit: Emit) {
    this.plan = plan;
    this.emit = emit;
    const { labels } = plan;
    this.direct = (emitted, sign) =>
      emit(emitted.timeMs, labels.encode(emitted.labels), emitted.amount, emitted.part, sign, emitted.place);
    this.own = kindFold(plan);
    this.singles = this.own === null ? plan.selectors.map(() => null) : NO_SINGLES;
    this.standing = plan.labels.usesLast ? [] : null;
  }

  /** The next event is the first of a case. */
  reset(): void {
    this.firstLabels = null;
    this.lastLabels = null;
    if (this.standing !== null) this.standing = [];
    for (let i = 0; i < this.singles.length; i++) this.singles[i] = null;
    this.own?.reset();
  }

  /** Whether the case waits for an event without a limit of time. */
  get isOpen(): boolean {
    return this.own?.isOpen ?? false;
  }

  /** `carried`: the case's dimensions with this event's own applied. */
  feed(event: LoggedEvent, carried: Carried): void {
    const { labels } = this.plan;
    if (this.firstLabels === null) this.firstLabels = labels.take('first', carried, null);
    const output = this.standing === null ? this.direct : this.relabelling(carried);
    if (this.own !== null) this.own.feed(event, carried, this.firstLabels, output);
    else this.feedSingles(event, carried, output);
  }

  private feedSingles(event: LoggedEvent, carried: Carried, output: Output): void {
    this.plan.selectors.forEach(({ selector, matches }, part) => {
      if (!matches(event, carried)) return;
      const before = this.singles[part]!;
      if (selector.occurrence === 'first' && before !== null) return;
      const amount = this.amountOf(event, carried, part);
      const { labels, placeOf } = this.plan;
      const emitted =
        amount === null || !this.plan.passes(event, carried)
          ? null
          : {
              timeMs: event.timeMs,
              amount,
              part: part as Part,
              labels: labels.take('from', carried, labels.take('to', carried, this.firstLabels)),
              place: placeOf?.(event),
            };
      if (selector.occurrence === 'last' && before !== null && before !== 'seen') output(before, -1);
      if (emitted !== null) output(emitted, 1);
      if (selector.occurrence === 'last') this.singles[part] = emitted;
      else if (selector.occurrence === 'first') this.singles[part] = 'seen';
    });
  }

  private amountOf(event: LoggedEvent, carried: Carried, part: number): Amount | null {
    const { aggregate, measure, scale } = this.plan.definition;
    if (measure.kind === 'distinct') {
      const value = measure.dimension === null ? event.caseId : carriedOf(carried, measure.dimension);
      return value === undefined ? null : distinctAmount(value);
    }
    const side =
      measure.kind === 'ratio' ? (part === 0 ? measure.numerator : measure.denominator).aggregate : aggregate.kind;
    if (side === 'count') return 1;
    return event.value === null ? null : toAmount(unscaledAt(event.value, scale));
  }

  /** Labels at the case's last event: everything that stands moves when they change. */
  private relabelling(carried: Carried): Output {
    const { emit } = this;
    const { labels } = this.plan;
    const standing = this.standing!;
    const encode = (emitted: Emitted, last: LabelValues): string =>
      labels.encode(emitted.labels.map((value, i) => last[i] ?? value));
    const now = labels.take('last', carried, null);
    const key = JSON.stringify(now);
    if (this.lastLabels !== null && this.lastLabels !== key) {
      const before = JSON.parse(this.lastLabels) as LabelValues;
      for (const emitted of standing) {
        emit(emitted.timeMs, encode(emitted, before), emitted.amount, emitted.part, -1, emitted.place);
        emit(emitted.timeMs, encode(emitted, now), emitted.amount, emitted.part, 1, emitted.place);
      }
    }
    this.lastLabels = key;
    return (emitted, sign) => {
      if (sign === 1) standing.push(emitted);
      else standing.splice(standing.indexOf(emitted), 1);
      emit(emitted.timeMs, encode(emitted, now), emitted.amount, emitted.part, sign, emitted.place);
    };
  }
}
