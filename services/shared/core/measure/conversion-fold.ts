import type { Part } from '../aggregate/aggregate-state.ts';
import type { Carried } from './carried.ts';
import type { ConversionMeasure, Selector } from '../definition.ts';
import type { LoggedEvent } from '../event.ts';
import type { LabelValues } from './label-plan.ts';
import type { Emitted, MeasurePlan, Output } from './measure-plan.ts';
import { withItem } from '../short-list.ts';

interface Entry {
  readonly timeMs: number;
  readonly labels: LabelValues;
  /** Its place below the line; null: it does not pass the KPI's `where`, so neither side has it. */
  readonly base: Emitted | null;
  converted: boolean;
  /** Its place above the line, where it may have to be taken back. */
  above: Emitted | null;
}

/** What those that hold nothing share; never changed. */
const NO_ENTRIES: Entry[] = [];

/**
 * Which entries of a case (`from`) reach a goal (`to`) not before `afterMs` and not after `withinMs` from them.
 * - from first, last, each: the case's first entry, its last one (which takes back what the one before it gave), or all.
 * - to first, last: an entry's first or last goal within its limits; one goal may convert several entries.
 * - each → each: every goal converts the oldest entry that still waits and whose limits it keeps, never itself.
 * Else the same event may be entry and goal, unless every entry would be its own: then a goal has to come after it.
 */
export class ConversionFold {
  private readonly plan: MeasurePlan;
  private readonly measure: ConversionMeasure;
  private readonly withinMs: number;
  private readonly inTurn: boolean;
  /** Whether an event may reach the goal before it enters. */
  private readonly goalFirst: boolean;
  /** Whether a later goal takes the place of one within the limits; of a cohort both stand at the entry. */
  private readonly moves: boolean;
  private entries: Entry[] = NO_ENTRIES;
  private started = false;

  constructor(plan: MeasurePlan, measure: ConversionMeasure) {
    this.plan = plan;
    this.measure = measure;
    this.withinMs = measure.withinMs ?? Infinity;
    const { from, to, count } = measure;
    this.inTurn = from.occurrence === 'each' && to.occurrence === 'each';
    this.goalFirst = this.inTurn || includes(to, from);
    this.moves = to.occurrence === 'last' && count === 'flow';
  }

  /** The next event is the first of a case. */
  reset(): void {
    this.entries = NO_ENTRIES;
    this.started = false;
  }

  get isOpen(): boolean {
    return this.withinMs === Infinity && this.entries.some(({ base, converted }) => base !== null && !converted);
  }

  feed(event: LoggedEvent, carried: Carried, first: LabelValues, output: Output): void {
    const [from, to] = this.plan.selectors;
    const enters = from!.matches(event, carried);
    const reaches = to!.matches(event, carried);
    if (enters && !this.goalFirst) this.enter(event, carried, first, output);
    if (reaches) this.reach(event.timeMs, output);
    if (enters && this.goalFirst) this.enter(event, carried, first, output);
  }

  private enter(event: LoggedEvent, carried: Carried, first: LabelValues, output: Output): void {
    const { occurrence } = this.measure.from;
    if (occurrence === 'first' && this.started) return;
    this.started = true;
    if (occurrence === 'last') this.takeBack(output);
    const labels = this.plan.labels.take('from', carried, first);
    const counts = this.plan.passes(event, carried);
    const base = counts ? contribution(event.timeMs, labels, 1) : null;
    const entry: Entry = { timeMs: event.timeMs, labels, base, converted: false, above: null };
    this.entries = withItem(this.entries, entry);
    if (base !== null) output(base, 1);
  }

  private takeBack(output: Output): void {
    for (const { base, above } of this.entries) {
      if (base !== null) output(base, -1);
      if (above !== null) output(above, -1);
    }
    this.entries = NO_ENTRIES;
  }

  private reach(timeMs: number, output: Output): void {
    const keepsAll = this.measure.from.occurrence === 'last';
    if (!keepsAll) this.entries = this.entries.filter((entry) => timeMs - entry.timeMs <= this.withinMs);
    for (const entry of this.entries) {
      const passedMs = timeMs - entry.timeMs;
      if (passedMs < this.measure.afterMs || passedMs > this.withinMs) continue;
      if (entry.converted && !this.moves) continue;
      this.convert(entry, timeMs, output);
      if (this.inTurn) break;
    }
    if (!keepsAll && !this.moves) this.entries = this.entries.filter(({ converted }) => !converted);
  }

  private convert(entry: Entry, timeMs: number, output: Output): void {
    entry.converted = true;
    if (entry.base === null) return;
    if (entry.above !== null) output(entry.above, -1);
    entry.above = contribution(this.measure.count === 'flow' ? timeMs : entry.timeMs, entry.labels, 0);
    output(entry.above, 1);
  }
}

/** Whether every event that `some` picks of a case is one of `all`. */
function includes(all: Selector, some: Selector): boolean {
  const conditions = some.where.map((condition) => JSON.stringify(condition));
  return (
    (all.activity === 'any' || all.activity === some.activity) &&
    all.where.every((condition) => conditions.includes(JSON.stringify(condition)))
  );
}

function contribution(timeMs: number, labels: LabelValues, part: Part): Emitted {
  return { timeMs, amount: 1, part, labels };
}
