import { Temporal } from 'temporal-polyfill';

const SECOND_MS = 1_000;
const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;
/** 29 February may be eight years away; a pattern without a run in this time has none. */
const HORIZON_MS = 9 * 366 * DAY_MS;
const HOURS_PER_DAY = 24;
/** Zones whose last span is kept; when full, all are dropped and computed again. */
const CACHED_ZONES_MAX = 64;
const lastSpans = new Map<string, Span>();

/** When something is to happen, as a wall clock shows it: the second, minute and hour are any of these, the day matches. */
export interface CronPattern {
  /** Rising, without repeats. */
  readonly seconds: readonly number[];
  readonly minutes: readonly number[];
  readonly hours: readonly number[];
  /** Whether the date that begins at `dayMs` (its midnight as if the zone were UTC) is one of the days. */
  matchesDay(dayMs: number): boolean;
}

/** A pattern on the wall clock of an IANA zone. */
export interface Schedule {
  readonly pattern: CronPattern;
  readonly zone: string;
}

/** A time in which a zone has one offset from UTC. */
interface Span {
  readonly startMs: number;
  readonly endMs: number;
  readonly offsetMs: number;
  /** The offset before `startMs`; the same as `offsetMs` where nothing was before. */
  readonly earlierOffsetMs: number;
}

/**
 * The first planned instant after `afterMs`, whole seconds in milliseconds UTC; null when none comes in nine years.
 *
 * Where a clock is put forward, a run in the time it skips comes later by as much as it was put forward. Where it is put
 * back, a run in the time it shows twice comes the first time only. A pattern of every hour knows none of that: it goes
 * on with real time, through repeated hours, past skipped ones.
 */
export function nextRun({ pattern, zone }: Schedule, afterMs: number): number | null {
  let fromMs = Math.floor(afterMs / SECOND_MS) * SECOND_MS + SECOND_MS;
  const endMs = fromMs + HORIZON_MS;
  while (fromMs < endMs) {
    const span = spanAt(zone, fromMs);
    const found = firstInSpan(pattern, { ...span, endMs: Math.min(span.endMs, endMs) }, fromMs);
    if (found !== null) return found;
    fromMs = span.endMs;
  }
  return null;
}

function spanAt(zone: string, timeMs: number): Span {
  const known = lastSpans.get(zone);
  if (known !== undefined && timeMs >= known.startMs && timeMs < known.endMs) return known;
  if (lastSpans.size >= CACHED_ZONES_MAX) lastSpans.clear();
  const span = computeSpan(zone, timeMs);
  lastSpans.set(zone, span);
  return span;
}

function computeSpan(zone: string, timeMs: number): Span {
  const at = Temporal.Instant.fromEpochMilliseconds(timeMs).toZonedDateTimeISO(zone);
  const offsetMs = at.offsetNanoseconds / 1e6;
  // `previous` is strictly before, and a change at this very instant begins this span.
  const previous = at.add({ milliseconds: 1 }).getTimeZoneTransition('previous');
  const next = at.getTimeZoneTransition('next');
  const earlier = previous?.subtract({ milliseconds: 1 });
  return {
    startMs: previous?.epochMilliseconds ?? -Infinity,
    endMs: next?.epochMilliseconds ?? Infinity,
    offsetMs,
    earlierOffsetMs: earlier === undefined ? offsetMs : earlier.offsetNanoseconds / 1e6,
  };
}

function firstInSpan(pattern: CronPattern, span: Span, fromMs: number): number | null {
  const { startMs, endMs, offsetMs, earlierOffsetMs } = span;
  const everyHour = pattern.hours.length === HOURS_PER_DAY;
  let wallMs = fromMs + offsetMs;
  // Put back: what the clock shows until here was shown before.
  if (!everyHour && earlierOffsetMs > offsetMs) wallMs = Math.max(wallMs, startMs + earlierOffsetMs);
  const shown = firstWall(pattern, wallMs, endMs + offsetMs);
  const found = shown === null ? null : shown - offsetMs;
  if (everyHour || earlierOffsetMs >= offsetMs) return found;
  // Put forward: what the clock would have shown with the earlier offset.
  const skipped = firstWall(pattern, fromMs + earlierOffsetMs, Math.min(startMs + offsetMs, endMs + earlierOffsetMs));
  if (skipped === null) return found;
  return Math.min(found ?? Infinity, skipped - earlierOffsetMs);
}

/** The first wall time in [fromMs, toMs) that the pattern names, as if the zone were UTC. */
function firstWall(pattern: CronPattern, fromMs: number, toMs: number): number | null {
  for (let dayMs = Math.floor(fromMs / DAY_MS) * DAY_MS; dayMs < toMs; dayMs += DAY_MS) {
    if (!pattern.matchesDay(dayMs)) continue;
    const timeMs = firstTime(pattern, Math.max(0, fromMs - dayMs));
    if (timeMs === null) continue;
    return dayMs + timeMs < toMs ? dayMs + timeMs : null;
  }
  return null;
}

/** The first time of day at or after `fromMs`, milliseconds since midnight. */
function firstTime({ hours, minutes, seconds }: CronPattern, fromMs: number): number | null {
  for (const hour of hours) {
    if ((hour + 1) * HOUR_MS <= fromMs) continue;
    for (const minute of minutes) {
      const minuteMs = hour * HOUR_MS + minute * MINUTE_MS;
      if (minuteMs + MINUTE_MS <= fromMs) continue;
      const second = seconds.find((each) => minuteMs + each * SECOND_MS >= fromMs);
      if (second !== undefined) return minuteMs + second * SECOND_MS;
    }
  }
  return null;
}
