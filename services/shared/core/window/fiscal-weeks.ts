import { daysOfDate } from '../calendar/wall-time.ts';
import { weekdayOf } from '../calendar/calendar-spans.ts';
import type { FiscalWeeks } from '../calendar/calendar.ts';

export type FiscalUnit = 'fiscal-month' | 'fiscal-quarter' | 'fiscal-year';

const WEEK_DAYS = 7;
/** Of a quarter, but for the last one of a year of 53 weeks, which has 14. */
const QUARTER_DAYS = 13 * WEEK_DAYS;
const QUARTERS = 4;

/**
 * The part of a year of 52 or 53 weeks that holds a day of the calendar year `year`, half-open; days since 1970-01-01. The
 * 53rd week belongs to the last month and the last quarter. As the 52-53-week tax year of 26 CFR 1.441-2 (IRS Publication
 * 538): a year ends on the same weekday always, the last one of a month, or the one nearest to the end of the month.
 */
export function fiscalWeeksUnit(weeks: FiscalWeeks, unit: FiscalUnit, day: number, year: number): [number, number] {
  let of = year;
  while (yearEnd(weeks, of) < day) of++;
  while (yearEnd(weeks, of - 1) >= day) of--;
  const startDay = yearEnd(weeks, of - 1) + 1;
  const endDay = yearEnd(weeks, of) + 1;
  if (unit === 'fiscal-year') return [startDay, endDay];
  const parts = unit === 'fiscal-quarter' ? QUARTER_PARTS : monthParts(weeks);
  let partDay = startDay;
  for (const days of parts) {
    if (day < partDay + days) return [partDay, partDay + days];
    partDay += days;
  }
  // The last part takes what is left.
  return [partDay, endDay];
}

/** The lengths of all quarters but the last one, in days. */
const QUARTER_PARTS: readonly number[] = Array.from({ length: QUARTERS - 1 }, () => QUARTER_DAYS);

/** The lengths of all months but the last one, in days. */
function monthParts({ quarters }: FiscalWeeks): number[] {
  return Array.from({ length: QUARTERS }, () => quarters.map((count) => count * WEEK_DAYS))
    .flat()
    .slice(0, -1);
}

/** The last day of the fiscal year that ends at the end of its month in a calendar year, or near it. */
function yearEnd({ ends, weekday, month }: FiscalWeeks, year: number): number {
  const next = month === 12 ? daysOfDate(year + 1, 1, 1) : daysOfDate(year, month + 1, 1);
  const monthEnd = next! - 1;
  const since = (weekdayOf(monthEnd) - weekday + WEEK_DAYS) % WEEK_DAYS;
  return ends === 'nearest' && since > 3 ? monthEnd - since + WEEK_DAYS : monthEnd - since;
}
