const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** A place of work. A fixed offset from UTC: a simulator needs no summer time. */
export interface Region {
  readonly name: string;
  readonly utc_offset_hours: number;
  /** Share of the cases that come from here. */
  readonly weight: number;
}

/** A clock on the wall at `timeMs`: its UTC fields are the local ones. */
function local(timeMs: number, offsetHours: number): Date {
  return new Date(timeMs + offsetHours * HOUR_MS);
}

/** Local midnight of the day that holds `timeMs`, as an instant. */
export function dayStart(timeMs: number, offsetHours: number): number {
  return Math.floor((timeMs + offsetHours * HOUR_MS) / DAY_MS) * DAY_MS - offsetHours * HOUR_MS;
}

/** Local time of day in hours: 13.5 is half past one in the afternoon. */
export function hourOfDay(timeMs: number, offsetHours: number): number {
  return (timeMs - dayStart(timeMs, offsetHours)) / HOUR_MS;
}

/** Whether it is Saturday or Sunday there. */
export function isWeekend(timeMs: number, offsetHours: number): boolean {
  // 1970 began on a Thursday; without a Date, for a demonstration asks a million times.
  const day = (Math.floor((timeMs + offsetHours * HOUR_MS) / DAY_MS) + 4) % 7;
  return day === 0 || day === 6;
}

/** How busy an office is, 0 to 1: asleep at night, two peaks a day, much less at the weekend. */
export function busyness(timeMs: number, offsetHours: number, weekendShare: number): number {
  const hour = hourOfDay(timeMs, offsetHours);
  const morning = Math.exp(-(((hour - 10.5) / 2.2) ** 2));
  const afternoon = 0.85 * Math.exp(-(((hour - 15.5) / 2.6) ** 2));
  const level = Math.min(1, 0.06 + morning + afternoon);
  return isWeekend(timeMs, offsetHours) ? level * weekendShare : level;
}

/** Days left of the month of `timeMs`, 0 on its last day. */
export function daysToMonthEnd(timeMs: number, offsetHours: number): number {
  const date = local(timeMs, offsetHours);
  const last = new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 0));
  return last.getUTCDate() - date.getUTCDate();
}
