import { CaseFolds, contributionKey, contributionsOf, type Delta } from './case-folds.ts';
import { type EventOrder, inOrder } from './effective-events.ts';
import type { LoggedEvent } from '../event.ts';
import type { WorkflowPlan } from './workflow-plan.ts';

/** Up to so many events an id is looked for one by one. */
const SCANNED_EVENTS_MAX = 16;

/**
 * A case in memory: its events, and for each definition where its fold stands. What it contributes is a function of the
 * set of its events; an event that comes last in their order takes the short way, any other one recomputes.
 */
export class CaseState {
  private list: LoggedEvent[] = [];
  /** The ids of `events`, once there are many: a look through a few takes no longer. */
  private ids: Set<string> | null = null;
  private folds: CaseFolds | null = null;
  /** Whether the folds have had the events. */
  private fed = false;
  private last: LoggedEvent | null = null;
  private amended = false;

  /** `events`: those of the archive, below the record in hand. */
  constructor(events: readonly LoggedEvent[]) {
    for (const event of events) this.keep(event);
  }

  /** Becomes another case, which has these events, no two of one id; the list is its own from then on. */
  become(events: LoggedEvent[]): void {
    this.list = events;
    this.ids = null;
    this.fed = false;
    this.amended = events.some(({ kind }) => kind !== 'event');
  }

  /**
   * Adds an event. Gives what changes, or null when the case already has an event of this id.
   * `shortcut: false` always recomputes (the test that holds both ways equal).
   */
  add(event: LoggedEvent, plan: WorkflowPlan, shortcut = true): Delta[] | null {
    if (this.has(event.id)) return null;
    const { order } = plan;
    const folds = this.prepare(plan);
    const comesLast = !this.amended && event.kind === 'event' && (this.last === null || order(this.last, event) < 0);
    if (comesLast && shortcut) {
      const deltas: Delta[] = [];
      this.keep(event);
      this.last = event;
      folds.feed(event, deltas);
      return deltas;
    }
    const before = netOf(plan, this.effective(order));
    this.keep(event);
    this.fed = false;
    const after = netOf(plan, this.effective(order));
    return difference(before, after);
  }

  /** The events in the order in which they came. */
  get events(): readonly LoggedEvent[] {
    return this.list;
  }

  private effective(order: EventOrder): readonly LoggedEvent[] {
    return inOrder(this.events, order);
  }

  private has(id: string): boolean {
    return this.ids === null ? this.events.some((event) => event.id === id) : this.ids.has(id);
  }

  private keep(event: LoggedEvent): void {
    if (this.has(event.id)) return;
    this.list.push(event);
    if (this.ids !== null) this.ids.add(event.id);
    else if (this.events.length > SCANNED_EVENTS_MAX) this.ids = new Set(this.events.map(({ id }) => id));
    if (event.kind !== 'event') this.amended = true;
  }

  /** The folds of the plan, which have had the events. */
  private prepare(plan: WorkflowPlan): CaseFolds {
    if (this.folds?.plan !== plan) {
      this.folds = new CaseFolds(plan);
      this.fed = false;
    }
    if (!this.fed) {
      this.folds.reset();
      this.last = null;
      for (const event of this.effective(plan.order)) {
        this.folds.feed(event, null);
        this.last = event;
      }
      this.fed = true;
    }
    return this.folds;
  }
}

type Net = Map<string, { readonly delta: Delta; count: number }>;

function netOf(plan: WorkflowPlan, ordered: readonly LoggedEvent[]): Net {
  const net: Net = new Map();
  for (const delta of contributionsOf(plan, ordered)) count(net, delta, delta.sign);
  return net;
}

function count(net: Net, delta: Delta, by: number): void {
  const key = contributionKey(delta);
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
