import { type Amount, addAmounts, negateAmount, toAmount } from '../aggregate/amount.ts';
import { type Carried, carriedOf } from './carried.ts';
import { unscaledAt } from '../decimal.ts';
import type { LoggedEvent } from '../event.ts';
import type { LabelValues } from './label-plan.ts';
import { NO_LABEL } from './labels.ts';
import type { MeasurePlan, Output } from './measure-plan.ts';

/** What holds of a case until its next event. */
interface Held {
  readonly level: Amount;
  readonly labels: LabelValues;
}

/** What a change does to what is observed: nothing, one case more, one less. */
const CHANGES = 0;
const BEGINS = 1;
const ENDS = 2;

/** States that one definition keeps an object of; beyond it they are made anew. */
const STATES_MAX = 1_000;

/**
 * What holds from an event of a case until the next one: the reading of a gauge, or whether the case is in one of the states
 * asked for. It emits how the level changes, at the time of the event, and whether the case begins or ends to be observed
 * under these labels. Where `where` does not hold nothing is observed until the next event; before the first event, neither.
 */
export class HoldFold {
  private readonly plan: MeasurePlan;
  private held: Held | null = null;
  /** By state, as dimensions that labels are taken from: one object each. */
  private readonly states = new Map<string, Carried>();

  constructor(plan: MeasurePlan) {
    this.plan = plan;
  }

  /** The next event is the first of a case. */
  reset(): void {
    this.held = null;
  }

  get isOpen(): boolean {
    return this.held !== null;
  }

  feed(event: LoggedEvent, carried: Carried, first: LabelValues, output: Output): void {
    const [of, to] = this.plan.selectors;
    if (to?.matches(event, carried) === true) return this.change(null, event.timeMs, output);
    if (!of!.matches(event, carried)) return;
    const level = this.levelOf(event, carried);
    if (level === null) return;
    const held = this.plan.passes(event, carried) ? { level, labels: this.labelsOf(event, carried, first) } : null;
    this.change(held, event.timeMs, output);
  }

  /** Null: the event says nothing of the level. */
  private levelOf(event: LoggedEvent, carried: Carried): Amount | null {
    const { measure, scale } = this.plan.definition;
    if (measure.kind === 'state') return (measure.in?.includes(this.stateOf(event, carried)) ?? true) ? 1 : 0;
    return event.value === null ? null : toAmount(unscaledAt(event.value, scale));
  }

  private stateOf(event: LoggedEvent, carried: Carried): string {
    const { measure } = this.plan.definition;
    if (measure.kind !== 'state' || measure.of === null) return event.activity;
    return carriedOf(carried, measure.of) ?? NO_LABEL;
  }

  private labelsOf(event: LoggedEvent, carried: Carried, first: LabelValues): LabelValues {
    const { labels } = this.plan;
    const taken = labels.take('from', carried, labels.take('to', carried, first));
    return labels.uses('state') ? labels.take('state', this.asLabel(this.stateOf(event, carried)), taken) : taken;
  }

  private asLabel(state: string): Carried {
    let carried = this.states.get(state);
    if (carried !== undefined) return carried;
    if (this.states.size >= STATES_MAX) this.states.clear();
    this.states.set(state, (carried = { state }));
    return carried;
  }

  private change(next: Held | null, timeMs: number, output: Output): void {
    const before = this.held;
    this.held = next;
    if (before !== null && next !== null && isSame(before.labels, next.labels)) {
      const amount = addAmounts(next.level, negateAmount(before.level));
      if (amount !== 0) output({ timeMs, amount, part: CHANGES, labels: next.labels }, 1);
      return;
    }
    if (before !== null) output({ timeMs, amount: negateAmount(before.level), part: ENDS, labels: before.labels }, 1);
    if (next !== null) output({ timeMs, amount: next.level, part: BEGINS, labels: next.labels }, 1);
  }
}

function isSame(a: LabelValues, b: LabelValues): boolean {
  return a === b || a.every((value, i) => value === b[i]);
}
