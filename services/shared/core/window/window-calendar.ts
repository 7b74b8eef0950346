import { Temporal } from 'temporal-polyfill';
import { daysOfDate } from '../calendar/wall-time.ts';
import type { TumblingUnit, WindowSpec } from '../definition.ts';
import { type FiscalUnit, fiscalWeeksUnit } from './fiscal-weeks.ts';

/** One slice, half-open: `startMs` is in it, `endMs` is not. */
export interface Slice {
  readonly startMs: number;
  readonly endMs: number;
}

const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;
const WEEK_MS = 7 * DAY_MS;
/** 1970-01-05 was the first Monday. */
const FIRST_MONDAY_MS = 4 * DAY_MS;

/** A calendar unit in a zone. */
type CalendarUnit = Pick<
  Extract<WindowSpec, { readonly kind: 'tumbling' }>,
  'unit' | 'zone' | 'fiscalMonth' | 'fiscalWeeks'
>;

/** Zones × units whose slices are kept; the one added first leaves first. */
const CACHED_CALENDARS_MAX = 64;
/** Slices kept per zone and unit (three years of days); beyond it they are computed again. */
const CACHED_SLICES_MAX = 1024;
const cache = new Map<string, Slice[]>();

/**
 * The calendar unit of the window's zone that holds `timeMs`. Weeks start on Monday. Where a clock goes back over midnight,
 * the day that has begun stays; an hour is cut where the offset changes, so both hours of a repeated one are slices.
 */
export function calendarSlice(calendarUnit: CalendarUnit, timeMs: number): Slice {
  const { unit, zone } = calendarUnit;
  if (zone === 'UTC') {
    if (unit === 'hour') return fixedSlice(timeMs, HOUR_MS, 0);
    if (unit === 'day') return fixedSlice(timeMs, DAY_MS, 0);
    if (unit === 'week') return fixedSlice(timeMs, WEEK_MS, FIRST_MONDAY_MS);
  }
  const slices = cachedSlices(`${unit} ${fiscalKey(calendarUnit)} ${zone}`);
  const at = indexAfter(slices, timeMs);
  const before = slices[at - 1];
  if (before !== undefined && timeMs < before.endMs) return before;
  const slice = unit === 'hour' ? hourSlice(zone, timeMs) : dateSlice(calendarUnit, timeMs);
  if (slices.length >= CACHED_SLICES_MAX) slices.splice(0, slices.length, slice);
  else slices.splice(at, 0, slice);
  return slice;
}

/** The zone's name as it is written in the IANA data (`asia/shanghai` → `Asia/Shanghai`); null when there is none. */
export function zoneName(zone: string): string | null {
  if (!/^[A-Za-z]/.test(zone)) return null;
  try {
    return new Temporal.ZonedDateTime(0n, zone).timeZoneId;
  } catch {
    return null;
  }
}

function fixedSlice(timeMs: number, sizeMs: number, originMs: number): Slice {
  const startMs = Math.floor((timeMs - originMs) / sizeMs) * sizeMs + originMs;
  return { startMs, endMs: startMs + sizeMs };
}

function cachedSlices(key: string): Slice[] {
  let slices = cache.get(key);
  if (slices === undefined) {
    const oldest = cache.keys().next();
    if (cache.size >= CACHED_CALENDARS_MAX && oldest.done !== true) cache.delete(oldest.value);
    slices = [];
    cache.set(key, slices);
  }
  return slices;
}

/** Index of the first slice that starts after `timeMs`; the slices are in order of time. */
function indexAfter(slices: readonly Slice[], timeMs: number): number {
  let low = 0;
  let high = slices.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (slices[middle]!.startMs <= timeMs) low = middle + 1;
    else high = middle;
  }
  return low;
}

function hourSlice(zone: string, timeMs: number): Slice {
  const at = zoned(zone, timeMs);
  const offsetMs = at.offsetNanoseconds / 1e6;
  const hour = fixedSlice(timeMs, HOUR_MS, -offsetMs);
  // `previous` is strictly before, and a change at this very millisecond belongs to this hour.
  const previous = zoned(zone, timeMs + 1).getTimeZoneTransition('previous');
  const next = at.getTimeZoneTransition('next');
  return {
    startMs: previous === null ? hour.startMs : Math.max(hour.startMs, previous.epochMilliseconds),
    endMs: next === null ? hour.endMs : Math.min(hour.endMs, next.epochMilliseconds),
  };
}

function fiscalKey({ fiscalMonth, fiscalWeeks }: CalendarUnit): string {
  if (fiscalWeeks === undefined) return String(fiscalMonth ?? 1);
  const { ends, weekday, month, quarters } = fiscalWeeks;
  return `${ends} ${weekday} ${month} ${quarters.join('-')}`;
}

function dateSlice(calendarUnit: CalendarUnit, timeMs: number): Slice {
  const { zone } = calendarUnit;
  let [start, end] = datesOf(calendarUnit, zoned(zone, timeMs).toPlainDate());
  let endMs = midnightMs(zone, end);
  // A clock that goes back over midnight shows the old date once more; the new slice has begun all the same. A date
  // that a zone leaves out has no length and is passed over.
  while (endMs <= timeMs) {
    [start, end] = datesOf(calendarUnit, end);
    endMs = midnightMs(zone, end);
  }
  return { startMs: midnightMs(zone, start), endMs };
}

type DateUnit = Exclude<TumblingUnit, 'hour'>;

/** How long units are, as a calendar counts; of years of 52 or 53 weeks it is not said. */
export const UNIT_LENGTHS: Readonly<Record<DateUnit, Temporal.DurationLikeObject>> = {
  day: { days: 1 },
  week: { weeks: 1 },
  month: { months: 1 },
  quarter: { months: 3 },
  year: { years: 1 },
  'fiscal-month': { months: 1 },
  'fiscal-quarter': { months: 3 },
  'fiscal-year': { years: 1 },
};

function isFiscal(unit: TumblingUnit): unit is FiscalUnit {
  return unit === 'fiscal-month' || unit === 'fiscal-quarter' || unit === 'fiscal-year';
}

const EPOCH = Temporal.PlainDate.from('1970-01-01');

/** The first date of the unit that holds a date, and the first one after it. */
function datesOf(
  { unit, fiscalMonth = 1, fiscalWeeks }: CalendarUnit,
  date: Temporal.PlainDate,
): [Temporal.PlainDate, Temporal.PlainDate] {
  if (fiscalWeeks !== undefined && isFiscal(unit)) {
    const { year, month, day } = date;
    const [first, end] = fiscalWeeksUnit(fiscalWeeks, unit, daysOfDate(year, month, day)!, year);
    return [EPOCH.add({ days: first }), EPOCH.add({ days: end })];
  }
  const first = firstDate(unit as DateUnit, date, fiscalMonth);
  return [first, first.add(UNIT_LENGTHS[unit as DateUnit])];
}

function firstDate(unit: DateUnit, date: Temporal.PlainDate, fiscalMonth: number): Temporal.PlainDate {
  switch (unit) {
    case 'day':
      return date;
    case 'week':
      return date.subtract({ days: date.dayOfWeek - 1 });
    case 'month':
    case 'fiscal-month':
      return date.with({ day: 1 });
    case 'quarter':
    case 'fiscal-quarter':
      return firstMonth(date, fiscalMonth, 3);
    case 'year':
    case 'fiscal-year':
      return firstMonth(date, fiscalMonth, 12);
  }
}

/** The first day of the `months` months that hold a date, where they are counted from month `from` of the year. */
function firstMonth(date: Temporal.PlainDate, from: number, months: number): Temporal.PlainDate {
  return date.with({ day: 1 }).subtract({ months: (date.month - from + 12) % months });
}

function midnightMs(zone: string, date: Temporal.PlainDate): number {
  return date.toZonedDateTime(zone).epochMilliseconds;
}

function zoned(zone: string, timeMs: number): Temporal.ZonedDateTime {
  return Temporal.Instant.fromEpochMilliseconds(timeMs).toZonedDateTimeISO(zone);
}
