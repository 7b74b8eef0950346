import { carryOn, NOTHING_CARRIED } from './carried.ts';
import { effectiveEvents, eventOrder } from './effective-events.ts';
import type { LoggedEvent } from './event.ts';
import { MeasureFold } from './measure-fold.ts';
import type { Emit, MeasurePlan } from './measure-plan.ts';
import type { Amount } from './amount.ts';
import type { Part } from './aggregate-state.ts';
import { withItem } from './short-list.ts';

/** One change of one definition's slices. */
export interface Delta {
  readonly plan: MeasurePlan;
  readonly timeMs: number;
  readonly labels: string;
  readonly amount: Amount;
  readonly part: Part;
  readonly sign: 1 | -1;
}

/** The definitions of a workflow as the fold uses them; a new object when they change. */
export interface WorkflowPlan {
  readonly plans: readonly MeasurePlan[];
  readonly ranks: ReadonlyMap<string, number>;
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
    const order = eventOrder(plan.ranks);
    this.prepare(plan, order);
    const deltas: Delta[] = [];
    const inOrder = !this.amended && event.kind === 'event' && (this.last === null || order(this.last, event) < 0);
    if (inOrder && shortcut) {
      this.keep(event);
      this.last = event;
      this.feed(event, plan, (measure) => collect(measure, deltas));
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

  private prepare(plan: WorkflowPlan, order: (a: LoggedEvent, b: LoggedEvent) => number): void {
    if (this.folds !== null && this.foldsPlan === plan) return;
    this.folds = plan.plans.map((measure) => new MeasureFold(measure));
    this.foldsPlan = plan;
    this.carried = NOTHING_CARRIED;
    this.last = null;
    for (const event of this.effective(order)) {
      this.feed(event, plan, () => ignore);
      this.last = event;
    }
  }

  private feed(event: LoggedEvent, plan: WorkflowPlan, emitFor: (measure: MeasurePlan) => Emit): void {
    this.carried = carryOn(this.carried, event.dimensions);
    plan.plans.forEach((measure, i) => this.folds![i]!.feed(event, this.carried, emitFor(measure)));
  }
}

const ignore: Emit = () => {};

function collect(plan: MeasurePlan, into: Delta[]): Emit {
  return (timeMs, labels, amount, part, sign) => into.push({ plan, timeMs, labels, amount, part, sign });
}

/** All that a list of ordered events contributes, as the fold emits it (takings-back included). */
export function contributionsOf(plan: WorkflowPlan, ordered: readonly LoggedEvent[]): Delta[] {
  let carried = NOTHING_CARRIED;
  const folds = plan.plans.map((measure) => new MeasureFold(measure));
  const deltas: Delta[] = [];
  for (const event of ordered) {
    carried = carryOn(carried, event.dimensions);
    const now = carried;
    plan.plans.forEach((measure, i) => folds[i]!.feed(event, now, collect(measure, deltas)));
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
