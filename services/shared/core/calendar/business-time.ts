import type { WorkingHours } from './calendar.ts';
import { CalendarSpans } from './calendar-spans.ts';
import { BLOCK_MS, WorkingBlock } from './working-block.ts';

/** Blocks before 1898 and after 2302 have no working time: a timestamp gone wrong must not fill tables for ages. */
const FIRST_BLOCK = -72;
const LAST_BLOCK = 331;
/** Blocks (about a year each) whose tables are kept per calendar; the one built first leaves first. */
const BLOCKS_MAX = 32;
/** Blocks that are searched for the next change, or for the end of a length of business time: about a hundred years. */
const SEARCHED_BLOCKS_MAX = 100;

/**
 * Business time of one calendar: the milliseconds in which work is done. As a function of time it never falls, so ages
 * and deadlines use it as they use time. Everything is whole milliseconds.
 */
export class BusinessTime {
  private readonly spans: CalendarSpans;
  private readonly blocks = new Map<number, WorkingBlock>();
  /** Working milliseconds of each block that was ever asked for. */
  private readonly totals = new Map<number, number>();
  private latest: WorkingBlock | null = null;

  constructor(hours: WorkingHours) {
    this.spans = new CalendarSpans(hours);
  }

  /** Working milliseconds between two instants; below 0 when the second is the earlier one. */
  businessMs(fromMs: number, toMs: number): number {
    if (toMs < fromMs) return 0 - this.businessMs(toMs, fromMs);
    const first = blockOf(fromMs);
    const last = blockOf(toMs);
    let sumMs = this.workedMs(last, toMs) - this.workedMs(first, fromMs);
    for (let index = Math.max(first, FIRST_BLOCK); index < Math.min(last, LAST_BLOCK + 1); index++)
      sumMs += this.total(index);
    return sumMs;
  }

  /**
   * The first instant at which `businessMs` of working time have passed since `fromMs` (0 or more): a deadline. Null when
   * they have not within about a hundred years. Throws RangeError for a length below 0.
   */
  instantAfter(fromMs: number, businessMs: number): number | null {
    if (businessMs < 0) throw new RangeError(`A length of business time is 0 or more, not ${businessMs} ms.`);
    if (businessMs === 0) return fromMs;
    const first = blockOf(fromMs);
    let leftMs = businessMs + this.workedMs(first, fromMs);
    for (let index = first; index < first + SEARCHED_BLOCKS_MAX; index++) {
      const totalMs = this.total(index);
      if (leftMs <= totalMs) return this.block(index).instantOf(leftMs);
      leftMs -= totalMs;
    }
    return null;
  }

  /** Whether work is done at this instant. */
  isWorking(timeMs: number): boolean {
    const index = blockOf(timeMs);
    return isCovered(index) && this.block(index).workEnd(timeMs) !== null;
  }

  /** The next instant at which work begins or ends; null when it does not within about a hundred years. */
  nextChange(timeMs: number): number | null {
    const first = blockOf(timeMs);
    const working = this.isWorking(timeMs);
    let atMs = timeMs;
    for (let index = first; index < first + SEARCHED_BLOCKS_MAX; index++) {
      const blockEndMs = (index + 1) * BLOCK_MS;
      // A year that is worked through, or not at all, needs no table.
      if (this.total(index) !== (working ? BLOCK_MS : 0)) {
        const block = this.block(index);
        if (!working) {
          const startMs = block.workStart(atMs);
          if (startMs !== null) return startMs;
        } else {
          const endMs = block.workEnd(atMs) ?? atMs;
          if (endMs < blockEndMs) return endMs;
        }
      }
      atMs = blockEndMs;
    }
    return null;
  }

  private workedMs(index: number, timeMs: number): number {
    return isCovered(index) ? this.block(index).workedMs(timeMs) : 0;
  }

  private total(index: number): number {
    if (!isCovered(index)) return 0;
    return this.totals.get(index) ?? this.block(index).totalMs;
  }

  private block(index: number): WorkingBlock {
    if (this.latest?.startMs === index * BLOCK_MS) return this.latest;
    let block = this.blocks.get(index);
    if (block === undefined) {
      const oldest = this.blocks.keys().next();
      if (this.blocks.size >= BLOCKS_MAX && oldest.done !== true) this.blocks.delete(oldest.value);
      block = new WorkingBlock(this.spans, index);
      this.blocks.set(index, block);
      this.totals.set(index, block.totalMs);
    }
    this.latest = block;
    return block;
  }
}

const shared = new WeakMap<WorkingHours, BusinessTime>();

/** The business time of these hours; its tables are shared by all who ask with the same object. */
export function businessTimeOf(hours: WorkingHours): BusinessTime {
  let found = shared.get(hours);
  if (found === undefined) {
    found = new BusinessTime(hours);
    shared.set(hours, found);
  }
  return found;
}

function blockOf(timeMs: number): number {
  return Math.floor(timeMs / BLOCK_MS);
}

function isCovered(index: number): boolean {
  return index >= FIRST_BLOCK && index <= LAST_BLOCK;
}
