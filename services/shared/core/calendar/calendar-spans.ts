import type { DaySpan, WorkingHours } from './calendar.ts';
import { daysOfDate, wallTimeOf } from './wall-time.ts';

/** Milliseconds of a UTC day. */
export const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;
/** 1970-01-01 was a Thursday; Monday is 0. */
const FIRST_WEEKDAY = 3;
/**
 * Dates before and after the UTC date of an instant whose spans can hold it: a span ends on the next date at the latest,
 * and wall times are less than a day away from UTC.
 */
export const MARGIN_DAYS = 2;

/** A span of work as it falls, half-open in milliseconds UTC. */
export interface WorkingSpan {
  readonly startMs: number;
  readonly endMs: number;
  /** The date it belongs to, on which it begins, in days since 1970-01-01. */
  readonly day: number;
  /** The shift that it is; null for plain hours. */
  readonly shift: string | null;
}

/** Turns the wall times of a calendar into instants. */
export class CalendarSpans {
  private readonly hours: WorkingHours;
  private readonly wallTime: (wallMs: number) => number;
  /** Spans of the dates that do not work as their weekday does, by day since 1970-01-01. */
  private readonly exceptions = new Map<number, readonly DaySpan[]>();

  constructor(hours: WorkingHours) {
    this.hours = hours;
    this.wallTime = wallTimeOf(hours.zone);
    const makeUp = makeUpSpans(hours.week);
    for (const date of hours.closed) this.exceptions.set(dayOf(date), []);
    for (const date of hours.makeUp) this.exceptions.set(dayOf(date), makeUp);
    for (const { date, spans } of hours.special) this.exceptions.set(dayOf(date), spans);
  }

  /**
   * The spans that belong to the dates from `firstDay` to `lastDay` (days since 1970-01-01), in order of time. Where two
   * overlap, the later one begins where the earlier one ends. A wall time that the clock skips or shows twice is taken as
   * wallTimeOf takes it; a date that the zone leaves out has no spans.
   */
  of(firstDay: number, lastDay: number): WorkingSpan[] {
    const found: WorkingSpan[] = [];
    for (let day = firstDay; day <= lastDay; day++) {
      const spans = this.spansOn(day);
      if (spans.length === 0 || this.isLeftOut(day)) continue;
      for (const { fromMinute, toMinute, shift = null } of spans) {
        const startMs = this.wallTime(day * DAY_MS + fromMinute * MINUTE_MS);
        const endMs = this.wallTime(day * DAY_MS + toMinute * MINUTE_MS);
        found.push({ startMs, endMs, day, shift });
      }
    }
    return withoutOverlap(found);
  }

  private spansOn(day: number): readonly DaySpan[] {
    return this.exceptions.get(day) ?? this.hours.week[weekdayOf(day)]!;
  }

  private isLeftOut(day: number): boolean {
    return this.wallTime(day * DAY_MS) === this.wallTime((day + 1) * DAY_MS);
  }
}

/** What a make-up day works: as the first weekday with work, Monday first. */
export function makeUpSpans(week: WorkingHours['week']): readonly DaySpan[] {
  return week.find((spans) => spans.length > 0) ?? [];
}

/** The weekday of a day since 1970-01-01: 0 Monday to 6 Sunday. */
export function weekdayOf(day: number): number {
  return (((day + FIRST_WEEKDAY) % 7) + 7) % 7;
}

/** Days since 1970-01-01 of a date such as `2026-10-01`. Throws RangeError where there is no such date. */
export function dayOf(date: string): number {
  const [year, month, day] = date.split('-').map(Number);
  const found = daysOfDate(year ?? Number.NaN, month ?? Number.NaN, day ?? Number.NaN);
  if (found === null || Number.isNaN(found)) throw new RangeError(`'${date}' is no date.`);
  return found;
}

function withoutOverlap(spans: readonly WorkingSpan[]): WorkingSpan[] {
  const apart: WorkingSpan[] = [];
  let freeMs = Number.NEGATIVE_INFINITY;
  for (const span of spans.toSorted((a, b) => a.startMs - b.startMs || a.endMs - b.endMs)) {
    const startMs = Math.max(span.startMs, freeMs);
    if (startMs >= span.endMs) continue;
    apart.push({ ...span, startMs });
    freeMs = span.endMs;
  }
  return apart;
}
