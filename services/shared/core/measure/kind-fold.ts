import type { Carried } from './carried.ts';
import { ConversionFold } from './conversion-fold.ts';
import { CounterFold } from './counter-fold.ts';
import { HoldFold } from './hold-fold.ts';
import type { LoggedEvent } from '../event.ts';
import type { LabelValues } from './label-plan.ts';
import type { MeasurePlan, Output } from './measure-plan.ts';
import { PairFold } from './pair-fold.ts';
import { ReworkFold } from './rework-fold.ts';
import { SessionFold } from './session-fold.ts';

/** What one kind of measure makes of a case's events, fed in order. */
export interface KindFold {
  /** Whether the case waits for an event without a limit of time: retention does not let it expire then. */
  readonly isOpen: boolean;
  /** The next event is the first of a case. */
  reset(): void;
  /** `first`: the labels that the case's first event gives. What was emitted before may be taken back. */
  feed(event: LoggedEvent, carried: Carried, first: LabelValues, output: Output): void;
}

/** The fold of a plan's kind of measure; null for those that only pick events. */
export function kindFold(plan: MeasurePlan): KindFold | null {
  const { measure, aggregate } = plan.definition;
  switch (measure.kind) {
    case 'event':
      return aggregate.kind === 'integral' ? new HoldFold(plan) : null;
    case 'state':
      return new HoldFold(plan);
    case 'ratio':
    case 'distinct':
    case 'formula':
    case 'rollup':
    case 'growth':
      return null;
    case 'duration':
    case 'open':
    case 'within':
      return new PairFold(plan, measure.kind);
    case 'rework':
      return new ReworkFold(plan, measure);
    case 'conversion':
      return new ConversionFold(plan, measure);
    case 'counter':
      return new CounterFold(plan, measure);
    case 'session':
      return new SessionFold(plan, measure);
  }
}
