import type { WindowSpec } from '../definition.ts';
import type { NamedShift, WorkingHours } from '../calendar/calendar.ts';
import { dateOf, type Shift } from '../calendar/shift.ts';
import { CalendarSpans, DAY_MS, dayOf, MARGIN_DAYS, type WorkingSpan } from '../calendar/calendar-spans.ts';
import type { Slice } from './window-calendar.ts';

/** Windows that are shifts, or a shift so far. */
export type ShiftWindow = Extract<WindowSpec, { readonly hours: WorkingHours }>;

/** A shift, or what lies between two of them. */
export interface ShiftSlice extends Slice {
  /** Null: between shifts. */
  readonly shift: Shift | null;
}

/** Days whose shifts are turned into instants at once. */
const BLOCK_DAYS = 64;
const BLOCK_MS = BLOCK_DAYS * DAY_MS;
/** Before 1898 and after 2302 there are no shifts, as there is no working time. */
const FIRST_BLOCK = -412;
const LAST_BLOCK = 1_896;
const EARLIEST_MS = FIRST_BLOCK * BLOCK_MS;
/** End of what follows the last shift: later than any event time that is accepted. */
const LATEST_MS = (LAST_BLOCK + 1) * BLOCK_MS;
/** Blocks (about two months each) whose shifts are kept per window; the one built first leaves first. */
const BLOCKS_MAX = 64;

/** The slices of the shifts of one calendar. */
class ShiftSlices {
  private readonly spans: CalendarSpans;
  private readonly only: readonly string[] | null;
  private readonly blocks = new Map<number, readonly ShiftSlice[]>();
  private latest: ShiftSlice | null = null;

  constructor({ hours, only }: ShiftWindow) {
    this.spans = new CalendarSpans(hours);
    this.only = only ?? null;
  }

  at(timeMs: number): ShiftSlice {
    const { latest } = this;
    if (latest !== null && latest.startMs <= timeMs && timeMs < latest.endMs) return latest;
    const before = this.lastStarting(timeMs);
    if (before !== null && timeMs < before.endMs) return (this.latest = before);
    const startMs = before?.endMs ?? Math.min(EARLIEST_MS, timeMs);
    const endMs = this.firstStartingAfter(timeMs)?.startMs ?? Math.max(LATEST_MS, timeMs + 1);
    return (this.latest = { startMs, endMs, shift: null });
  }

  /** The last shift that starts at `timeMs` or before. */
  private lastStarting(timeMs: number): ShiftSlice | null {
    const first = blockOf(timeMs);
    for (let index = Math.min(first, LAST_BLOCK); index >= FIRST_BLOCK; index--) {
      const found = this.block(index).findLast(({ startMs }) => startMs <= timeMs);
      if (found !== undefined) return found;
    }
    return null;
  }

  /** The first shift that starts after `timeMs`. */
  private firstStartingAfter(timeMs: number): ShiftSlice | null {
    for (let index = Math.max(blockOf(timeMs), FIRST_BLOCK); index <= LAST_BLOCK; index++) {
      const found = this.block(index).find(({ startMs }) => startMs > timeMs);
      if (found !== undefined) return found;
    }
    return null;
  }

  /** The shifts that start in a block, in order. */
  private block(index: number): readonly ShiftSlice[] {
    const known = this.blocks.get(index);
    if (known !== undefined) return known;
    const firstDay = index * BLOCK_DAYS;
    const startMs = index * BLOCK_MS;
    const block = this.spans
      .of(firstDay - MARGIN_DAYS, firstDay + BLOCK_DAYS + MARGIN_DAYS)
      .filter((span) => span.startMs >= startMs && span.startMs < startMs + BLOCK_MS)
      .flatMap((span) => this.sliceOf(span) ?? []);
    const oldest = this.blocks.keys().next();
    if (this.blocks.size >= BLOCKS_MAX && oldest.done !== true) this.blocks.delete(oldest.value);
    this.blocks.set(index, block);
    return block;
  }

  private sliceOf({ shift: name, startMs, endMs, day }: WorkingSpan): ShiftSlice | null {
    if (name === null || (this.only !== null && !this.only.includes(name))) return null;
    return { startMs, endMs, shift: { name, startMs, endMs, day } };
  }
}

const shared = new WeakMap<ShiftWindow, ShiftSlices>();

/** The shift of the window that holds `timeMs`, or what lies between the one before and the one after. */
export function shiftSlice(window: ShiftWindow, timeMs: number): ShiftSlice {
  let slices = shared.get(window);
  if (slices === undefined) shared.set(window, (slices = new ShiftSlices(window)));
  return slices.at(timeMs);
}

/** The shift that a window of this end is, or is of; null where there is none. */
export function namedShift(window: ShiftWindow, endMs: number): NamedShift | null {
  const { shift, endMs: shiftEndMs } = shiftSlice(window, endMs - 1);
  return shift === null || (window.kind === 'shift' && shiftEndMs !== endMs)
    ? null
    : { name: shift.name, date: dateOf(shift.day) };
}

/** What the ends of two shifts that follow one another are apart at most, ms. */
export function shiftStepMaxMs({ hours: { closed, makeUp, special } }: ShiftWindow): number {
  // Between two dates that are not as their weekdays there is a shift, unless they are in one week.
  const days = [...closed, ...makeUp, ...special.map(({ date }) => date)].map(dayOf);
  days.sort((a, b) => a - b);
  let longest = 0;
  let from = days[0] ?? 0;
  days.forEach((day, i) => {
    if (i > 0 && day - days[i - 1]! > WEEK_DAYS) from = day;
    longest = Math.max(longest, day - from + 1);
  });
  // A week to the shift before, one to that after, and a day that shifts are long.
  return (longest + 2 * WEEK_DAYS + 2) * DAY_MS;
}

/** How long a shift takes at most, ms: clocks that go back during it and all. */
export function shiftMsMax({ hours: { week, special } }: ShiftWindow): number {
  const spans = [...week, ...special.map((date) => date.spans)].flat();
  const minutes = Math.max(...spans.map(({ fromMinute, toMinute }) => toMinute - fromMinute));
  return minutes * MINUTE_MS + CLOCK_MS;
}

const MINUTE_MS = 60_000;
/** What clocks are put back by at most. */
const CLOCK_MS = 2 * 60 * MINUTE_MS;
const WEEK_DAYS = 7;

function blockOf(timeMs: number): number {
  return Math.floor(timeMs / BLOCK_MS);
}
