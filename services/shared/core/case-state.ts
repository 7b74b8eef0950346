import { carryOn, NOTHING_CARRIED } from './carried.ts';
import { effectiveEvents, type EventOrder } from './effective-events.ts';
import type { LoggedEvent } from './event.ts';
import { MeasureFold } from './measure-fold.ts';
import type { Emit } from './measure-plan.ts';
import type { Amount } from './amount.ts';
import type { Part } from './aggregate-state.ts';
import { withItem } from './short-list.ts';
import type { PairGroup, SliceGroup, WorkflowPlan } from './workflow-plan.ts';

/** One change of the slices of a group's definitions. */
export interface Delta {
  readonly group: SliceGroup;
  readonly timeMs: number;
  readonly labels: string;
  readonly amount: Amount;
  readonly part: Part;
  readonly sign: 1 | -1;
}

/** Up to so many events an id is looked for one by one. */
const SCANNED_EVENTS_MAX = 16;

/**
 * A case in memory: its events, and for each definition where its fold stands. What it contributes is a function of the
 * set of its events; an event that comes last in their order takes the short way (`feed`), any other one recomputes.
 */
export class CaseState {
  private list: LoggedEvent[] = [];
  /** The ids of `events`, once there are many: a look through a few takes no longer. */
  private ids: Set<string> | null = null;
  private carried = NOTHING_CARRIED;
  private folds: MeasureFold[] | null = null;
  private foldsPlan: WorkflowPlan | null = null;
  private last: LoggedEvent | null = null;
  private amended = false;

  /** `events`: those of the archive, below the record in hand. */
  constructor(events: readonly LoggedEvent[]) {
    for (const event of events) this.keep(event);
  }

  /**
   * Adds an event. Gives what changes, or null when the case already has an event of this id.
   * `shortcut: false` always recomputes (the test that holds both ways equal).
   */
  add(event: LoggedEvent, plan: WorkflowPlan, shortcut = true): Delta[] | null {
    if (this.has(event.id)) return null;
    const { order } = plan;
    this.prepare(plan);
    const deltas: Delta[] = [];
    const inOrder = !this.amended && event.kind === 'event' && (this.last === null || order(this.last, event) < 0);
    if (inOrder && shortcut) {
      this.keep(event);
      this.last = event;
      this.feed(event, plan, deltas);
      return deltas;
    }
    const before = netOf(plan, this.effective(order));
    this.keep(event);
    this.folds = null;
    const after = netOf(plan, this.effective(order));
    return difference(before, after);
  }

  /** The events in the order in which they came. */
  get events(): readonly LoggedEvent[] {
    return this.list;
  }

  /** Effective events, in order. */
  private effective(order: EventOrder): LoggedEvent[] {
    return effectiveEvents(this.events).sort(order);
  }

  private has(id: string): boolean {
    return this.ids === null ? this.events.some((event) => event.id === id) : this.ids.has(id);
  }

  private keep(event: LoggedEvent): void {
    if (this.has(event.id)) return;
    this.list = withItem(this.list, event);
    if (this.ids !== null) this.ids.add(event.id);
    else if (this.events.length > SCANNED_EVENTS_MAX) this.ids = new Set(this.events.map(({ id }) => id));
    if (event.kind !== 'event') this.amended = true;
  }

  private prepare(plan: WorkflowPlan): void {
    if (this.folds !== null && this.foldsPlan === plan) return;
    this.folds = plan.pairs.map((pair) => new MeasureFold(pair.plan));
    this.foldsPlan = plan;
    this.carried = NOTHING_CARRIED;
    this.last = null;
    for (const event of this.effective(plan.order)) {
      this.feed(event, plan, null);
      this.last = event;
    }
  }

  /** What changes goes into `deltas`; null: it did before. */
  private feed(event: LoggedEvent, { pairs }: WorkflowPlan, deltas: Delta[] | null): void {
    this.carried = carryOn(this.carried, event.dimensions);
    for (let i = 0; i < pairs.length; i++)
      this.folds![i]!.feed(event, this.carried, deltas === null ? ignore : collect(pairs[i]!, deltas));
  }
}

const ignore: Emit = () => {};

function collect({ slices }: PairGroup, into: Delta[]): Emit {
  return (timeMs, labels, amount, part, sign) => {
    for (const group of slices) into.push({ group, timeMs, labels, amount, part, sign });
  };
}

/** All that a list of ordered events contributes, as the fold emits it (takings-back included). */
export function contributionsOf(plan: WorkflowPlan, ordered: readonly LoggedEvent[]): Delta[] {
  let carried = NOTHING_CARRIED;
  const folds = plan.pairs.map((pair) => new MeasureFold(pair.plan));
  const deltas: Delta[] = [];
  for (const event of ordered) {
    carried = carryOn(carried, event.dimensions);
    const now = carried;
    plan.pairs.forEach((pair, i) => folds[i]!.feed(event, now, collect(pair, deltas)));
  }
  return deltas;
}

type Net = Map<string, { readonly delta: Delta; count: number }>;

function netOf(plan: WorkflowPlan, ordered: readonly LoggedEvent[]): Net {
  const net: Net = new Map();
  for (const delta of contributionsOf(plan, ordered)) count(net, delta, delta.sign);
  return net;
}

function count(net: Net, delta: Delta, by: number): void {
  const key = `${delta.group.id} ${delta.timeMs} ${delta.part} ${delta.amount} ${delta.labels}`;
  const known = net.get(key);
  if (known === undefined) net.set(key, { delta, count: by });
  else known.count += by;
}

/** new − old, takings-back first. */
function difference(before: Net, after: Net): Delta[] {
  for (const { delta, count: times } of before.values()) count(after, delta, -times);
  const deltas: Delta[] = [];
  for (const sign of [-1, 1] as const) {
    for (const { delta, count: times } of after.values()) {
      for (let i = 0; i < times * sign; i++) deltas.push({ ...delta, sign });
    }
  }
  return deltas;
}
