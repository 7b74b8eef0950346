import { TOTAL_SLICE_MS, type WindowSpec } from '../definition.ts';
import type { NamedShift } from '../calendar/calendar.ts';
import { calendarSlice } from './window-calendar.ts';
import { namedShift, shiftSlice } from './window-shift.ts';
import { isBetweenUnits, stepSlice, unitSlice } from './window-to-date.ts';

/** End of the only slice of a total window: later than any event time that is accepted. */
export const TOTAL_END_MS = 9_999_999_999_999;
/** Most slices that a rolling window may be made of. */
export const SLICES_PER_WINDOW_MAX = 1500;

/** Start of the slice that holds `timeMs`. Slices are half-open and leave no gap. */
export function sliceStart(window: WindowSpec, timeMs: number): number {
  switch (window.kind) {
    case 'rolling':
    case 'instant':
      return Math.floor(timeMs / window.everyMs) * window.everyMs;
    case 'tumbling':
      return calendarSlice(window, timeMs).startMs;
    case 'to-date':
      return stepSlice(window, timeMs).startMs;
    case 'shift':
      return shiftSlice(window, timeMs).startMs;
    case 'total':
      return TOTAL_SLICE_MS;
  }
}

/** End of the slice that starts at `sliceStartMs`, which is the start of the next one. */
export function sliceEnd(window: WindowSpec, sliceStartMs: number): number {
  switch (window.kind) {
    case 'rolling':
    case 'instant':
      return sliceStart(window, sliceStartMs) + window.everyMs;
    case 'tumbling':
      return calendarSlice(window, sliceStartMs).endMs;
    case 'to-date':
      return stepSlice(window, sliceStartMs).endMs;
    case 'shift':
      return shiftSlice(window, sliceStartMs).endMs;
    case 'total':
      return TOTAL_END_MS;
  }
}

/**
 * Start of the window that ends at `windowEndMs`, which is a slice boundary. A level is taken at an instant, so its
 * window starts where it ends.
 */
export function windowStart(window: WindowSpec, windowEndMs: number): number {
  switch (window.kind) {
    case 'rolling':
      return windowEndMs - window.sizeMs;
    case 'instant':
      return windowEndMs;
    case 'tumbling':
      return calendarSlice(window, windowEndMs - 1).startMs;
    case 'to-date':
      return unitSlice(window, windowEndMs - 1).startMs;
    case 'shift':
      return shiftSlice(window, windowEndMs - 1).startMs;
    case 'total':
      return TOTAL_SLICE_MS;
  }
}

/** Windows that follow one another, each with events of its own. */
export type TumblingWindow = Extract<WindowSpec, { readonly kind: 'tumbling' | 'shift' }>;

/** Whether the value of a window is over when the window is: calendar units and shifts. */
export function tumbles(window: WindowSpec): window is TumblingWindow {
  return window.kind === 'tumbling' || window.kind === 'shift';
}

/** The shift that a window of this end is, or is of; null where it is none. */
export function shiftOf(window: WindowSpec, endMs: number): NamedShift | null {
  const isShift = window.kind === 'shift' || (window.kind === 'to-date' && window.unit === 'shift');
  return isShift ? namedShift(window, endMs) : null;
}

/** Whether the slice that holds `timeMs` is in no window: it lies between two shifts. */
export function isBetween(window: WindowSpec, timeMs: number): boolean {
  if (window.kind === 'to-date') return isBetweenUnits(window, timeMs);
  return window.kind === 'shift' && shiftSlice(window, timeMs).shift === null;
}

/** The last end of a window at `ms` or before; not of a total. */
export function lastEnd(window: WindowSpec, ms: number): number {
  const endMs = sliceStart(window, ms);
  return isBetween(window, endMs - 1) ? sliceStart(window, endMs - 1) : endMs;
}

/** The first end of a window after `ms`; not of a total. */
export function nextEnd(window: WindowSpec, ms: number): number {
  const endMs = sliceEnd(window, ms);
  return isBetween(window, ms) ? sliceEnd(window, endMs) : endMs;
}

/** Whether a slice starts or ends at `ms`, so that a merged read may start or end there. */
export function isMultiple(window: WindowSpec, ms: number): boolean {
  if (window.kind === 'total') return ms === TOTAL_SLICE_MS || ms === TOTAL_END_MS;
  return sliceStart(window, ms) === ms;
}

/** The window ends on both sides of `ms`, for the answer to a read that may not start there; both `ms` if it may. */
export function nearestBounds(window: WindowSpec, ms: number): [number, number] {
  if (isMultiple(window, ms)) return [ms, ms];
  return window.kind === 'total' ? [TOTAL_SLICE_MS, TOTAL_END_MS] : [lastEnd(window, ms), nextEnd(window, ms)];
}
