import type { Catalogue } from '../shared/core/catalogue.ts';
import type { Codec } from '../shared/core/codec.ts';
import type { Definition } from '../shared/core/definition.ts';
import type { Rule } from '../shared/core/rule.ts';
import type { Clock } from '../shared/ports/clock.ts';
import type { AppendRecord, EventLog } from '../shared/ports/event-log.ts';
import type { KpiStore } from '../shared/ports/kpi-store.ts';
import { FoldLoop } from '../shared/runtime/fold/fold-loop.ts';
import { type FoldObserver, FoldRunner } from '../shared/runtime/fold/fold-runner.ts';
import { TRANSITIONS_TOPIC, VALUES_TOPIC } from '../shared/runtime/topics.ts';
import { AlertTask } from './alert/alert-task.ts';

const STORE_EVERY_MS = 1_000;

export interface AlerterOptions {
  readonly catalogue: Catalogue;
  /** Partitions per topic, but for [transitions], which has one. */
  readonly partitions: number;
  readonly epoch: number;
  readonly log: EventLog;
  readonly store: KpiStore;
  readonly codec: Codec;
  readonly clock: Clock;
  readonly observer: FoldObserver;
}

/** How far one task is, for status, metrics and whoever waits for an import. */
export interface AlerterTaskStatus {
  readonly stage: string;
  readonly topic: string;
  readonly partition: number;
  readonly nextOffset: number;
  readonly endOffset: number;
  readonly storedOffset: number;
  /** Rows that wait for the store. */
  readonly unstored: number;
  /** Event time up to which the values are complete; null before it is known of every workflow. */
  readonly watermarkMs: number | null;
  readonly openImports: readonly string[];
}

/** The alerter of one process: rules on the values of all partitions. */
export class Alerter {
  private readonly options: AlerterOptions;
  private readonly tasks: readonly AlertTask[];
  private readonly runner: FoldRunner;
  private readonly loops: readonly FoldLoop[];

  private constructor(options: AlerterOptions, definitions: ReadonlyMap<string, Definition>) {
    this.options = options;
    const { catalogue, partitions, epoch, log, store, codec, clock, observer } = options;
    const rules = new Map<string, Rule>([...catalogue.rules.values()].map((rule) => [rule.hash, rule]));
    this.tasks = Array.from(
      { length: partitions },
      (_, partition) =>
        new AlertTask({
          partition,
          epoch,
          store,
          codec,
          definitionOf: (hash) => definitions.get(hash),
          ruleOf: (hash) => rules.get(hash),
          workflowOf: (name) => catalogue.workflows.get(name),
          sourcesOf: () => partitions,
          maxAlertAgeMs: catalogue.maxAlertAgeMs,
        }),
    );
    this.runner = new FoldRunner({ stage: 'alert', tasks: this.tasks, log, store, clock, observer });
    const timing = { publishEveryMs: 0, storeEveryMs: STORE_EVERY_MS };
    this.loops = [new FoldLoop({ runner: this.runner, log, clock, timing })];
  }

  /** Creates topics, restores the folds and announces the catalogue's rules where they differ from those in force. */
  static async open(options: AlerterOptions): Promise<Alerter> {
    const { catalogue, partitions, log, store } = options;
    await log.createTopic(VALUES_TOPIC, partitions);
    await log.createTopic(TRANSITIONS_TOPIC, 1);
    const rows = await store.definitions();
    const definitions = new Map(rows.map(({ hash, content }) => [hash, JSON.parse(content) as Definition]));
    for (const { definition } of catalogue.kpis.values()) definitions.set(definition.hash, definition);
    const alerter = new Alerter(options, definitions);
    await alerter.runner.restore();
    await alerter.announce();
    return alerter;
  }

  /** A control record in each partition of [values] says from where on which rules are in force. */
  private async announce(): Promise<void> {
    const { catalogue, log, codec } = this.options;
    const hashes = [...catalogue.rules.values()].map(({ hash }) => hash).sort();
    const records: AppendRecord[] = [];
    for (const task of this.tasks) {
      // Records that wait may hold a control record of another catalogue: only an empty tail leaves it at that.
      const atEnd = task.nextOffset === (await log.endOffset(task.topic, task.partition));
      if (atEnd && [...task.rulesInForce].sort().join() === hashes.join()) continue;
      const value = codec.encode({ type: 'control', definitions: hashes });
      records.push({ topic: task.topic, partition: task.partition, key: null, value });
    }
    if (records.length > 0) await log.append(records);
  }

  /** Runs until `stop`. Rejects when a stage must halt. */
  async run(): Promise<void> {
    try {
      await Promise.all(this.loops.map((loop) => loop.run()));
    } finally {
      this.stop();
    }
  }

  /** Ends the loops; each stores what it has before `run` resolves. */
  stop(): void {
    for (const loop of this.loops) loop.stop();
  }

  /** Series and alert instances in memory. */
  get instances(): number {
    return this.tasks.reduce((sum, { progress }) => sum + progress.instances, 0);
  }

  async status(): Promise<AlerterTaskStatus[]> {
    const result: AlerterTaskStatus[] = [];
    for (const task of this.tasks) {
      const { stage, topic, partition, nextOffset } = task;
      const endOffset = await this.options.log.endOffset(topic, partition);
      const { storedOffset } = task.progress;
      const place = { stage, topic, partition, nextOffset, endOffset, storedOffset, unstored: task.backlogRows };
      result.push({ ...place, watermarkMs: this.lowestHeard(task), openImports: [] });
    }
    return result;
  }

  /** The lowest watermark a task has heard of, over all workflows; null while a source has told none. */
  private lowestHeard(task: AlertTask): number | null {
    let lowest: number | null = null;
    for (const name of this.options.catalogue.workflows.keys()) {
      const watermarkMs = task.watermark(name);
      if (watermarkMs === null) return null;
      lowest = Math.min(lowest ?? watermarkMs, watermarkMs);
    }
    return lowest;
  }
}
