import { type Amount, toAmount } from '../aggregate/amount.ts';
import type { Carried } from './carried.ts';
import type { SessionMeasure } from '../definition.ts';
import type { LoggedEvent } from '../event.ts';
import type { LabelValues } from './label-plan.ts';
import type { Emitted, MeasurePlan, Output } from './measure-plan.ts';

/**
 * The sessions of a case: its events, cut where the time from one to the next is longer than the gap. A session counts at
 * its last event. So each event that goes on with one moves it, and one that comes late may join two or part one.
 */
export class SessionFold {
  readonly isOpen = false;
  private readonly plan: MeasurePlan;
  private readonly measure: SessionMeasure;
  /** What an event adds to a number of events, at the definition's scale. */
  private readonly unit: bigint;
  /** Of the session that is under way; -Infinity: there is none. */
  private startMs = -Infinity;
  private endMs = -Infinity;
  private events = 0;
  private from: LabelValues = [];
  private emitted: Emitted | null = null;

  constructor(plan: MeasurePlan, measure: SessionMeasure) {
    this.plan = plan;
    this.measure = measure;
    this.unit = 10n ** BigInt(plan.definition.scale);
  }

  /** The next event is the first of a case. */
  reset(): void {
    this.endMs = -Infinity;
  }

  feed(event: LoggedEvent, carried: Carried, first: LabelValues, output: Output): void {
    if (!this.plan.selectors[0]!.matches(event, carried)) return;
    const { timeMs } = event;
    if (timeMs - this.endMs > this.measure.gapMs) {
      this.startMs = timeMs;
      this.events = 0;
      this.from = this.plan.labels.take('from', carried, first);
    } else if (this.emitted !== null) output(this.emitted, -1);
    this.endMs = timeMs;
    this.events++;
    const labels = this.plan.labels.take('to', carried, this.from);
    this.emitted = this.plan.passes(event, carried) ? { timeMs, amount: this.amount(), part: 0, labels } : null;
    if (this.emitted !== null) output(this.emitted, 1);
  }

  private amount(): Amount {
    if (this.plan.definition.aggregate.kind === 'count') return 1;
    return this.measure.of === 'length' ? this.endMs - this.startMs : toAmount(BigInt(this.events) * this.unit);
  }
}
