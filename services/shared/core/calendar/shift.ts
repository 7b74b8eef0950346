import { Temporal } from 'temporal-polyfill';
import type { WorkingHours } from './calendar.ts';
import { CalendarSpans, DAY_MS, MARGIN_DAYS, type WorkingSpan } from './calendar-spans.ts';

/** One shift as it is worked, half-open in milliseconds UTC. */
export interface Shift {
  readonly name: string;
  readonly startMs: number;
  readonly endMs: number;
  /** The business date, that of its start also for a night shift: days since 1970-01-01. */
  readonly day: number;
}

/** The shifts of one calendar. Between them may be gaps, which belong to no shift. */
export class Shifts {
  private readonly spans: CalendarSpans;
  /** The UTC date that was asked about last, with the spans that may hold its instants: questions come in order of time. */
  private latestDay = Number.NaN;
  private latestSpans: readonly WorkingSpan[] = [];

  constructor(hours: WorkingHours) {
    this.spans = new CalendarSpans(hours);
  }

  /** The shift that holds `timeMs`; null in a gap, and where the calendar has hours without shifts. */
  at(timeMs: number): Shift | null {
    const day = Math.floor(timeMs / DAY_MS);
    if (day !== this.latestDay) {
      this.latestSpans = this.around(day);
      this.latestDay = day;
    }
    const span = this.latestSpans.find(({ startMs, endMs }) => startMs <= timeMs && timeMs < endMs);
    return span === undefined ? null : shiftOf(span);
  }

  /** The shifts whose business date is `day` (days since 1970-01-01), in order of time. */
  on(day: number): Shift[] {
    // With those around it: where two overlap, the later one begins where the earlier one ends.
    const spans = this.around(day).filter((span) => span.day === day);
    return spans.map(shiftOf).filter((shift) => shift !== null);
  }

  private around(day: number): WorkingSpan[] {
    return this.spans.of(day - MARGIN_DAYS, day + MARGIN_DAYS);
  }
}

function shiftOf({ shift, startMs, endMs, day }: WorkingSpan): Shift | null {
  return shift === null ? null : { name: shift, startMs, endMs, day };
}

const FIRST_DAY = Temporal.PlainDate.from('1970-01-01');

/** A day since 1970-01-01 as people write it: `2026-11-27`. */
export function dateOf(day: number): string {
  return FIRST_DAY.add({ days: day }).toString();
}
