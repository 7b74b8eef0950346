import type { Catalogue } from '../shared/core/catalogue/catalogue.ts';
import type { Codec } from '../shared/core/codec.ts';
import type { Definition } from '../shared/core/definition.ts';
import type { Rule } from '../shared/core/alert/rule.ts';
import type { Clock } from '../shared/ports/clock.ts';
import type { EventLog, LogRecord } from '../shared/ports/event-log.ts';
import type { Place, PlaceOffset } from '../shared/ports/group.ts';
import type { KpiStore } from '../shared/ports/kpi-store.ts';
import { FoldLoop } from '../shared/runtime/fold/fold-loop.ts';
import type { FoldObserver } from '../shared/runtime/fold/fold-observer.ts';
import { FoldRunner } from '../shared/runtime/fold/fold-runner.ts';
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
  /** Whether the places are this process's still; absent: always. */
  readonly isCurrent?: () => boolean;
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

/** The alerter of one process: rules on the values of the partitions that it has. */
export class Alerter {
  private readonly options: AlerterOptions;
  private readonly definitions: Map<string, Definition>;
  private catalogue: Catalogue;
  /** By hash. */
  private rules: ReadonlyMap<string, Rule>;
  private places: readonly Place[] = [];
  private readonly runner: FoldRunner<AlertTask>;
  private readonly loop: FoldLoop;

  private constructor(options: AlerterOptions, definitions: Map<string, Definition>) {
    this.options = options;
    this.catalogue = options.catalogue;
    this.definitions = definitions;
    const { log, store, codec, clock, observer, isCurrent } = options;
    this.rules = rulesByHash(options.catalogue);
    const prepare = async (records: readonly LogRecord[]): Promise<void> =>
      codec.prepare?.(records.map(({ value }) => value));
    const onTaken = (task: AlertTask): Promise<void> => this.announce(task);
    this.runner = new FoldRunner<AlertTask>({
      stage: 'alert',
      tasks: [],
      log,
      store,
      clock,
      observer,
      onTaken,
      prepare,
    });
    this.loop = new FoldLoop({
      runner: this.runner,
      log,
      clock,
      timing: { publishEveryMs: 0, storeEveryMs: STORE_EVERY_MS },
      ...(isCurrent === undefined ? {} : { isCurrent }),
    });
  }

  /** Creates topics and reads which definitions there are. It has no places yet. */
  static async open(options: AlerterOptions): Promise<Alerter> {
    const { catalogue, partitions, log, store } = options;
    await log.createTopic(VALUES_TOPIC, partitions);
    await log.createTopic(TRANSITIONS_TOPIC, 1);
    const rows = await store.definitions();
    const definitions = new Map(rows.map(({ hash, content }) => [hash, JSON.parse(content) as Definition]));
    for (const { definition } of catalogue.kpis.values()) definitions.set(definition.hash, definition);
    return new Alerter(options, definitions);
  }

  /** Goes on with the rules of another catalogue, from what is stored: those that are gone end, new ones start. */
  use(catalogue: Catalogue): void {
    this.catalogue = catalogue;
    this.rules = rulesByHash(catalogue);
    for (const { definition } of catalogue.kpis.values()) this.definitions.set(definition.hash, definition);
    const { places } = this;
    this.assign([]);
    this.assign(places);
  }

  /** All places there are: for an alerter that is the only one. */
  get allPlaces(): readonly Place[] {
    return Array.from({ length: this.options.partitions }, (_, partition) => ({ topic: VALUES_TOPIC, partition }));
  }

  /** Takes on places of [values] and lets go of all others. What is new is restored, and told the rules, as it runs. */
  assign(places: readonly Place[]): void {
    const { partitions, epoch, store, codec } = this.options;
    this.places = places;
    this.runner.assign(
      places.filter(({ topic }) => topic === VALUES_TOPIC),
      ({ partition }) =>
        new AlertTask({
          partition,
          epoch,
          store,
          codec,
          definitionOf: (hash) => this.definitions.get(hash),
          ruleOf: (hash) => this.rules.get(hash),
          workflowOf: (name) => this.catalogue.workflows.get(name),
          sourcesOf: () => partitions,
          maxAlertAgeMs: this.catalogue.maxAlertAgeMs,
        }),
    );
    this.loop.notice();
  }

  /** Restores what it has now; for a start that is to fail where the store does. */
  restore(): Promise<void> {
    return this.runner.restore();
  }

  /** A control record in a partition of [values] says from where on which rules are in force. */
  private async announce(task: AlertTask): Promise<void> {
    const { log, codec } = this.options;
    const hashes = [...this.rules.keys()].sort();
    // Records that wait may hold a control record of another catalogue: only an empty tail leaves it at that.
    const atEnd = task.nextOffset === (await log.endOffset(task.topic, task.partition));
    if (atEnd && [...task.rulesInForce].sort().join() === hashes.join()) return;
    const value = codec.encode({ type: 'control', definitions: hashes, filling: [] });
    await log.append([{ topic: task.topic, partition: task.partition, key: null, value }]);
  }

  /** Runs until `stop`. Rejects when a stage must halt. */
  async run(): Promise<void> {
    await this.loop.run();
  }

  /** Ends the loop; it stores what it has before `run` resolves. */
  stop(): void {
    this.loop.stop();
  }

  /** Whether every place that it has is restored. */
  get isRestored(): boolean {
    return this.runner.isRestored;
  }

  /** Up to where its places are stored. */
  get storedOffsets(): readonly PlaceOffset[] {
    return this.runner.tasks.map(({ topic, partition, progress }) => ({
      topic,
      partition,
      offset: progress.storedOffset + 1,
    }));
  }

  /** Series and alert instances in memory. */
  get instances(): number {
    return this.runner.tasks.reduce((sum, { progress }) => sum + progress.instances, 0);
  }

  async status(): Promise<AlerterTaskStatus[]> {
    const result: AlerterTaskStatus[] = [];
    for (const task of this.runner.tasks) {
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
    for (const name of this.catalogue.workflows.keys()) {
      const watermarkMs = task.watermark(name);
      if (watermarkMs === null) return null;
      lowest = Math.min(lowest ?? watermarkMs, watermarkMs);
    }
    return lowest;
  }
}

function rulesByHash({ rules }: Catalogue): ReadonlyMap<string, Rule> {
  return new Map([...rules.values()].map((rule) => [rule.hash, rule]));
}
