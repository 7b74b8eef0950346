import { Temporal } from 'temporal-polyfill';
import type { WindowSpec } from '../definition.ts';
import { sliceEnd, windowStart } from './window.ts';
import { UNIT_LENGTHS } from './window-calendar.ts';

/** Which earlier window one is held against: the one before it, or that of the year before. */
export type Over = 'previous' | 'year';

/** Window ends from one time through another, ms UTC. */
export type Span = readonly [fromMs: number, throughMs: number];

const DAY_MS = 86_400_000;
/** What a local time may be off by where a clock is put forward or back. */
const SHIFT_MS = 2 * 3_600_000;
/** A leap year, and a day for the date that only such a year has. */
const YEAR_MS_MAX = 367 * DAY_MS + SHIFT_MS;

/**
 * Whether windows of this kind have an earlier one to be held against. Years of 52 or 53 weeks have no dates in common:
 * of those only the window before can be told.
 */
export function hasEarlier(window: WindowSpec, over: Over): boolean {
  if (window.kind === 'rolling') return over === 'previous';
  if (window.kind === 'tumbling') return over === 'previous' || window.fiscalWeeks === undefined;
  return window.kind === 'to-date' && window.unit !== 'shift' && window.fiscalWeeks === undefined;
}

/**
 * The end of the window that the one ending at `endMs` is held against. Of a unit so far it is the same date and time of
 * the unit before; a date that is not there (31 February) is the last of its month. A week goes back 52 weeks, not a year.
 * Throws where `hasEarlier` says no.
 */
export function earlierEnd(window: WindowSpec, endMs: number, over: Over): number {
  if (window.kind === 'rolling' && over === 'previous') return endMs - window.sizeMs;
  if (window.kind !== 'tumbling' && window.kind !== 'to-date')
    throw new RangeError(`a window of ${window.kind} has none before it`);
  if (window.kind === 'tumbling' && over === 'previous') return windowStart(window, endMs);
  const at = zoned(window.zone, endMs - 1).subtract(stepOf(window, over));
  return sliceEnd(window, at.epochMilliseconds);
}

/** Ends among which are all of the windows that are held against those ending in a span. */
export function laterSpan(window: WindowSpec, [fromMs, throughMs]: Span, over: Over): Span {
  if (window.kind === 'rolling') return [fromMs + window.sizeMs, throughMs + window.sizeMs];
  if (window.kind !== 'tumbling' && window.kind !== 'to-date') return [Infinity, -Infinity];
  if (window.kind === 'tumbling' && over === 'previous')
    return [sliceEnd(window, fromMs), throughMs === Infinity ? Infinity : sliceEnd(window, throughMs)];
  const step = stepOf(window, over);
  const first = zoned(window.zone, fromMs - 1).add(step);
  return [first.epochMilliseconds - SHIFT_MS, throughMs === Infinity ? Infinity : latest(window.zone, throughMs, step)];
}

/** How long before a window the one that it is held against ends at most, ms. */
export function earlierMsMax(window: WindowSpec, over: Over, unitMsMax: number): number {
  if (over === 'year') return YEAR_MS_MAX;
  return window.kind === 'rolling' ? window.sizeMs : unitMsMax;
}

/** The last day of a month is also the day before for those of longer months that it has no date for. */
function latest(zone: string, throughMs: number, step: Temporal.DurationLikeObject): number {
  const before = zoned(zone, throughMs - 1);
  const after = before.add(step);
  const isShort = before.day === before.daysInMonth && ('months' in step || 'years' in step);
  const end = isShort ? after.with({ day: after.daysInMonth }).startOfDay().add({ days: 1 }) : after;
  return end.epochMilliseconds + SHIFT_MS;
}

function stepOf(
  window: Extract<WindowSpec, { readonly kind: 'tumbling' | 'to-date' }>,
  over: Over,
): Temporal.DurationLikeObject {
  if (over === 'year') return window.unit === 'week' ? { weeks: 52 } : { years: 1 };
  if (window.unit === 'shift') throw new RangeError('a shift has none before it that is as long');
  // Only a tumbling window is an hour, and it has one before it without a calendar.
  return window.unit === 'hour' ? { hours: 1 } : UNIT_LENGTHS[window.unit];
}

function zoned(zone: string, timeMs: number): Temporal.ZonedDateTime {
  return Temporal.Instant.fromEpochMilliseconds(timeMs).toZonedDateTimeISO(zone);
}
