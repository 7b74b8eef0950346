import type { FiscalWeeks, WorkingHours } from './calendar/calendar.ts';

/**
 * Where a KPI takes a dimension from: the pair's entry or exit, or the first or last event of the case. `state`: it is no
 * dimension, but the state of the case.
 */
export type LabelAnchor = 'from' | 'to' | 'first' | 'last' | 'state';

/** One `by` dimension of a KPI. */
export interface LabelSpec {
  readonly dimension: string;
  readonly at: LabelAnchor;
}

/** A test on one event: on a dimension, or on its value (`field: 'value'`). All conditions of a list must hold. */
export type Condition =
  | { readonly op: 'in' | 'not-in'; readonly dimension: string; readonly values: readonly string[] }
  | { readonly op: 'prefix' | 'not-prefix'; readonly dimension: string; readonly prefix: string }
  /** A `where` list such as [FAXS, Car-*]: one alternative must hold. */
  | { readonly op: 'any-of'; readonly alternatives: readonly Condition[] }
  /** `limit` is a decimal as text, compared exactly. An event without a value never passes. */
  | { readonly op: 'lt' | 'lte' | 'gt' | 'gte' | 'eq' | 'ne'; readonly field: 'value'; readonly limit: string };

/** Picks events of a case: which activity (`any` for every one) and which of its occurrences. */
export interface Selector {
  readonly activity: string;
  readonly occurrence: 'first' | 'last' | 'each';
  readonly where: readonly Condition[];
}

/** One side of a ratio: how many events, or the sum of their values. */
export interface RatioPart {
  readonly event: Selector;
  readonly aggregate: 'count' | 'sum';
}

/** How long something may take: the first whose conditions the entry meets, else the default. */
export interface Limits {
  readonly defaultMs: number;
  readonly where: readonly { readonly conditions: readonly Condition[]; readonly limitMs: number }[];
}

export type Measure =
  | { readonly kind: 'event'; readonly event: Selector }
  | {
      readonly kind: 'duration';
      readonly from: Selector;
      readonly to: Selector;
      /** Only these hours count; absent: all time does. */
      readonly hours?: WorkingHours;
    }
  | {
      readonly kind: 'open';
      readonly from: Selector;
      readonly to: Selector;
      /** Not how many are open or what they are worth, but for how long they have been. */
      readonly of?: 'age';
      /** Of an age: only these hours count; absent: all time does. */
      readonly hours?: WorkingHours;
    }
  /** The share of pairs whose exit came within a limit; one without an exit counts once its limit is past. */
  | {
      readonly kind: 'within';
      readonly from: Selector;
      readonly to: Selector;
      readonly limits: Limits;
      /** Only these hours count; absent: all time does. */
      readonly hours?: WorkingHours;
    }
  | { readonly kind: 'ratio'; readonly numerator: RatioPart; readonly denominator: RatioPart }
  /** How many different values of a dimension the events have, or with null how many cases they are of. */
  | { readonly kind: 'distinct'; readonly event: Selector; readonly dimension: string | null }
  | ReworkMeasure
  | ConversionMeasure
  | CounterMeasure
  | SessionMeasure
  | StateMeasure
  | DerivedMeasure;

/** An activity that a case has again. */
export interface ReworkMeasure {
  readonly kind: 'rework';
  readonly of: Selector;
  /** Every one after the first, only the second one, or the second ones over the first ones. */
  readonly count: 'repeats' | 'cases' | 'rate';
  /** Dimensions that must be equal for an event to be `of` again. */
  readonly same: readonly string[];
  /** What a rate divides by, once per case; null: the first `of`. */
  readonly to: Selector | null;
}

/** Cases that come from one event to another, divided by those that had the one. */
export interface ConversionMeasure {
  readonly kind: 'conversion';
  readonly from: Selector;
  readonly to: Selector;
  /** The least time between the two. */
  readonly afterMs: number;
  /** The longest time between the two; null: any. */
  readonly withinMs: number | null;
  /** Where in time a conversion stands: at `to`, or at `from` as what it is divided by. */
  readonly count: 'flow' | 'cohort';
}

/** How long a case is in a state: from the event that puts it there until the next one. */
export interface StateMeasure {
  readonly kind: 'state';
  /** The events that say which state it is. */
  readonly event: Selector;
  /** The dimension whose value is the state; null: the activity is. */
  readonly of: string | null;
  /** The states whose time counts; null: every one. */
  readonly in: readonly string[] | null;
  /** After this event the case is in no state, and not observed; null: the last state goes on. */
  readonly to: Selector | null;
  /** Only these hours count; absent: all time does. */
  readonly hours?: WorkingHours;
}

/** What is computed from other KPIs, whose definitions it holds whole: a changed one makes it another. */
export type DerivedMeasure = FormulaMeasure | RollupMeasure | GrowthMeasure;

/** A formula over other KPIs. */
export interface FormulaMeasure {
  readonly kind: 'formula';
  /** CEL over the KPIs' keys. */
  readonly expression: string;
  /** In the order of their names in it. */
  readonly inputs: readonly Definition[];
}

/** What the windows of a KPI come to within longer ones. */
export interface RollupMeasure {
  readonly kind: 'rollup';
  readonly inputs: readonly [Definition];
  readonly aggregate: 'mean' | 'min' | 'max' | 'sum' | 'last';
  /** What a window without events counts for: its value, which is zero for counts and sums, or nothing. */
  readonly empty: 'zero' | 'skip';
}

/** How far a KPI is above or below an earlier window of its own, as a share of that one. */
export interface GrowthMeasure {
  readonly kind: 'growth';
  readonly inputs: readonly [Definition];
  /** The window before, or that of the year before. */
  readonly over: 'previous' | 'year';
}

/** The increase of a cumulative reading. */
export interface CounterMeasure {
  readonly kind: 'counter';
  readonly event: Selector;
  /** The number at which it begins again at 0, a decimal as text; null: a lower reading is a reset. */
  readonly rollover: string | null;
}

/** Events of a case that follow one another without a gap that is longer than `gapMs`. */
export interface SessionMeasure {
  readonly kind: 'session';
  readonly event: Selector;
  readonly gapMs: number;
  /** What is aggregated: the time from a session's first event to its last one, or how many events it has. */
  readonly of: 'length' | 'events';
}

/** Whether the amounts of a measure are times, in milliseconds. */
export function isTime(measure: Measure): boolean {
  return measure.kind === 'duration' || (measure.kind === 'session' && measure.of === 'length');
}

export type Aggregate =
  /** `derived`: of a KPI that is computed from others, and has no slices. */
  | { readonly kind: 'count' | 'sum' | 'mean' | 'min' | 'max' | 'last' | 'ratio' | 'derived' }
  /** Exact, or an estimate in room that does not grow with the values. */
  | { readonly kind: 'distinct'; readonly approximate: boolean }
  /** Of what is open: how many, or the sum or mean of the values of their entries. */
  | { readonly kind: 'level'; readonly of?: 'sum' | 'mean' }
  /** Of what is open: how old it is. It moves with time alone. */
  | { readonly kind: 'age'; readonly of: 'mean' | 'sum' | 'max' }
  | { readonly kind: 'age'; readonly of: 'percentile'; readonly q: number }
  /**
   * Of what holds until the next event: its mean weighted with time, the time in which it holds, or that as a share of all
   * time observed. It moves with time alone.
   */
  | { readonly kind: 'integral'; readonly of: 'mean' | 'time' | 'share' }
  /** q in (0, 1): the value at rank ⌈q·n⌉, within 1%. */
  | { readonly kind: 'percentile'; readonly q: number };

export type TumblingUnit =
  | 'hour'
  | 'day'
  | 'week'
  | 'month'
  | 'quarter'
  | 'year'
  /** Those of a year that begins in the window's `fiscalMonth`, or is of its `fiscalWeeks`. */
  | 'fiscal-month'
  | 'fiscal-quarter'
  | 'fiscal-year';

export type WindowSpec =
  /** A window of `sizeMs` ending at every multiple of `everyMs`; its slice is `everyMs`, which divides `sizeMs`. */
  | { readonly kind: 'rolling'; readonly sizeMs: number; readonly everyMs: number }
  /** One calendar unit in an IANA zone; its slice is the unit. */
  | {
      readonly kind: 'tumbling';
      readonly unit: TumblingUnit;
      readonly zone: string;
      /** 1 to 12; of fiscal units only. */
      readonly fiscalMonth?: number;
      /** Of fiscal units, in place of `fiscalMonth`. */
      readonly fiscalWeeks?: FiscalWeeks;
    }
  /**
   * From the beginning of a calendar unit up to the end of a slice: the unit so far. Its slices are an hour or a day of
   * the zone where `everyMs` is that long, else parts of an hour.
   */
  | {
      readonly kind: 'to-date';
      readonly unit: Exclude<TumblingUnit, 'hour'>;
      readonly zone: string;
      /** 1 to 12; of fiscal units only. */
      readonly fiscalMonth?: number;
      /** Of fiscal units, in place of `fiscalMonth`. */
      readonly fiscalWeeks?: FiscalWeeks;
      readonly everyMs: number;
      readonly hours?: never;
      readonly only?: never;
    }
  /** The same of a shift of a calendar. What lies between two shifts is one slice, where there is no window. */
  | {
      readonly kind: 'to-date';
      readonly unit: 'shift';
      /** That of the hours. */
      readonly zone: string;
      readonly hours: WorkingHours;
      /** The shifts that count, by name; absent: all. */
      readonly only?: readonly string[];
      readonly everyMs: number;
      readonly fiscalMonth?: never;
      readonly fiscalWeeks?: never;
    }
  /** Each shift of a calendar. Its slices are the shifts and what lies between them, where there is no window. */
  | {
      readonly kind: 'shift';
      readonly hours: WorkingHours;
      /** The shifts that count, by name; absent: all. */
      readonly only?: readonly string[];
    }
  /** Everything, one slice. */
  | { readonly kind: 'total' }
  /** A level (open): its value at every multiple of `everyMs`. */
  | { readonly kind: 'instant'; readonly everyMs: number };

/** What a folded definition needs to know; the hash covers exactly this, so two equal hashes fold alike. */
export interface Definition {
  /** The KPI's key in the catalogue. */
  readonly kpi: string;
  /** 16 hex digits over everything below, the version of the fold's rules and the calendar data. */
  readonly hash: string;
  readonly workflow: string;
  /** Of a derived KPI: the workflows of all that it is computed from; `workflow` is the first. */
  readonly workflows?: readonly string[];
  /** Catalogue order of the workflow's activities: decides between events of equal time. */
  readonly activities: readonly string[];
  readonly measure: Measure;
  readonly aggregate: Aggregate;
  readonly by: readonly LabelSpec[];
  /**
   * The label sets that count under their own labels, by their canonical encoding, in byte order; every other one counts
   * as OTHER_LABEL. Absent: all do. Part of the definition, so that all partitions agree. Of a derived one its inputs have it.
   */
  readonly admitted?: readonly string[];
  readonly where: readonly Condition[];
  readonly window: WindowSpec;
  /** Digits behind the point that sums of decimals keep. */
  readonly scale: number;
  /** What the value is shown in: `ms`, `s`, `min`, `h`, `d` for durations, else free text such as `EUR`, `tickets`. */
  readonly unit: string;
  /** How long after a window's end its value still counts as provisional. */
  readonly settleMs: number;
  /**
   * Where its first window begins, ms UTC: it has none of those that begin before, and what counts in no other is not
   * counted. Absent: all of history is its own.
   */
  readonly effectiveMs?: number;
}

/** Slice start of the row that sums a whole level, and of the only slice of a total window. */
export const TOTAL_SLICE_MS = 0;

/** Slice start of the row that sums all slices of a level; no slice starts there. */
export const LEVEL_TOTAL_MS = -1;
