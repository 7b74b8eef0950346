import type { Part } from '../aggregate/aggregate-state.ts';
import type { Amount } from '../aggregate/amount.ts';
import { type Carried, carriedOf } from './carried.ts';
import { businessTimeOf } from '../calendar/business-time.ts';
import { type Clock, clockOf } from './clock.ts';
import { compileConditions } from '../alert/condition.ts';
import type { Definition, Measure, Selector } from '../definition.ts';
import type { LoggedEvent } from '../event.ts';
import { LabelPlan, type LabelValues } from './label-plan.ts';
import { type EventPlace, placesAmong } from '../aggregate/last.ts';

/** A contribution whose labels are not yet encoded. */
export interface Emitted {
  readonly timeMs: number;
  readonly amount: Amount;
  readonly part: Part;
  readonly labels: LabelValues;
  /** Of a last: where the event stands. */
  readonly place?: EventPlace | undefined;
}

/** Where a fold sends what it emits, labels not yet encoded. */
export type Output = (emitted: Emitted, sign: 1 | -1) => void;

/** Takes a contribution (sign 1) or takes it back (-1). `labels` are canonical. */
export type Emit = (
  timeMs: number,
  labels: string,
  amount: Amount,
  part: Part,
  sign: 1 | -1,
  place?: EventPlace,
) => void;

/** Whether an event counts; `carried` are the case's dimensions with its own applied. */
export type EventTest = (event: LoggedEvent, carried: Carried) => boolean;

/** What all cases share of one definition. */
export interface MeasurePlan {
  readonly definition: Definition;
  readonly labels: LabelPlan;
  /** The KPI's own `where`, on the event that anchors the contribution. */
  readonly passes: EventTest;
  /** What a duration counts of the time between two instants, in milliseconds: all of it, or the working time. */
  readonly elapsedMs: (fromMs: number, toMs: number) => number;
  /** Of a measure within: until when the pair of an entry has to be closed; null: for ever. */
  readonly deadlineMs: (event: LoggedEvent, carried: Carried) => number | null;
  /** Where an event stands, of a last; null: nobody asks. */
  readonly placeOf: ((event: LoggedEvent) => EventPlace) | null;
  /** By which what moves with time counts. */
  readonly clock: Clock;
  readonly selectors: readonly { readonly selector: Selector; readonly matches: EventTest }[];
}

/** Compiles a definition once for all cases. */
export function planMeasure(definition: Definition): MeasurePlan {
  return {
    definition,
    labels: new LabelPlan(definition.by, definition.admitted),
    passes: conditionTest(definition.where),
    elapsedMs: elapsed(definition),
    deadlineMs: deadline(definition),
    placeOf: definition.aggregate.kind === 'last' ? placesAmong(definition.activities) : null,
    clock: clockOf(definition),
    selectors: selectorsOf(definition.measure).map((selector) => ({ selector, matches: selectorTest(selector) })),
  };
}

function selectorsOf(measure: Measure): readonly Selector[] {
  switch (measure.kind) {
    case 'event':
    case 'counter':
    case 'distinct':
    case 'session':
      return [measure.event];
    case 'ratio':
      return [measure.numerator.event, measure.denominator.event];
    case 'rework':
      return measure.to === null ? [measure.of] : [measure.of, measure.to];
    case 'state':
      return measure.to === null ? [measure.event] : [measure.event, measure.to];
    case 'duration':
    case 'open':
    case 'within':
    case 'conversion':
      return [measure.from, measure.to];
    case 'formula':
    case 'rollup':
    case 'growth':
      throw new Error(`a ${measure.kind} is computed from KPIs, not from events`);
  }
}

function elapsed({ measure }: Definition): MeasurePlan['elapsedMs'] {
  if (measure.kind !== 'duration' || measure.hours === undefined) return (fromMs, toMs) => toMs - fromMs;
  const time = businessTimeOf(measure.hours);
  return (fromMs, toMs) => time.businessMs(fromMs, toMs);
}

function deadline({ measure }: Definition): MeasurePlan['deadlineMs'] {
  if (measure.kind !== 'within') return () => null;
  const { limits, hours } = measure;
  const tests = limits.where.map(({ conditions, limitMs }) => ({ test: conditionTest(conditions), limitMs }));
  const time = hours === undefined ? null : businessTimeOf(hours);
  return (event, carried) => {
    const limitMs = tests.find(({ test }) => test(event, carried))?.limitMs ?? limits.defaultMs;
    return time === null ? event.timeMs + limitMs : time.instantAfter(event.timeMs, limitMs);
  };
}

function conditionTest(conditions: Definition['where']): EventTest {
  if (conditions.length === 0) return () => true;
  const test = compileConditions(conditions);
  return (event, carried) => test((name) => carriedOf(carried, name), event.value);
}

function selectorTest(selector: Selector): EventTest {
  const where = conditionTest(selector.where);
  if (selector.activity === 'any') return where;
  return (event, carried) => event.activity === selector.activity && where(event, carried);
}
