import type { Catalogue } from '../../shared/core/catalogue/catalogue.ts';
import { offsetOf } from '../../shared/core/version.ts';
import type { Clock } from '../../shared/ports/clock.ts';
import type { EventLog } from '../../shared/ports/event-log.ts';
import type { ServiceRow } from '../../shared/ports/kpi-rows.ts';
import type { KpiStore } from '../../shared/ports/kpi-store.ts';
import { LetterCounts } from '../../shared/runtime/letter-counts.ts';
import { eventsTopic, SLICES_TOPIC, TRANSITIONS_TOPIC, VALUES_TOPIC } from '../../shared/runtime/topics.ts';
import type { StatusReport } from '../wiring.ts';
import type { PresenceContent } from './service-state.ts';

/** A process that told nothing for so long is gone: some times what lies between two tellings, and clocks differ. */
export const PRESENT_MS = 15_000;
/** What halted a process is shown for so long after it, unless another has taken its places. */
const SHOWN_MS = 3_600_000;

/** How often it looks while somebody waits. */
const LOOK_EVERY_MS = 500;

type Task = StatusReport['tasks'][number];

interface StagePlace {
  readonly stage: string;
  readonly topic: string;
  readonly partition: number;
}

/** Of two runs of one process the later one counts. */
interface Told extends PresenceContent {
  readonly row: ServiceRow;
  readonly present: boolean;
}

/**
 * How far all services of a cluster are, from what each has told the store, and where the log ends now. What they told
 * is some seconds old, so nothing seems further than it is. A place that nobody has is listed from its stored position.
 */
export class ClusterStatus {
  private readonly store: Pick<KpiStore, 'services' | 'position'>;
  private readonly letters: LetterCounts;
  private readonly log: Pick<EventLog, 'endOffset'>;
  private readonly clock: Clock;
  private readonly places: readonly StagePlace[];
  private last: { readonly askedMs: number; readonly report: Promise<Omit<StatusReport, 'catalogue'>> } | null = null;

  constructor(options: {
    readonly store: Pick<KpiStore, 'services' | 'position' | 'deadLetterCounts'>;
    readonly log: Pick<EventLog, 'endOffset'>;
    readonly clock: Clock;
    /** With takt's own part. */
    readonly catalogue: Catalogue;
    readonly partitions: number;
  }) {
    this.store = options.store;
    this.log = options.log;
    this.clock = options.clock;
    this.letters = new LetterCounts(options.store, options.clock);
    const of = (stage: string, topic: string, count: number): StagePlace[] =>
      Array.from({ length: count }, (_, partition) => ({ stage, topic, partition }));
    const { catalogue, partitions } = options;
    this.places = [
      ...[...catalogue.workflows.keys()].flatMap((name) => of('aggregate', eventsTopic(name), partitions)),
      ...of('roll', SLICES_TOPIC, partitions),
      ...of('alert', VALUES_TOPIC, partitions),
      ...of('notify', TRANSITIONS_TOPIC, 1),
    ];
  }

  /** The last report where it is not older than this, else a new one: for what is asked often. */
  recent(ageMsMax: number): Promise<Omit<StatusReport, 'catalogue'>> {
    const nowMs = this.clock.nowMs();
    if (this.last === null || nowMs - this.last.askedMs > ageMsMax || nowMs < this.last.askedMs)
      this.last = { askedMs: nowMs, report: this.report() };
    const { last } = this;
    // What failed is asked again the next time.
    last.report.catch(() => {
      if (this.last === last) this.last = null;
    });
    return last.report;
  }

  /** Throws STORE_FAILED and LOG_UNAVAILABLE. */
  async report(): Promise<Omit<StatusReport, 'catalogue'>> {
    const nowMs = this.clock.nowMs();
    const told = (await this.store.services(nowMs - SHOWN_MS)).map((row): Told => {
      const content = JSON.parse(row.content) as PresenceContent;
      return { ...content, row, present: row.seenMs >= nowMs - PRESENT_MS && content.ended !== true };
    });
    const present = told.filter((each) => each.present);
    const tasks = await Promise.all(this.places.map((place) => this.taskOf(place, present)));
    const unowned = tasks.filter(({ instance }) => instance === null);
    const processors = present.filter(({ row }) => row.service === 'processor');
    const halted = unowned.length === 0 ? undefined : told.findLast(({ halted: reason }) => reason !== null);
    return {
      ready: unowned.length === 0 && processors.every(({ state }) => state.ready),
      halted: halted?.halted ?? null,
      failing: present.flatMap(({ failing }) => failing),
      log: null,
      notifications: present.find(({ state }) => state.notifications !== null)?.state.notifications ?? NO_NOTIFICATIONS,
      deadLetters: await this.letters.now(),
      tasks,
      jobs: present.flatMap(({ state }) => state.jobs),
      heartbeat: present.find(({ state }) => state.heartbeat !== null)?.state.heartbeat ?? null,
      // A process of an earlier version tells of none.
      sources: present.flatMap(({ state }) => state.sources ?? []),
      services: told.map(({ row, present: isPresent, ...each }) => ({
        service: row.service,
        instance: row.instance,
        url: each.url,
        seenMs: row.seenMs,
        startedMs: each.startedMs,
        state: stateOf(each, isPresent),
        reasons: each.halted === null ? each.state.reasons : [each.halted],
      })),
    };
  }

  /**
   * Resolves when every value that was published before the call is stored, or when `signal` is aborted. It takes what
   * processes told after the call, and what the store has since.
   */
  async untilRolled(signal: AbortSignal): Promise<void> {
    const waiting = new Set(this.places.filter(({ stage }) => stage === 'roll').map(({ partition }) => partition));
    const seenBefore = new Map<string, number>();
    const read = new Map<number, number>();
    for (let look = 0; ; look++) {
      const rows = await this.store.services(this.clock.nowMs() - PRESENT_MS).catch(() => []);
      for (const { service, instance, seenMs, content } of rows) {
        if (service !== 'processor') continue;
        const before = seenBefore.get(instance);
        if (look === 0) seenBefore.set(instance, seenMs);
        else if (before !== seenMs) pass((JSON.parse(content) as PresenceContent).state.tasks, read, waiting);
      }
      if (waiting.size === 0 || signal.aborted) return;
      await this.clock.sleep(LOOK_EVERY_MS, signal);
    }
  }

  private async taskOf({ stage, topic, partition }: StagePlace, present: readonly Told[]): Promise<Task> {
    const endOffset = await this.log.endOffset(topic, partition);
    let latest: { readonly task: Task; readonly row: ServiceRow } | null = null;
    for (const { row, state } of present) {
      const task = state.tasks.find(
        (each) => each.stage === stage && each.topic === topic && each.partition === partition,
      );
      if (task !== undefined && (latest === null || row.seenMs > latest.row.seenMs)) latest = { task, row };
    }
    if (latest !== null) {
      const { task, row } = latest;
      return { ...task, endOffset, lag: task.endOffset - task.nextOffset, instance: row.instance };
    }
    const position = await this.store.position(stage, topic, partition);
    const storedOffset = position === null ? -1 : offsetOf(position.version + 1n) - 1;
    const place = { stage, topic, partition, nextOffset: storedOffset + 1, endOffset, storedOffset, unstored: 0 };
    return { ...place, watermarkMs: null, openImports: [], instance: null };
  }
}

/** Strikes out the partitions of [slices] that are stored up to where they were read at the first look. */
function pass(tasks: readonly Task[], read: Map<number, number>, waiting: Set<number>): void {
  for (const { stage, partition, nextOffset, storedOffset, unstored } of tasks) {
    if (stage !== 'roll') continue;
    if (!read.has(partition)) read.set(partition, nextOffset);
    if (unstored === 0 || storedOffset + 1 >= read.get(partition)!) waiting.delete(partition);
  }
}

const NO_NOTIFICATIONS: StatusReport['notifications'] = { pending: 0, failedCount: 0, failed: [] };

function stateOf({ halted, ended, state }: PresenceContent, present: boolean): string {
  if (halted !== null) return 'halted';
  if (ended === true) return 'stopped';
  if (!present) return 'gone';
  return state.ready ? 'ready' : 'starting';
}
