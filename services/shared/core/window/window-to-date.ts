import type { WindowSpec } from '../definition.ts';
import { calendarSlice, type Slice } from './window-calendar.ts';
import { shiftMsMax, shiftSlice, shiftStepMaxMs } from './window-shift.ts';

export type ToDateWindow = Extract<WindowSpec, { readonly kind: 'to-date' }>;
type ToDateUnit = ToDateWindow['unit'];

const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;
/** What a unit is longer than its days by, where clocks go back. */
const SHIFT_MS = 2 * HOUR_MS;

/** Days of a unit, at most. */
const UNIT_DAYS: Readonly<Record<Exclude<ToDateUnit, 'shift'>, number>> = {
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

/** How long the unit of a window takes at most, ms. */
export function unitMsMax(window: ToDateWindow): number {
  return window.unit === 'shift' ? shiftMsMax(window) : UNIT_DAYS[window.unit] * DAY_MS + SHIFT_MS;
}

/** How long before the first slice of a unit ends the unit before it begins at most, ms. */
export function reachBackMs(window: ToDateWindow): number {
  const backMs = window.unit === 'shift' ? shiftStepMaxMs(window) : unitMsMax(window);
  return unitMsMax(window) + backMs + window.everyMs;
}

/** Whether windows may be evaluated at this step: minutes that make up an hour, an hour, or a day of longer units. */
export function isStep(everyMs: number, unit: ToDateUnit): boolean {
  if (everyMs === DAY_MS) return unit !== 'day' && unit !== 'shift';
  return everyMs % MINUTE_MS === 0 && everyMs > 0 && HOUR_MS % everyMs === 0;
}

/** The slice that holds `timeMs`. An hour is cut where the offset of the zone changes or a shift begins or ends, and its parts with it. */
export function stepSlice(window: ToDateWindow, timeMs: number): Slice {
  const { zone, everyMs } = window;
  if (everyMs === DAY_MS) return calendarSlice({ unit: 'day', zone }, timeMs);
  const hour = calendarSlice({ unit: 'hour', zone }, timeMs);
  const step = everyMs === HOUR_MS ? hour : partOf(hour, everyMs, timeMs);
  if (window.unit !== 'shift') return step;
  const unit = shiftSlice(window, timeMs);
  if (unit.shift === null) return unit;
  return { startMs: Math.max(step.startMs, unit.startMs), endMs: Math.min(step.endMs, unit.endMs) };
}

function partOf(hour: Slice, everyMs: number, timeMs: number): Slice {
  const startMs = hour.startMs + Math.floor((timeMs - hour.startMs) / everyMs) * everyMs;
  return { startMs, endMs: Math.min(startMs + everyMs, hour.endMs) };
}

/** The unit that holds `timeMs`; of shifts it may be what lies between two of them. */
export function unitSlice(window: ToDateWindow, timeMs: number): Slice {
  return window.unit === 'shift' ? shiftSlice(window, timeMs) : calendarSlice(window, timeMs);
}

/** Whether `timeMs` is in no unit: between two shifts. */
export function isBetweenUnits(window: ToDateWindow, timeMs: number): boolean {
  return window.unit === 'shift' && shiftSlice(window, timeMs).shift === null;
}

/** The unit before the one, or before what lies between two, that holds `timeMs`. */
export function unitBefore(window: ToDateWindow, timeMs: number): Slice {
  const before = unitSlice(window, unitSlice(window, timeMs).startMs - 1);
  return isBetweenUnits(window, before.startMs) ? unitSlice(window, before.startMs - 1) : before;
}

/** Start of the first unit that begins after `timeMs`. */
export function nextUnitMs(window: ToDateWindow, timeMs: number): number {
  const { endMs } = unitSlice(window, timeMs);
  return isBetweenUnits(window, endMs) ? unitSlice(window, endMs).endMs : endMs;
}

/** The end of the first slice of the unit that follows the one that holds `timeMs`: there the value begins anew. */
export function nextBeginMs(window: ToDateWindow, timeMs: number): number {
  return stepSlice(window, nextUnitMs(window, timeMs)).endMs;
}

/** Whether the first slice of a unit ends here. */
export function isBegin(window: ToDateWindow, endMs: number): boolean {
  return stepSlice(window, endMs - 1).startMs === unitSlice(window, endMs - 1).startMs;
}
