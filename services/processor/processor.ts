import type { Catalogue, Workflow } from '../shared/core/catalogue/catalogue.ts';
import type { Codec } from '../shared/core/codec.ts';
import type { Clock } from '../shared/ports/clock.ts';
import type { EventLog, LogRecord } from '../shared/ports/event-log.ts';
import type { Place, PlaceOffset } from '../shared/ports/group.ts';
import type { KpiStore } from '../shared/ports/kpi-store.ts';
import { FoldLoop, type FoldLoopOptions } from '../shared/runtime/fold/fold-loop.ts';
import type { FoldObserver } from '../shared/runtime/fold/fold-observer.ts';
import { FoldRunner } from '../shared/runtime/fold/fold-runner.ts';
import {
  DEAD_LETTERS_TOPIC,
  eventsTopic,
  SLICES_TOPIC,
  TRANSITIONS_TOPIC,
  VALUES_TOPIC,
} from '../shared/runtime/topics.ts';
import { AggregateTask } from './aggregate/aggregate-task.ts';
import { CASE_BYTES_MAX } from './aggregate/case-cache.ts';
import { SLICE_ROWS_MAX } from './aggregate/slice-table.ts';
import { DeadLetterTask } from './dead-letters/dead-letter-task.ts';
import { computedDefinitions } from '../shared/runtime/computed-definitions.ts';
import { DefinitionBook } from './definition-book.ts';
import { ChangesLoop } from './changes-loop.ts';
import { DefinitionChanges, type FillProgress } from './definition-changes.ts';
import { Readiness } from './readiness.ts';
import { RetentionCuts } from './retention-cuts.ts';
import { RollTask } from './roll/roll-task.ts';
import { OPEN_SLICES_MAX, SLICES_MAX } from './roll/series-table.ts';
import { Ticker } from './ticker.ts';

const PUBLISH_EVERY_MS = 50;
const STORE_EVERY_MS = 1_000;

export interface ProcessorOptions {
  readonly catalogue: Catalogue;
  /** Partitions per topic. */
  readonly partitions: number;
  /** Workflows whose time stands still a few seconds after an event: silent partitions get no ticks then. */
  readonly still?: ReadonlySet<string>;
  readonly epoch: number;
  readonly log: EventLog;
  readonly store: KpiStore;
  readonly codec: Codec;
  readonly clock: Clock;
  readonly observer: FoldObserver;
  /** Whether the places are this process's still; absent: always. */
  readonly isCurrent?: () => boolean;
}

/** How far one task is, for status, metrics and whoever waits for an import. */
export interface TaskStatus {
  readonly stage: string;
  readonly topic: string;
  readonly partition: number;
  readonly nextOffset: number;
  readonly endOffset: number;
  readonly storedOffset: number;
  /** Rows that wait for the store. */
  readonly unstored: number;
  /** Event time up to which the task's input is complete: of a roll the lowest of all its sources. */
  readonly watermarkMs: number | null;
  readonly openImports: readonly string[];
  /** Events before it are too late; absent: none are. */
  readonly lateMs?: number;
  /** Definitions that it fills, and how far; absent: none. */
  readonly filling?: FillProgress;
  /** Of roll: it has label sets to compute that no event brings up; absent: none. */
  readonly computing?: true;
}

/** The stream processor of one process: aggregate, roll and the archive of dead letters over the places that it has. */
export class Processor {
  private readonly options: ProcessorOptions;
  private readonly book: DefinitionBook;
  private readonly changes: DefinitionChanges;
  private readonly changing: ChangesLoop;
  /** By topic. */
  private workflows: ReadonlyMap<string, Workflow>;
  private readonly aggregate: FoldRunner<AggregateTask>;
  private readonly roll: FoldRunner<RollTask>;
  private readonly letters: FoldRunner<DeadLetterTask>;
  /** Of the runners above, in their order. */
  private readonly loops: readonly FoldLoop[];
  private readonly ticker: Ticker;
  private readonly readiness: Readiness;
  /** Those that it has; null: it was told none yet. */
  private places: readonly Place[] | null = null;

  private constructor(options: ProcessorOptions, book: DefinitionBook) {
    this.options = options;
    this.book = book;
    const { catalogue, log, store, codec, clock, observer, isCurrent } = options;
    this.workflows = workflowsByTopic(catalogue);
    // Nothing new before roll knows of it, and holds back what is not whole.
    const wanted = (workflow: string, inForce: readonly string[]): readonly string[] =>
      this.roll.isRestored ? book.wanted(workflow, inForce) : inForce;
    const isHurried = (): boolean => !this.readiness.ready;
    this.changes = new DefinitionChanges({ log, store, codec, clock, wanted, isHurried });
    const common = { tasks: [], log, store, clock, observer };
    const prepare = async (records: readonly LogRecord[]): Promise<void> =>
      codec.prepare?.(records.map(({ value }) => value));
    const onTaken = (task: AggregateTask): Promise<void> => this.changes.step(task);
    this.aggregate = new FoldRunner<AggregateTask>({ ...common, stage: 'aggregate', onTaken, prepare });
    this.roll = new FoldRunner<RollTask>({ ...common, stage: 'roll', prepare });
    this.letters = new FoldRunner<DeadLetterTask>({ ...common, stage: 'dead-letters' });
    const loop = (runner: FoldLoopOptions['runner'], publishEveryMs: number): FoldLoop =>
      new FoldLoop({
        runner,
        log,
        clock,
        timing: { publishEveryMs, storeEveryMs: STORE_EVERY_MS },
        ...(isCurrent === undefined ? {} : { isCurrent }),
      });
    this.loops = [loop(this.aggregate, PUBLISH_EVERY_MS), loop(this.roll, 0), loop(this.letters, 0)];
    this.ticker = new Ticker({
      log,
      codec,
      clock,
      places: () => (isCurrent === undefined || isCurrent() ? this.aggregate.tasks : []),
      isStill: (topic) => options.still?.has(this.workflows.get(topic)?.name ?? '') === true,
    });
    const isAssigned = (): boolean => this.places !== null;
    const isSettled = (task: AggregateTask): boolean => this.changes.isSettled(task);
    this.readiness = new Readiness({ aggregate: this.aggregate, roll: this.roll, log, clock, isAssigned, isSettled });
    const retentionMsOf = (workflow: string): number | null =>
      this.workflows.get(eventsTopic(workflow))?.retentionMs ?? null;
    this.changing = new ChangesLoop({
      changes: this.changes,
      cuts: new RetentionCuts({ log, codec, retentionMsOf }),
      clock,
      tasks: () => (this.aggregate.isRestored && isCurrent?.() !== false ? this.aggregate.tasks : []),
      isPending: async () => {
        await this.completeRolls();
        const computed = await computedDefinitions(store, options.partitions);
        return this.book.hashes.some((hash) => !computed.has(hash));
      },
      onComputed: () => this.retire(),
      isRolling: () => this.roll.tasks.some(({ progress }) => progress.isFilling),
    });
  }

  /** Creates topics and writes down definitions. It has no places yet. */
  static async open(options: ProcessorOptions): Promise<Processor> {
    const { catalogue, partitions, log, store, clock } = options;
    await createTopics(catalogue, partitions, log);
    for (const topic of [SLICES_TOPIC, VALUES_TOPIC]) await log.createTopic(topic, partitions);
    for (const topic of [TRANSITIONS_TOPIC, DEAD_LETTERS_TOPIC]) await log.createTopic(topic, 1);
    return new Processor(options, await DefinitionBook.open(store, catalogue, clock));
  }

  /**
   * Goes on with another catalogue: what is new in it is computed while events go on coming in. Of the catalogue that is
   * `shown` definitions that changed are kept going until then. A workflow that is new has no places before `assign`.
   */
  async use(catalogue: Catalogue, shown: Catalogue): Promise<void> {
    await createTopics(catalogue, this.options.partitions, this.options.log);
    await this.book.use(catalogue, shown);
    const before = this.workflows;
    this.workflows = workflowsByTopic(catalogue);
    const places = this.places ?? [];
    const isOther = (topic: string): boolean =>
      JSON.stringify(before.get(topic)) !== JSON.stringify(this.workflows.get(topic));
    this.takeAnew(places, (topic) => isOther(topic) || topic === SLICES_TOPIC);
    this.changing.begin();
  }

  /** A process with another catalogue may have written down that definitions of this one are not in force. */
  private async completeRolls(): Promise<void> {
    const { hashes } = this.book;
    if (!this.roll.isRestored || this.roll.tasks.every((task) => hashes.every((hash) => task.knows(hash)))) return;
    await this.book.insist();
    this.takeAnew(this.places ?? [], (topic) => topic === SLICES_TOPIC);
  }

  /** What was kept of the catalogue before ends, now that all of this one is computed. */
  private async retire(): Promise<void> {
    if (await this.book.retire()) this.takeAnew(this.places ?? [], (topic) => topic === SLICES_TOPIC);
  }

  /** Lets go of places, and takes them on again, from what is stored. */
  private takeAnew(places: readonly Place[], isAnew: (topic: string) => boolean): void {
    this.assign(places.filter(({ topic }) => !isAnew(topic)));
    this.assign(places);
  }

  /** The topics whose partitions are shared out among processors. */
  get topics(): readonly string[] {
    return [...this.workflows.keys(), SLICES_TOPIC, DEAD_LETTERS_TOPIC];
  }

  /** All places there are: for a processor that is the only one. */
  get allPlaces(): readonly Place[] {
    return this.topics.flatMap((topic) =>
      Array.from({ length: topic === DEAD_LETTERS_TOPIC ? 1 : this.options.partitions }, (_, partition) => ({
        topic,
        partition,
      })),
    );
  }

  /** Takes on places and lets go of all others. What is new is restored, and told the catalogue's definitions, as it runs. */
  assign(places: readonly Place[]): void {
    const { partitions, epoch, store, codec, log } = this.options;
    const of = (wanted: (topic: string) => boolean): readonly Place[] => places.filter(({ topic }) => wanted(topic));
    const shareOf = (max: number): number => Math.ceil(max / partitions);
    const common = { epoch, store, codec, definitionOf: (hash: string) => this.book.of(hash) };
    const kept = {
      rowsMax: shareOf(SLICE_ROWS_MAX),
      caseBytesMax: shareOf(CASE_BYTES_MAX),
      labelPartitions: partitions,
    };
    this.aggregate.assign(
      of((topic) => this.workflows.has(topic)),
      ({ topic, partition }) => {
        return new AggregateTask({ ...common, ...kept, workflow: this.workflows.get(topic)!, partition });
      },
    );
    const slicesMax = shareOf(SLICES_MAX);
    this.roll.assign(
      of((topic) => topic === SLICES_TOPIC),
      ({ partition }) =>
        new RollTask({
          ...common,
          partition,
          log,
          slicesMax,
          openSlicesMax: OPEN_SLICES_MAX,
          sourcesOf: () => partitions,
        }),
    );
    this.letters.assign(
      of((topic) => topic === DEAD_LETTERS_TOPIC),
      () => new DeadLetterTask({ store, epoch }),
    );
    this.places = places;
    for (const loop of this.loops) loop.notice();
  }

  /** Restores what it has now; for a start that is to fail where the store does. */
  async restore(): Promise<void> {
    // roll first: what is taken on is told at once what is in force.
    for (const runner of [this.roll, this.aggregate, this.letters]) await runner.restore();
  }

  /** Runs until `stop`. Rejects when a stage must halt. */
  async run(): Promise<void> {
    const beside = [this.ticker.run(), this.readiness.run(), this.changing.run()];
    const [aggregate, roll, letters] = this.loops.map((loop) => loop.run());
    // roll stops last: what aggregate publishes at its stop is still rolled.
    void aggregate!.catch(() => {}).then(() => this.loops[1]!.stop());
    try {
      await Promise.all([aggregate, roll, letters]);
    } finally {
      this.stop();
      await Promise.all(beside);
    }
  }

  /** Ends the loops; each stores what it has before `run` resolves. */
  stop(): void {
    this.ticker.stop();
    this.readiness.stop();
    this.changing.stop();
    const [aggregate, , letters] = this.loops;
    aggregate!.stop();
    letters!.stop();
  }

  /** True once everything that the log held at the start, of the places that it has then, is in stored values, changed definitions included. */
  get ready(): boolean {
    return this.readiness.ready;
  }

  async status(): Promise<TaskStatus[]> {
    const result: TaskStatus[] = [];
    for (const task of [...this.aggregate.tasks, ...this.roll.tasks]) {
      const { stage, topic, partition, nextOffset } = task;
      const endOffset = await this.options.log.endOffset(topic, partition);
      const { storedOffset } = task.progress;
      const time = task instanceof AggregateTask ? task.progress.time : null;
      result.push({
        stage,
        topic,
        partition,
        nextOffset,
        endOffset,
        storedOffset,
        unstored: task.backlogRows,
        watermarkMs: task instanceof AggregateTask ? task.progress.time.watermarkMs : this.lowestHeard(task),
        openImports: Object.keys(time?.openImports ?? {}),
        ...(task instanceof AggregateTask && task.cutTimes !== null ? { lateMs: task.cutTimes.lateMs } : {}),
        ...this.fillingOf(task),
        ...(task instanceof RollTask && task.progress.isFilling ? { computing: true as const } : {}),
      });
    }
    return result;
  }

  private fillingOf(task: AggregateTask | RollTask): { readonly filling?: FillProgress } {
    const filling = task instanceof AggregateTask ? this.changes.progressOf(task) : null;
    return filling === null ? {} : { filling };
  }

  /** The latest append time that the folds have seen, milliseconds UTC: their only clock. */
  get clockMs(): number {
    return Math.max(0, ...this.aggregate.tasks.map(({ progress }) => progress.time.clockMs));
  }

  /** How far the values of a workflow are: the lowest watermark that all rolls have heard of, and whether all is stored. */
  progressOf(workflow: string): { readonly watermarkMs: number | null; readonly stored: boolean } {
    const heard = this.roll.tasks.map((roll) => roll.watermark(workflow));
    return {
      watermarkMs: heard.includes(null) ? null : Math.min(...heard.map((watermarkMs) => watermarkMs ?? Infinity)),
      stored: this.roll.tasks.every(({ backlogRows }) => backlogRows === 0),
    };
  }

  /** Up to where its places are stored. */
  get storedOffsets(): readonly PlaceOffset[] {
    return [...this.aggregate.tasks, ...this.roll.tasks].map(({ topic, partition, progress }) => ({
      topic,
      partition,
      offset: progress.storedOffset + 1,
    }));
  }

  /** Up to where dead letters are stored, where it keeps them. */
  get letterOffsets(): readonly PlaceOffset[] {
    return this.letters.tasks.map(({ topic, partition, storedOffset }) => ({
      topic,
      partition,
      offset: storedOffset + 1,
    }));
  }

  /** The lowest watermark a roll has heard of, over all workflows whose time goes on; null while a source has told none. */
  private lowestHeard(task: RollTask): number | null {
    let lowest: number | null = null;
    for (const { name } of this.workflows.values()) {
      if (this.options.still?.has(name) === true) continue;
      const watermarkMs = task.watermark(name);
      if (watermarkMs === null) return null;
      lowest = Math.min(lowest ?? watermarkMs, watermarkMs);
    }
    return lowest;
  }
}

function workflowsByTopic({ workflows }: Catalogue): ReadonlyMap<string, Workflow> {
  return new Map([...workflows.values()].map((each) => [eventsTopic(each.name), each]));
}

async function createTopics({ workflows }: Catalogue, partitions: number, log: EventLog): Promise<void> {
  for (const name of workflows.keys()) await log.createTopic(eventsTopic(name), partitions);
}
