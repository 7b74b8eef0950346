import type { Codec } from '../shared/core/codec.ts';
import type { Control, Fill } from '../shared/core/messages.ts';
import type { Clock } from '../shared/ports/clock.ts';
import type { EventLog } from '../shared/ports/event-log.ts';
import type { KpiStore } from '../shared/ports/kpi-store.ts';
import type { AggregateTask } from './aggregate/aggregate-task.ts';

/** Events that one fill brings in; below so many a new definition is computed whole where it comes into force. */
export const FILL_EVENTS_MAX = 4_000;

type Told = Pick<
  AggregateTask,
  'workflow' | 'topic' | 'partition' | 'nextOffset' | 'definitionsInForce' | 'filling' | 'fromPeriod'
>;

/** How far a partition is with the definitions that do not have all of its cases yet. */
export interface FillProgress {
  readonly definitions: readonly string[];
  /** Archived events of all cases, and of those that they have. */
  readonly eventsOfAll: number;
  readonly events: number;
}

/** What was appended last, until the task has applied it. */
interface Waiting {
  readonly offset: number;
  readonly sinceMs: number;
}

/**
 * Puts definitions in force in a partition and fills those that are new, by records of its log: a control record that
 * names them, then one fill after the other, each when the one before it was applied and as much time again has passed. So
 * live events are taken in meanwhile, and each takes a bounded share of memory and time. Two owners do no harm: a fill
 * that was made already does nothing.
 */
export class DefinitionChanges {
  private readonly log: EventLog;
  private readonly store: KpiStore;
  private readonly codec: Codec;
  private readonly clock: Clock;
  private readonly wanted: (workflow: string, inForce: readonly string[]) => readonly string[];
  private readonly isHurried: () => boolean;
  private readonly fillEventsMax: number;
  private readonly waiting = new WeakMap<object, Waiting>();
  private readonly notBeforeMs = new WeakMap<object, number>();
  private readonly progress = new WeakMap<object, FillProgress>();

  constructor(options: {
    readonly log: EventLog;
    readonly store: KpiStore;
    readonly codec: Codec;
    readonly clock: Clock;
    /** The definitions that are to be in force of a workflow where these are. */
    readonly wanted: (workflow: string, inForce: readonly string[]) => readonly string[];
    /** Whether nobody waits for other values meanwhile: there are no pauses then; absent: somebody does. */
    readonly isHurried?: () => boolean;
    readonly fillEventsMax?: number;
  }) {
    this.log = options.log;
    this.store = options.store;
    this.codec = options.codec;
    this.clock = options.clock;
    this.wanted = options.wanted;
    this.isHurried = options.isHurried ?? (() => false);
    this.fillEventsMax = options.fillEventsMax ?? FILL_EVENTS_MAX;
  }

  /** Appends the next record that the task's partition needs, if any. Throws what log and store throw. */
  async step(task: Told): Promise<void> {
    if (!this.isDue(task)) return;
    const inForce = task.definitionsInForce;
    const wanted = this.wanted(task.workflow, inForce);
    if (!sameHashes(wanted, inForce)) await this.control(task, wanted);
    else if (Object.keys(task.filling).length > 0) await this.fill(task);
  }

  private isDue(task: Told): boolean {
    const waiting = this.waiting.get(task);
    const nowMs = this.clock.nowMs();
    if (waiting !== undefined) {
      if (task.nextOffset <= waiting.offset) return false;
      this.waiting.delete(task);
      // Half of the time at most.
      if (!this.isHurried()) this.notBeforeMs.set(task, nowMs + (nowMs - waiting.sinceMs));
    }
    return nowMs >= (this.notBeforeMs.get(task) ?? 0);
  }

  private async control(task: Told, definitions: readonly string[]): Promise<void> {
    const added = definitions.filter((hash) => !task.definitionsInForce.includes(hash));
    const { upTo } = added.length === 0 ? { upTo: null } : await this.ahead(task, null);
    await this.append(task, { type: 'control', definitions, filling: upTo === null ? [] : added });
  }

  private async fill(task: Told): Promise<void> {
    const { filling } = task;
    const [first] = Object.values(filling);
    const after = first ?? null;
    // Those that came later are behind: each group has its own way.
    const definitions = Object.keys(filling).filter((hash) => filling[hash] === after);
    const { events, upTo } = await this.ahead(task, after);
    const eventsOfAll = after === null ? events : (this.progress.get(task)?.eventsOfAll ?? (await this.all(task)));
    this.progress.set(task, { definitions: Object.keys(filling), eventsOfAll, events: eventsOfAll - events });
    await this.append(task, { type: 'fill', definitions, after, upTo });
  }

  private async all(task: Told): Promise<number> {
    return (await this.ahead(task, null)).events;
  }

  private ahead(task: Told, after: string | null): ReturnType<KpiStore['archiveAhead']> {
    return this.store.archiveAhead(task.workflow, task.partition, after, this.fillEventsMax, task.fromPeriod);
  }

  private async append(task: Told, message: Control | Fill): Promise<void> {
    const { topic, partition } = task;
    const sinceMs = this.clock.nowMs();
    const [offset] = await this.log.append([{ topic, partition, key: null, value: this.codec.encode(message) }]);
    this.waiting.set(task, { offset: offset!, sinceMs });
  }

  /** How far a partition is; null: nothing is being filled there. */
  progressOf(task: Told): FillProgress | null {
    return Object.keys(task.filling).length === 0 ? null : (this.progress.get(task) ?? null);
  }

  /** Whether what is wanted is in force in a partition, with all of its cases. */
  isSettled(task: Told): boolean {
    const inForce = task.definitionsInForce;
    return sameHashes(this.wanted(task.workflow, inForce), inForce) && Object.keys(task.filling).length === 0;
  }
}

/** Whether two lists name the same, in whatever order. */
export function sameHashes(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && [...a].sort().join() === [...b].sort().join();
}
