import type { TumblingUnit, WindowSpec } from '../definition.ts';
import { calendarSlice, type Slice } from './window-calendar.ts';

type ToDateWindow = Extract<WindowSpec, { readonly kind: 'to-date' }>;

const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;
/** What a unit is longer than its days by, where clocks go back. */
const SHIFT_MS = 2 * HOUR_MS;

/** Days of a unit, at most. */
const UNIT_DAYS: Readonly<Record<ToDateWindow['unit'], number>> = {
  day: 1,
  week: 7,
  month: 31,
  quarter: 92,
  year: 366,
  // Six (the last of 53), 14 and 53 weeks at most.
  'fiscal-month': 42,
  'fiscal-quarter': 98,
  'fiscal-year': 371,
};

/** How long a calendar unit takes at most, ms. */
export function unitMsMax(unit: Exclude<TumblingUnit, 'hour'>): number {
  return UNIT_DAYS[unit] * DAY_MS + SHIFT_MS;
}

/** Whether windows may be evaluated at this step: minutes that make up an hour, an hour, or a day of longer units. */
export function isStep(everyMs: number, unit: Exclude<TumblingUnit, 'hour'>): boolean {
  if (everyMs === DAY_MS) return unit !== 'day';
  return everyMs % MINUTE_MS === 0 && everyMs > 0 && HOUR_MS % everyMs === 0;
}

/** The slice that holds `timeMs`. An hour is cut where the offset of the zone changes, and its parts with it. */
export function stepSlice({ zone, everyMs }: ToDateWindow, timeMs: number): Slice {
  if (everyMs === DAY_MS) return calendarSlice({ unit: 'day', zone }, timeMs);
  const hour = calendarSlice({ unit: 'hour', zone }, timeMs);
  if (everyMs === HOUR_MS) return hour;
  const startMs = hour.startMs + Math.floor((timeMs - hour.startMs) / everyMs) * everyMs;
  return { startMs, endMs: Math.min(startMs + everyMs, hour.endMs) };
}

/** The calendar unit that holds `timeMs`. */
export function unitSlice(window: ToDateWindow, timeMs: number): Slice {
  return calendarSlice(window, timeMs);
}

/** The end of the first slice of the unit that begins where this one ends: there the value begins anew. */
export function nextBeginMs(window: ToDateWindow, timeMs: number): number {
  return stepSlice(window, unitSlice(window, timeMs).endMs).endMs;
}

/** Whether the first slice of a unit ends here. */
export function isBegin(window: ToDateWindow, endMs: number): boolean {
  return stepSlice(window, endMs - 1).startMs === unitSlice(window, endMs - 1).startMs;
}
