import type { Catalogue } from '../shared/core/catalogue.ts';
import type { Codec } from '../shared/core/codec.ts';
import type { Clock } from '../shared/ports/clock.ts';
import type { AppendRecord, EventLog } from '../shared/ports/event-log.ts';
import type { KpiStore } from '../shared/ports/kpi-store.ts';
import { FoldLoop } from '../shared/runtime/fold/fold-loop.ts';
import { type FoldObserver, FoldRunner } from '../shared/runtime/fold/fold-runner.ts';
import type { FoldTask } from '../shared/runtime/fold/fold-task.ts';
import {
  DEAD_LETTERS_TOPIC,
  eventsTopic,
  SLICES_TOPIC,
  TRANSITIONS_TOPIC,
  VALUES_TOPIC,
} from '../shared/runtime/topics.ts';
import { AggregateTask } from './aggregate/aggregate-task.ts';
import { CASES_MAX } from './aggregate/case-cache.ts';
import { SLICE_ROWS_MAX } from './aggregate/slice-table.ts';
import { DeadLetterTask } from './dead-letters/dead-letter-task.ts';
import { DefinitionBook } from './definition-book.ts';
import { Readiness } from './readiness.ts';
import { RollTask } from './roll/roll-task.ts';
import { SLICES_MAX } from './roll/series-table.ts';
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
}

/** The stream processor of one process: aggregate, roll and the archive of dead letters over all partitions. */
export class Processor {
  private readonly options: ProcessorOptions;
  private readonly aggregates: AggregateTask[];
  private readonly rolls: RollTask[];
  private readonly letters: DeadLetterTask;
  private readonly loops: FoldLoop[];
  private readonly runners: FoldRunner[];
  private readonly ticker: Ticker;
  private readonly readiness: Readiness;

  private constructor(options: ProcessorOptions, book: DefinitionBook) {
    this.options = options;
    const { catalogue, partitions, epoch, log, store, codec, clock, observer } = options;
    const numbers = Array.from({ length: partitions }, (_, p) => p);
    const definitionOf = (hash: string) => book.of(hash);
    const shareOf = (max: number): number => Math.ceil(max / partitions);
    const kept = { rowsMax: shareOf(SLICE_ROWS_MAX), casesMax: shareOf(CASES_MAX) };
    const common = { epoch, store, codec, definitionOf };
    this.aggregates = [...catalogue.workflows.values()].flatMap((workflow) =>
      numbers.map(
        (partition) => new AggregateTask({ ...common, ...kept, workflow, partition, labelPartitions: partitions }),
      ),
    );
    const slicesMax = shareOf(SLICES_MAX);
    this.rolls = numbers.map(
      (partition) => new RollTask({ ...common, partition, log, slicesMax, sourcesOf: () => partitions }),
    );
    this.letters = new DeadLetterTask({ store, epoch });
    const runner = (stage: string, tasks: readonly FoldTask[]): FoldRunner =>
      new FoldRunner({ stage, tasks, log, store, clock, observer });
    this.runners = [
      runner('aggregate', this.aggregates),
      runner('roll', this.rolls),
      runner('dead-letters', [this.letters]),
    ];
    this.loops = this.runners.map((each) => {
      const publishEveryMs = each.stage === 'aggregate' ? PUBLISH_EVERY_MS : 0;
      return new FoldLoop({ runner: each, log, clock, timing: { publishEveryMs, storeEveryMs: STORE_EVERY_MS } });
    });
    const isStill = ({ workflow }: AggregateTask): boolean => options.still?.has(workflow) === true;
    const places = this.aggregates.filter((task) => !isStill(task));
    this.ticker = new Ticker({ log, codec, clock, places, still: this.aggregates.filter(isStill) });
    this.readiness = new Readiness({ aggregate: this.runners[0]!, rolls: this.rolls, log, clock });
  }

  /** Creates topics, restores every fold and announces the catalogue's definitions where they differ from those in force. */
  static async open(options: ProcessorOptions): Promise<Processor> {
    const { catalogue, partitions, log, store, clock } = options;
    for (const name of catalogue.workflows.keys()) await log.createTopic(eventsTopic(name), partitions);
    for (const topic of [SLICES_TOPIC, VALUES_TOPIC]) await log.createTopic(topic, partitions);
    for (const topic of [TRANSITIONS_TOPIC, DEAD_LETTERS_TOPIC]) await log.createTopic(topic, 1);
    const book = await DefinitionBook.open(store, catalogue, clock);
    const processor = new Processor(options, book);
    for (const runner of processor.runners) await runner.restore();
    await processor.announce(book);
    await processor.readiness.start();
    return processor;
  }

  /** A control record starts changed definitions in each partition; its fold then computes them from the archive. */
  private async announce(book: DefinitionBook): Promise<void> {
    const records: AppendRecord[] = [];
    for (const task of this.aggregates) {
      const definitions = book.inForce(task.workflow);
      // Records that wait may hold a control record of another catalogue: only an empty tail leaves it at that.
      const atEnd = task.nextOffset === (await this.options.log.endOffset(task.topic, task.partition));
      if (atEnd && same(definitions, task.definitionsInForce)) continue;
      const value = this.options.codec.encode({ type: 'control', definitions });
      records.push({ topic: task.topic, partition: task.partition, key: null, value });
    }
    if (records.length > 0) await this.options.log.append(records);
  }

  /** Runs until `stop`. Rejects when a stage must halt. */
  async run(): Promise<void> {
    const beside = [this.ticker.run(), this.readiness.run()];
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
    const [aggregate, , letters] = this.loops;
    aggregate!.stop();
    letters!.stop();
  }

  /** True once everything that the log held at the start is in stored values, changed definitions included. */
  get ready(): boolean {
    return this.readiness.ready;
  }

  async status(): Promise<TaskStatus[]> {
    const result: TaskStatus[] = [];
    for (const task of [...this.aggregates, ...this.rolls]) {
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
      });
    }
    return result;
  }

  /** The latest append time that the folds have seen, milliseconds UTC: their only clock. */
  get clockMs(): number {
    return Math.max(...this.aggregates.map(({ progress }) => progress.time.clockMs));
  }

  /** How far the values of a workflow are: the lowest watermark that all rolls have heard of, and whether all is stored. */
  progressOf(workflow: string): { readonly watermarkMs: number | null; readonly stored: boolean } {
    const heard = this.rolls.map((roll) => roll.watermark(workflow));
    return {
      watermarkMs: heard.includes(null) ? null : Math.min(...heard.map((watermarkMs) => watermarkMs ?? Infinity)),
      stored: this.rolls.every(({ backlogRows }) => backlogRows === 0),
    };
  }

  /** The lowest watermark a roll has heard of, over all workflows whose time goes on; null while a source has told none. */
  private lowestHeard(task: RollTask): number | null {
    let lowest: number | null = null;
    for (const name of this.options.catalogue.workflows.keys()) {
      if (this.options.still?.has(name) === true) continue;
      const watermarkMs = task.watermark(name);
      if (watermarkMs === null) return null;
      lowest = Math.min(lowest ?? watermarkMs, watermarkMs);
    }
    return lowest;
  }
}

function same(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && [...a].sort().join() === [...b].sort().join();
}
