import { Temporal } from 'temporal-polyfill';

const DAY_MS = 86_400_000;
/** More than any offset from UTC and any jump of a clock: days this far from a change have one offset. */
const MARGIN_MS = 2 * DAY_MS;
/** Days whose offset is kept per zone; when full, all are dropped and computed again. */
const CACHED_DAYS_MAX = 16_384;

/** Days from 1970-01-01 to a date of the Gregorian calendar, negative before; null when there is no such date. */
export function daysOfDate(year: number, month: number, day: number): number | null {
  if (month < 1 || month > 12 || day < 1 || day > daysInMonth(year, month)) return null;
  // Years start in March here, so that the leap day is the last of its year.
  const y = month <= 2 ? year - 1 : year;
  const era = Math.floor(y / 400);
  const yearOfEra = y - era * 400;
  const dayOfYear = Math.floor((153 * ((month + 9) % 12) + 2) / 5) + day - 1;
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear;
  return era * 146_097 + dayOfEra - 719_468;
}

/**
 * Gives the function from wall time (milliseconds as if the zone were UTC) to milliseconds UTC. A time that a clock
 * skips is moved on by the jump, of one that it shows twice the first is taken (Temporal's `compatible`).
 */
export function wallTimeOf(zone: string): (wallMs: number) => number {
  if (zone === 'UTC') return (wallMs) => wallMs;
  // Offset of a day in milliseconds, or null for a day near a change of the clock.
  const offsets = new Map<number, number | null>();
  return (wallMs) => {
    const day = Math.floor(wallMs / DAY_MS);
    let offsetMs = offsets.get(day);
    if (offsetMs === undefined) {
      if (offsets.size >= CACHED_DAYS_MAX) offsets.clear();
      offsetMs = steadyOffset(zone, day * DAY_MS);
      offsets.set(day, offsetMs);
    }
    return offsetMs === null ? resolve(zone, wallMs) : wallMs - offsetMs;
  };
}

function steadyOffset(zone: string, dayMs: number): number | null {
  const before = Temporal.Instant.fromEpochMilliseconds(dayMs - MARGIN_MS).toZonedDateTimeISO(zone);
  const change = before.getTimeZoneTransition('next');
  const steady = change === null || change.epochMilliseconds > dayMs + DAY_MS + MARGIN_MS;
  return steady && before.offsetNanoseconds % 1_000_000 === 0 ? before.offsetNanoseconds / 1_000_000 : null;
}

function resolve(zone: string, wallMs: number): number {
  const wall = Temporal.Instant.fromEpochMilliseconds(wallMs).toZonedDateTimeISO('UTC').toPlainDateTime();
  return wall.toZonedDateTime(zone, { disambiguation: 'compatible' }).epochMilliseconds;
}

function daysInMonth(year: number, month: number): number {
  if (month !== 2) return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
  return (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0 ? 29 : 28;
}
