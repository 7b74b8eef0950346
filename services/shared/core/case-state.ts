import { carryOn, NOTHING_CARRIED } from './carried.ts';
import { effectiveEvents } from './effective-events.ts';
import type { LoggedEvent } from './event.ts';
import { MeasureFold } from './measure-fold.ts';
import type { Emit, MeasurePlan } from './measure-plan.ts';
import type { Amount } from './amount.ts';
import type { Part } from './aggregate-state.ts';
import { withItem } from './short-list.ts';
import type { PlanGroup, WorkflowPlan } from './workflow-plan.ts';

/** One change of one definition's slices. */
export interface Delta {
  readonly plan: MeasurePlan;
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
  effective(order: (a: LoggedEvent, b: LoggedEvent) => number): LoggedEvent[] {
    const events = this.amended ? effectiveEvents(this.events) : [...this.events];
    return events.sort(order);
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
    this.folds = plan.groups.map((group) => new MeasureFold(group.plan));
    this.foldsPlan = plan;
    this.carried = NOTHING_CARRIED;
    this.last = null;
    for (const event of this.effective(plan.order)) {
      this.feed(event, plan, null);
      this.last = event;
    }
  }

  /** What changes goes into `deltas`; null: it did before. */
  private feed(event: LoggedEvent, { groups }: WorkflowPlan, deltas: Delta[] | null): void {
    this.carried = carryOn(this.carried, event.dimensions);
    for (let i = 0; i < groups.length; i++)
      this.folds![i]!.feed(event, this.carried, deltas === null ? ignore : collect(groups[i]!, deltas));
  }
}

const ignore: Emit = () => {};

function collect({ members }: PlanGroup, into: Delta[]): Emit {
  return (timeMs, labels, amount, part, sign) => {
    for (const plan of members) {
      const { measure, aggregate } = plan.definition;
      const counts = measure.kind === 'duration' && aggregate.kind === 'count';
      into.push({ plan, timeMs, labels, amount: counts ? 1 : amount, part, sign });
    }
  };
}

/** All that a list of ordered events contributes, as the fold emits it (takings-back included). */
export function contributionsOf(plan: WorkflowPlan, ordered: readonly LoggedEvent[]): Delta[] {
  let carried = NOTHING_CARRIED;
  const folds = plan.groups.map((group) => new MeasureFold(group.plan));
  const deltas: Delta[] = [];
  for (const event of ordered) {
    carried = carryOn(carried, event.dimensions);
    const now = carried;
    plan.groups.forEach((group, i) => folds[i]!.feed(event, now, collect(group, deltas)));
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
  const key = `${delta.plan.definition.hash} ${delta.timeMs} ${delta.part} ${delta.amount} ${delta.labels}`;
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
