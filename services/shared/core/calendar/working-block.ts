import { type CalendarSpans, DAY_MS, MARGIN_DAYS } from './calendar-spans.ts';

/** Days of a block: about a year. */
const BLOCK_DAYS = 366;
/** Length of a block. */
export const BLOCK_MS = BLOCK_DAYS * DAY_MS;

/** The working time of one stretch of BLOCK_MS as a table: intervals in order that neither overlap nor touch. */
export class WorkingBlock {
  readonly startMs: number;
  readonly endMs: number;
  /** Working milliseconds in the whole block. */
  readonly totalMs: number;
  private readonly starts: Float64Array;
  private readonly ends: Float64Array;
  /** Working milliseconds of the block before each interval. */
  private readonly before: Float64Array;

  /** Block `index` starts at `index * BLOCK_MS`. */
  constructor(spans: CalendarSpans, index: number) {
    this.startMs = index * BLOCK_MS;
    this.endMs = this.startMs + BLOCK_MS;
    const firstDay = index * BLOCK_DAYS;
    const intervals: { startMs: number; endMs: number }[] = [];
    for (const span of spans.of(firstDay - MARGIN_DAYS, firstDay + BLOCK_DAYS + MARGIN_DAYS)) {
      const startMs = Math.max(span.startMs, this.startMs);
      const endMs = Math.min(span.endMs, this.endMs);
      if (startMs >= endMs) continue;
      const last = intervals.at(-1);
      if (last?.endMs === startMs) last.endMs = endMs;
      else intervals.push({ startMs, endMs });
    }
    this.starts = Float64Array.from(intervals, ({ startMs }) => startMs);
    this.ends = Float64Array.from(intervals, ({ endMs }) => endMs);
    this.before = new Float64Array(intervals.length);
    let sumMs = 0;
    intervals.forEach(({ startMs, endMs }, i) => {
      this.before[i] = sumMs;
      sumMs += endMs - startMs;
    });
    this.totalMs = sumMs;
  }

  /** Working milliseconds from the block's start to `timeMs`, which is in it or at its end. */
  workedMs(timeMs: number): number {
    const i = lastUpTo(this.starts, timeMs);
    return i < 0 ? 0 : this.before[i]! + Math.min(timeMs, this.ends[i]!) - this.starts[i]!;
  }

  /** The first instant at which `workedMs` gives `worked`, which is above 0 and at most the total. */
  instantOf(worked: number): number {
    // The last interval that begins with less than `worked` done is the one that gets there.
    const i = lastUpTo(this.before, worked - 1);
    return this.starts[i]! + worked - this.before[i]!;
  }

  /** End of the interval that holds `timeMs`, null where no work is done then. */
  workEnd(timeMs: number): number | null {
    const i = lastUpTo(this.starts, timeMs);
    return i >= 0 && timeMs < this.ends[i]! ? this.ends[i]! : null;
  }

  /** Start of the first interval that begins at or after `timeMs`, null where none does. */
  workStart(timeMs: number): number | null {
    return this.starts[lastUpTo(this.starts, timeMs - 1) + 1] ?? null;
  }
}

/** Index of the last of these ascending integers that is at most `limit`; -1 when none is. */
function lastUpTo(ascending: Float64Array, limit: number): number {
  let low = 0;
  let high = ascending.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (ascending[middle]! <= limit) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}
