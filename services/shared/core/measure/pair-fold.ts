import { type Amount, negateAmount, toAmount } from '../aggregate/amount.ts';
import type { Carried } from './carried.ts';
import { unscaledAt } from '../decimal.ts';
import type { Definition } from '../definition.ts';
import type { LoggedEvent } from '../event.ts';
import type { LabelValues } from './label-plan.ts';
import type { Emitted, MeasurePlan, Output } from './measure-plan.ts';
import type { Entry } from './pair-entry.ts';
import { closeWithin, keep, missOf, reopenWithin } from './pair-within.ts';
import { withItem } from '../short-list.ts';

/** What is measured of pairs. */
export type PairKind = 'duration' | 'open' | 'within';

/** What those that hold nothing share; never changed. */
const NOTHING_EMITTED: Emitted[] = [];
const NO_ENTRIES: Entry[] = [];

/**
 * Pairs entries with exits inside one case, for durations, levels and what has to come within a limit.
 * - first, last: one entry; `to: first` is its first exit at or after it, `to: last` its last one. An entry that starts
 *   anew (`from: last`) takes back what the one before it gave. The same event may be entry and exit.
 * - each → each: in order (first in, first out); an exit without an entry is skipped, an entry without an exit is open.
 *   An event that is both closes the entry before it and then opens the next.
 * - each → first (last): every entry with its next (the last) exit. first (last) → each: every exit with that entry.
 */
export class PairFold {
  private readonly plan: MeasurePlan;
  private readonly kind: PairKind;
  /** Whether a later entry or exit can take back what was emitted. */
  private readonly takesBack: boolean;
  private entries: Entry[] = NO_ENTRIES;
  private started = false;

  constructor(plan: MeasurePlan, kind: PairKind) {
    this.plan = plan;
    this.kind = kind;
    this.takesBack = plan.selectors.some(({ selector }) => selector.occurrence === 'last');
  }

  /** The next event is the first of a case. */
  reset(): void {
    this.entries = NO_ENTRIES;
    this.started = false;
  }

  get isOpen(): boolean {
    return this.entries.some(({ counts, closed }) => counts && !closed);
  }

  feed(event: LoggedEvent, carried: Carried, first: LabelValues, output: Output): void {
    const [from, to] = this.plan.selectors as [MeasurePlan['selectors'][0], MeasurePlan['selectors'][0]];
    const enters = from.matches(event, carried);
    const leaves = to.matches(event, carried);
    const inOrder = from.selector.occurrence === 'each' && to.selector.occurrence === 'each';
    if (enters && !inOrder) this.enter(event, carried, first, output);
    if (leaves) this.leave(event, carried, output);
    if (enters && inOrder) this.enter(event, carried, first, output);
  }

  private enter(event: LoggedEvent, carried: Carried, first: LabelValues, output: Output): void {
    const { occurrence } = this.plan.selectors[0]!.selector;
    if (occurrence === 'first' && this.started) return;
    this.started = true;
    if (occurrence === 'last') {
      for (const entry of this.entries) for (const emitted of entry.emitted) output(emitted, -1);
      this.entries = NO_ENTRIES;
    }
    const labels = this.plan.labels.take('from', carried, first);
    const counts = this.kind === 'duration' || this.plan.passes(event, carried);
    const miss = this.kind === 'within' && counts ? missOf(this.plan, event, carried, labels) : null;
    const amount = this.kind === 'open' ? amountOf(event, this.plan) : 1;
    const entry: Entry = {
      timeMs: event.timeMs,
      labels,
      amount,
      counts,
      emitted: NOTHING_EMITTED,
      miss,
      closed: false,
    };
    this.entries = withItem(this.entries, entry);
    if (miss !== null) keep(entry, [miss], output);
    if (this.kind === 'open' && counts) {
      const emitted: Emitted = { timeMs: event.timeMs, amount, part: 0, labels };
      if (this.takesBack) entry.emitted = [emitted];
      output(emitted, 1);
    }
  }

  private leave(event: LoggedEvent, carried: Carried, output: Output): void {
    const [from, to] = this.plan.selectors.map(({ selector }) => selector.occurrence);
    if (from === 'each' && to === 'each') {
      const entry = this.entries.shift();
      if (entry !== undefined) this.close(entry, event, carried, output);
      return;
    }
    for (const entry of this.entries) {
      if (entry.closed && (to === 'first' || (this.kind !== 'duration' && to === 'each'))) continue;
      if (to === 'last' && entry.closed) this.reopen(entry, output);
      this.close(entry, event, carried, output);
    }
    // A closed first pair can be forgotten, unless a new `last` entry may have to take it back.
    if (to === 'first' && from !== 'last') this.entries = NO_ENTRIES;
  }

  private close(entry: Entry, event: LoggedEvent, carried: Carried, output: Output): void {
    entry.closed = true;
    if (this.kind === 'within') return closeWithin(entry, event.timeMs, output);
    let emitted: Emitted;
    if (this.kind === 'open') {
      if (!entry.counts) return;
      const part = isValued(this.plan.definition) ? 1 : 0;
      emitted = { timeMs: event.timeMs, amount: negateAmount(entry.amount), part, labels: entry.labels };
    } else {
      if (!this.plan.passes(event, carried)) return;
      const amount = this.plan.elapsedMs(entry.timeMs, event.timeMs);
      emitted = { timeMs: event.timeMs, amount, part: 0, labels: this.plan.labels.take('to', carried, entry.labels) };
    }
    if (this.takesBack) entry.emitted = withItem(entry.emitted, emitted);
    output(emitted, 1);
  }

  /** Takes back the pair of an entry whose exit turned out not to be its last. */
  private reopen(entry: Entry, output: Output): void {
    if (this.kind === 'within') return reopenWithin(entry, output);
    const stays = this.kind === 'open' && entry.counts ? 1 : 0;
    for (const emitted of entry.emitted.slice(stays)) output(emitted, -1);
    entry.emitted = entry.emitted.slice(0, stays);
  }
}

/** Whether a level is of the values or ages of what is open, and not of their number. */
function isValued({ aggregate }: Definition): boolean {
  return aggregate.kind === 'age' || (aggregate.kind === 'level' && aggregate.of !== undefined);
}

/** What an entry adds to a level: its value, or of ages its time on the clock. One without a value is open all the same, and adds nothing to their sum. */
function amountOf(event: LoggedEvent, { definition, clock }: MeasurePlan): Amount {
  if (definition.aggregate.kind === 'age') return clock(event.timeMs);
  if (!isValued(definition)) return 1;
  return event.value === null ? 0 : toAmount(unscaledAt(event.value, definition.scale));
}
