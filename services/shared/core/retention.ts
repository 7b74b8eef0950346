import type { Definition, WindowSpec } from './definition.ts';

const HOUR_MS = 3_600_000;
export const DAY_MS = 24 * HOUR_MS;
/** Span of event times that the archive keeps in one partition, which leaves it as a whole. */
export const ARCHIVE_PERIOD_MS = 30 * DAY_MS;

/** Where the past ends for a partition of events, milliseconds UTC; neither time ever goes back. */
export interface CutTimes {
  /** Events before it are too late. */
  readonly lateMs: number;
  /**
   * Slices that begin before it change no more, and cases that ended before it are no part of the archive. It is earlier than
   * `lateMs` by the longest window, so that each window that an event may still change has all of its events.
   */
  readonly frozenMs: number;
}

/**
 * The cut that a partition needs next; null: none. It moves in whole days of the watermark, which follows from the log.
 * `current`: the one in force, or null.
 */
export function nextCut(
  { watermarkMs, retentionMs }: { readonly watermarkMs: number | null; readonly retentionMs: number | null },
  definitions: readonly Definition[],
  current: CutTimes | null,
): CutTimes | null {
  if (watermarkMs === null || retentionMs === null) return null;
  const lateMs = wholeDays(watermarkMs - retentionMs);
  if (lateMs <= (current?.lateMs ?? 0)) return null;
  const longestMs = Math.max(0, ...definitions.map(({ window }) => longestMsOf(window)));
  return laterOf(current, { lateMs, frozenMs: wholeDays(lateMs - longestMs) });
}

/** Two cuts of one partition as one: each time is the later of the two. */
export function laterOf(a: CutTimes | null, b: CutTimes): CutTimes {
  if (a === null) return b;
  return { lateMs: Math.max(a.lateMs, b.lateMs), frozenMs: Math.max(a.frozenMs, b.frozenMs) };
}

/**
 * The archive's period of an event time, from 1; 0 is for what is kept for ever. Of a case that goes on after its first
 * periods have passed all events move to later ones, so the period of a row is at least that of its event.
 */
export function archivePeriod(timeMs: number, periodMs: number): number {
  return Math.max(1, Math.floor(timeMs / periodMs));
}

/** The first period that is part of the archive: rows of earlier ones are as if they were not there. */
export function firstPeriod(cut: CutTimes | null, periodMs: number): number {
  return cut === null ? 0 : archivePeriod(cut.frozenMs, periodMs);
}

/**
 * How long before the end of a window of a KPI anything may begin that it is computed from: its own window, or those of the
 * KPIs below it.
 */
export function reachMs({ measure, window }: Definition): number {
  const ownMs = longestMsOf(window);
  switch (measure.kind) {
    case 'formula':
      // A day that stands beside minutes is the last one that is over.
      return Math.max(ownMs, ...measure.inputs.map((input) => 2 * reachMs(input)));
    case 'rollup':
      // Whether there were events in the window before decides what the first ones without any count for.
      return (measure.empty === 'zero' ? 2 : 1) * ownMs + reachMs(measure.inputs[0]);
    case 'growth':
      return reachMs(measure.inputs[0]) + Math.max(ownMs, measure.over === 'year' ? LONGEST_DAYS.year * DAY_MS : 0);
    default:
      return ownMs;
  }
}

function wholeDays(ms: number): number {
  return Math.floor(ms / DAY_MS) * DAY_MS;
}

/** No calendar unit is longer, whatever its zone does. */
const LONGEST_DAYS: Readonly<Record<Extract<WindowSpec, { unit: unknown }>['unit'], number>> = {
  hour: 1,
  shift: 2,
  day: 2,
  week: 8,
  month: 32,
  quarter: 93,
  year: 367,
  'fiscal-month': 36,
  'fiscal-quarter': 99,
  'fiscal-year': 372,
};

/** A time that no window of the kind is longer than; 0 of those that have all time, or none. */
function longestMsOf(window: WindowSpec): number {
  switch (window.kind) {
    case 'rolling':
      // There is a row where a slice leaves the window, too.
      return window.sizeMs + window.everyMs;
    case 'tumbling':
    case 'to-date':
      return LONGEST_DAYS[window.unit] * DAY_MS;
    case 'shift':
      return 2 * DAY_MS;
    case 'total':
    case 'instant':
      return 0;
  }
}
