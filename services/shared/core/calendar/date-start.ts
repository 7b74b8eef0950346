import { Temporal } from 'temporal-polyfill';

const DATE = /^\d{4}-\d\d-\d\d$/;

/** When a date such as `2026-07-01`, or one so many days later, begins in a zone, ms UTC; null: there is no such date. */
export function dayStartMs(date: string, daysLater: number, zone: string): number | null {
  if (!DATE.test(date)) return null;
  try {
    return Temporal.PlainDate.from(date, { overflow: 'reject' }).add({ days: daysLater }).toZonedDateTime(zone)
      .epochMilliseconds;
  } catch {
    return null;
  }
}
