import { addAmounts, type Amount, negateAmount, toAmount } from '../aggregate/amount.ts';
import type { Carried } from './carried.ts';
import { parseDecimal, unscaledAt } from '../decimal.ts';
import type { CounterMeasure } from '../definition.ts';
import type { LoggedEvent } from '../event.ts';
import type { LabelValues } from './label-plan.ts';
import type { Emitted, MeasurePlan, Output } from './measure-plan.ts';

interface Reading {
  readonly timeMs: number;
  readonly amount: Amount;
  readonly labels: LabelValues;
}

/**
 * What a counter went up by from each reading of a case to the next, at the time of the later one. Readings are brought
 * to the definition's scale before they are subtracted, so increases add up to what the whole rise is. Of several
 * readings at one instant the greatest counts: which came last, nobody knows. No reading: an event without a value, or
 * with one below 0.
 */
export class CounterFold {
  readonly isOpen = false;
  private readonly plan: MeasurePlan;
  private readonly rollover: Amount | null;
  /** The reading of the latest instant, what it emitted, and the one before that instant. */
  private last: Reading | null = null;
  private emitted: Emitted | null = null;
  private before: Reading | null = null;

  constructor(plan: MeasurePlan, { rollover }: CounterMeasure) {
    this.plan = plan;
    this.rollover = rollover === null ? null : toAmount(unscaledAt(parseDecimal(rollover)!, plan.definition.scale));
  }

  /** The next event is the first of a case. */
  reset(): void {
    // The first reading of the next case sets the rest.
    this.last = null;
  }

  feed(event: LoggedEvent, carried: Carried, first: LabelValues, output: Output): void {
    const { timeMs, value } = event;
    if (value === null || value.unscaled < 0n || !this.plan.selectors[0]!.matches(event, carried)) return;
    const amount = toAmount(unscaledAt(value, this.plan.definition.scale));
    if (this.last?.timeMs === timeMs) {
      if (amount <= this.last.amount) return;
      if (this.emitted !== null) output(this.emitted, -1);
    } else {
      this.before = this.last;
    }
    this.last = { timeMs, amount, labels: this.plan.labels.take('from', carried, first) };
    this.emitted = this.increase(event, carried);
    if (this.emitted !== null) output(this.emitted, 1);
  }

  /** From the reading before to the latest, which `event` brought; null where nothing counts. */
  private increase(event: LoggedEvent, carried: Carried): Emitted | null {
    const { before, last, rollover } = this;
    if (before === null || last === null || !this.plan.passes(event, carried)) return null;
    const amount = increaseOf(before.amount, last.amount, rollover);
    return { timeMs: event.timeMs, amount, part: 0, labels: this.plan.labels.take('to', carried, before.labels) };
  }
}

/** A lower reading: the counter began again at 0, after it went up to `rollover` where it has one that it kept below. */
function increaseOf(before: Amount, now: Amount, rollover: Amount | null): Amount {
  if (now >= before) return addAmounts(now, negateAmount(before));
  if (rollover === null || before >= rollover) return now;
  return addAmounts(addAmounts(rollover, negateAmount(before)), now);
}
