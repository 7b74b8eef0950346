/** Part of a date in which work is done, in minutes of wall time since the date's midnight, half-open. */
export interface DaySpan {
  /** 0 to 1439. */
  readonly fromMinute: number;
  /** After `fromMinute`; above 1440 for one that goes on into the next date, and at most 24 hours after it. */
  readonly toMinute: number;
  /** The shift that it is; absent for plain hours. */
  readonly shift?: string;
}

/** A date (`2026-10-10`) that works otherwise than its weekday and than a make-up day. */
export interface SpecialDate {
  readonly date: string;
  readonly spans: readonly DaySpan[];
}

/**
 * When work is done: all that business time depends on, plain data. It is part of a definition, so that the
 * definition's hash covers it.
 */
export interface WorkingHours {
  /** The calendar's name in the catalogue. */
  readonly calendar: string;
  /** IANA zone of its wall times. */
  readonly zone: string;
  /** Spans of each weekday, Monday first; those of a day are in order and do not overlap. */
  readonly week: readonly (readonly DaySpan[])[];
  /** Dates on which no work begins although their weekday works, in order: holidays and closed dates. */
  readonly closed: readonly string[];
  /** Dates that work as the first working weekday does, in order: 调休 make-up days and open dates. */
  readonly makeUp: readonly string[];
  /** Dates with hours of their own, in order; in none of the lists above. */
  readonly special: readonly SpecialDate[];
}

/** Fiscal years of 52 or 53 weeks, as in retail. */
export interface FiscalWeeks {
  /** They end on the last such weekday of the month, or on the one nearest to its last day. */
  readonly ends: 'last' | 'nearest';
  /** 0 Monday to 6 Sunday. */
  readonly weekday: number;
  /** 1 to 12. */
  readonly month: number;
  /** Weeks of the three months of a quarter, 13 together: 4-4-5. */
  readonly quarters: readonly number[];
}

/** A shift as people name it. */
export interface NamedShift {
  readonly name: string;
  /** The date on which it begins, also of a night shift: `2026-11-27`. */
  readonly date: string;
}

/** A date with what people call it. */
export interface NamedDate {
  /** `2026-10-01`. */
  readonly date: string;
  readonly name: string;
}

/** A calendar of the catalogue: its hours, and what else depends on the people who work by it. */
export interface Calendar {
  readonly hours: WorkingHours;
  /** The month in which its fiscal year begins, 1 to 12. */
  readonly fiscalMonth: number;
  /** Where its fiscal years are of whole weeks, in place of months. */
  readonly fiscalWeeks?: FiscalWeeks;
  /** Its holidays by name, in order, those on days off too. */
  readonly holidays: readonly NamedDate[];
  /** The last year for which its holidays are known or listed; null where it has none. */
  readonly holidaysUntil: number | null;
}
