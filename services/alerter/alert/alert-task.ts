import type { AlertEffect } from '../../shared/core/alert/alert-instance.ts';
import type { Workflow } from '../../shared/core/catalogue/catalogue.ts';
import type { Codec } from '../../shared/core/codec.ts';
import type { Definition } from '../../shared/core/definition.ts';
import { workflowsOf } from '../../shared/core/formula/derived.ts';
import type { Control, ProgressMark, ValueMessage, ValuesMessage } from '../../shared/core/messages.ts';
import type { Rule } from '../../shared/core/alert/rule.ts';
import { isImported } from '../../shared/core/aggregate/value-reason.ts';
import { offsetOf, versionOf } from '../../shared/core/version.ts';
import type { LogRecord } from '../../shared/ports/event-log.ts';
import type { InstanceRow, PositionRow } from '../../shared/ports/kpi-rows.ts';
import type { KpiStore } from '../../shared/ports/kpi-store.ts';
import type { Checkpoint, FoldTask, Publication } from '../../shared/runtime/fold/fold-task.ts';
import { VALUES_TOPIC } from '../../shared/runtime/topics.ts';
import { firstKey, FirstsBook } from './firsts-book.ts';
import { NEVER_MS } from './horizon.ts';
import { Outbox } from './outbox.ts';
import { type EvaluationBounds, RuleInstance } from './rule-instance.ts';
import { RulesInForce } from './rules-in-force.ts';
import { SeriesBook, type SeriesGroup } from './series-book.ts';
import { type SourceStates, ValueSources } from './value-sources.ts';
import { WatchedSeries } from './watched-series.ts';

/** The position is stored at least this often while marks arrive but nothing changes. */
const QUIET_STORE_MS = 60_000;

export interface AlertOptions {
  readonly partition: number;
  readonly epoch: number;
  readonly store: KpiStore;
  readonly codec: Codec;
  readonly definitionOf: (hash: string) => Definition | undefined;
  /** A rule of the catalogue by its hash. */
  readonly ruleOf: (hash: string) => Rule | undefined;
  readonly workflowOf: (name: string) => Workflow | undefined;
  /** Partition count of a workflow's events topic: its sources. */
  readonly sourcesOf: (workflow: string) => number;
  /** Nobody is told of what windows cause that were complete longer ago, by append time. */
  readonly maxAlertAgeMs: number;
  readonly firstsKnownMax?: number;
}

/** What a position holds beside its offset. */
interface PositionContent {
  /** Running maximum of append times: the fold's only clock. */
  readonly clockMs: number;
  readonly sources: SourceStates;
  /** Hashes of the rules in force. */
  readonly rules: readonly string[];
}

/**
 * The fold of one [values] partition into alert transitions: DESIGN.md sections 3 to 5. Windows are evaluated at marks,
 * in their order, each by its first final value. A row is a function of its key and version: of the recorded values.
 */
export class AlertTask implements FoldTask {
  readonly stage = 'alert';
  readonly topic = VALUES_TOPIC;
  readonly partition: number;
  nextOffset = 0;
  private readonly options: AlertOptions;
  private readonly sources = new ValueSources();
  private readonly book = new SeriesBook();
  private readonly firsts: FirstsBook;
  private clockMs = 0;
  private readonly rules: RulesInForce;
  /** Where the marks of a workflow have come to. */
  private readonly watermarks = new Map<string, number | null>();
  private readonly outbox: Outbox;
  private storedVersion = -1n;

  constructor(options: AlertOptions) {
    this.options = options;
    this.partition = options.partition;
    this.rules = new RulesInForce(options.ruleOf);
    this.outbox = new Outbox(options.partition, options.codec);
    const { store, partition: labelPartition, firstsKnownMax } = options;
    this.firsts = new FirstsBook({
      store,
      labelPartition,
      ...(firstsKnownMax === undefined ? {} : { knownMax: firstsKnownMax }),
    });
  }

  async restore(): Promise<void> {
    const { store, partition, epoch, definitionOf, ruleOf } = this.options;
    const row = await store.position(this.stage, this.topic, partition);
    const content = row === null ? null : (JSON.parse(row.content) as PositionContent);
    this.nextOffset = row === null ? 0 : offsetOf(row.version) + 1;
    const position = row === null ? versionOf(epoch, 0) - 1n : row.version;
    this.storedVersion = position;
    this.clockMs = content?.clockMs ?? 0;
    this.rules.set(content?.rules ?? []);
    this.sources.restore(content?.sources ?? {});
    this.watermarks.clear();
    this.book.clear();
    this.firsts.clear();
    const rows = await store.instances({ labelPartition: partition });
    // The row of a rule that was gone at the position is history, unless it came back after it.
    const isAwake = ({ ruleHash, version }: InstanceRow): boolean => this.rules.has(ruleHash) || version > position;
    this.book.load(rows, definitionOf, ruleOf, isAwake);
    await this.book.loadPending(store, partition, position, (definition) => this.passed(definition));
    // What rows above the position contain goes out again: whoever stored them may have been the only one to know.
    this.outbox.restore(await store.transitions({ partition, aboveVersion: position }));
  }

  /** Where the marks have come to in a definition's windows: of several workflows the slowest counts. */
  private passed(definition: Definition): number {
    let lowest = Infinity;
    for (const workflow of workflowsOf(definition)) {
      if (!this.watermarks.has(workflow)) this.watermarks.set(workflow, this.watermark(workflow));
      const watermarkMs = this.watermarks.get(workflow) ?? null;
      if (watermarkMs === null) return NEVER_MS;
      lowest = Math.min(lowest, watermarkMs);
    }
    return lowest - definition.settleMs;
  }

  async apply(records: readonly LogRecord[]): Promise<void> {
    const messages = records.map(({ offset, appendMs, value }) => ({
      offset,
      appendMs,
      message: this.options.codec.decode(value) as ValuesMessage,
    }));
    const known = await this.knownFirsts(
      messages.flatMap(({ message }) => (message.type === 'value' ? [message] : [])),
    );
    for (const { offset, appendMs, message } of messages) {
      this.clockMs = Math.max(this.clockMs, appendMs);
      const version = versionOf(this.options.epoch, offset);
      if (message.type === 'value') this.applyValue(message, version, known);
      else if (message.type === 'mark') this.applyMark(message, version);
      else await this.applyControl(message, version);
      this.nextOffset = offset + 1;
    }
  }

  /** The windows of final values that have a first value already, by `firstKey`. */
  private async knownFirsts(values: readonly ValueMessage[]): Promise<Set<string>> {
    const evaluated: ValueMessage[] = [];
    const waiting: string[] = [];
    for (const value of values) {
      const definition = this.options.definitionOf(value.definition);
      if (definition === undefined || value.state !== 'final' || value.withdrawn) continue;
      const series = this.book.get(definition).series.get(value.labels);
      if (series === undefined) continue;
      // It may be evaluated, and forgotten, by a mark of the same batch.
      if (series.pending.has(value.windowEndMs)) waiting.push(firstKey(value));
      else if (value.windowEndMs <= series.horizon.at(this.passed(definition))) evaluated.push(value);
    }
    const known = await this.firsts.lookUp(evaluated);
    for (const key of waiting) known.add(key);
    return known;
  }

  private applyValue(value: ValueMessage, version: bigint, known: Set<string>): void {
    const definition = this.options.definitionOf(value.definition);
    if (definition === undefined) return;
    const group = this.book.get(definition);
    let series = group.series.get(value.labels);
    if (series === undefined) group.series.set(value.labels, (series = new WatchedSeries(definition, value.labels)));
    if (series.version < version) this.watch(series, value, version, known);
    for (const rule of this.rules.of(definition.hash)) {
      if (series.instances.has(rule.hash)) continue;
      series.instances.set(rule.hash, new RuleInstance(definition, rule, value.labels, null, -1n));
    }
    const passedMs = this.passed(definition);
    for (const [hash, instance] of series.instances) {
      if (instance.version >= version || !this.rules.has(hash)) continue;
      const isNew = instance.version < 0n;
      const { effects, changed } = this.showTo(instance, value, definition);
      if (isNew || changed) this.changed(instance, version, passedMs, effects);
      group.dueMs = Math.min(group.dueMs, instance.dueMs);
    }
    group.dueMs = Math.min(group.dueMs, series.horizon.isBehind ? NEVER_MS : Infinity);
    if (value.state === 'final') group.dueMs = Math.min(group.dueMs, value.windowEndMs);
  }

  /** What a value does to the series itself: it may be the first of its window. */
  private watch(series: WatchedSeries, value: ValueMessage, version: bigint, known: Set<string>): void {
    const { windowEndMs: endMs, state, withdrawn } = value;
    const { horizon, definition } = series;
    const passedMs = this.passed(definition);
    const held = state === 'backfilling' ? horizon.hold(endMs, passedMs) : horizon.filled(endMs);
    if (series.version < 0n || held) this.changed(series, version, passedMs, []);
    if (state !== 'final' || withdrawn || series.pending.has(endMs)) return;
    const key = firstKey(value);
    const imported = isImported(value.reason);
    if (endMs > horizon.at(passedMs)) {
      this.firsts.keep(value, 'first', imported, version);
      series.pending.set(endMs, { endMs, value: value.value, samples: value.samples, imported, version });
    } else if (known.has(key)) this.firsts.remember(value);
    else this.firsts.keep(value, 'late_first', imported, version);
    known.add(key);
  }

  /** What a value does to an instance before a mark passes its window. */
  private showTo(
    instance: RuleInstance,
    value: ValueMessage,
    definition: Definition,
  ): { readonly effects: AlertEffect[]; readonly changed: boolean } {
    const { windowEndMs: endMs, state, withdrawn, reason } = value;
    const passedMs = this.passed(definition);
    const { horizon } = instance;
    const moved = state === 'backfilling' ? horizon.hold(endMs, passedMs) : horizon.filled(endMs);
    if (state !== 'provisional' || withdrawn) return { effects: [], changed: instance.forgetEarly(endMs) || moved };
    const shown = { value: value.value, samples: value.samples, imported: isImported(reason) };
    const { effects, changed } = instance.lookEarly(endMs, shown, passedMs, this.liveFrom(definition));
    return { effects, changed: changed || moved };
  }

  /** Windows that end before are too old to tell of: they could have been complete more than the limit ago. */
  private liveFrom(definition: Definition): number {
    const waits = workflowsOf(definition).map((name) => {
      const workflow = this.options.workflowOf(name);
      return workflow === undefined ? 0 : workflow.disorderMs + workflow.idleTimeoutMs;
    });
    return this.clockMs - this.options.maxAlertAgeMs - definition.settleMs - Math.max(...waits);
  }

  private applyMark(mark: ProgressMark, version: bigint): void {
    this.sources.step(mark);
    const workflow = mark.source.slice(0, mark.source.lastIndexOf('/'));
    const watermarkMs = this.watermark(workflow);
    for (const group of this.book.all()) {
      const { definition } = group;
      const workflows = workflowsOf(definition);
      if (!workflows.includes(workflow)) continue;
      const others =
        workflows.length === 1
          ? Infinity
          : this.passed({ ...definition, workflows: workflows.filter((name) => name !== workflow) });
      const boundMs = watermarkMs === null ? NEVER_MS : Math.min(watermarkMs - definition.settleMs, others);
      const importsOpen = workflows.some((name) => this.hasOpenImports(name));
      const due = boundMs >= group.dueMs || importsOpen || group.importsOpen;
      group.importsOpen = importsOpen;
      if (due) this.evaluate(group, version, boundMs, importsOpen);
    }
    this.watermarks.set(workflow, watermarkMs);
  }

  private hasOpenImports(workflow: string): boolean {
    return this.sources.openImports(workflow, this.options.sourcesOf(workflow)).length > 0;
  }

  private evaluate(group: SeriesGroup, version: bigint, boundMs: number, importsOpen: boolean): void {
    const { definition } = group;
    const passedMs = this.passed(definition);
    const liveFromMs = this.liveFrom(definition);
    const bounds: EvaluationBounds = { version, passedMs, boundMs, importsOpen, liveFromMs };
    group.dueMs = Infinity;
    for (const series of group.series.values()) {
      const waiting = series.waiting();
      const nextWaitingMs = waiting[0]?.endMs ?? Infinity;
      const due = series.horizon.isBehind || nextWaitingMs <= boundMs;
      if (series.version < version && !series.isUnborn && due) {
        const { changed } = series.horizon.advance(boundMs, importsOpen);
        if (changed) this.changed(series, version, boundMs, []);
      }
      for (const instance of series.instances.values()) {
        if (instance.version < version) this.evaluateInstance(instance, waiting, bounds);
        group.dueMs = Math.min(group.dueMs, instance.dueMs);
      }
      series.prune(boundMs, version);
      for (const endMs of series.pending.keys()) group.dueMs = Math.min(group.dueMs, endMs);
      if (series.horizon.isBehind) group.dueMs = NEVER_MS;
    }
  }

  private evaluateInstance(
    instance: RuleInstance,
    waiting: ReturnType<WatchedSeries['waiting']>,
    bounds: EvaluationBounds,
  ): void {
    const { version, boundMs } = bounds;
    const nextMs = Math.min(instance.nextMs, waiting[0]?.endMs ?? Infinity);
    if (!instance.horizon.isBehind && nextMs > boundMs) return;
    const { effects, changed } = instance.evaluate(waiting, bounds);
    if (changed) this.changed(instance, version, boundMs, effects);
  }

  /** From here on these rules are in force: those that are gone end, those that are new start from what was seen last. */
  private async applyControl(control: Control, version: bigint): Promise<void> {
    this.rules.set(control.definitions);
    for (const group of this.book.all()) {
      const passedMs = this.passed(group.definition);
      for (const series of group.series.values()) {
        for (const [hash, instance] of series.instances) {
          // One whose row is of a later record came back.
          if (this.rules.has(hash) || instance.version > version) continue;
          if (instance.version < version) this.changed(instance, version, passedMs, instance.abandon(passedMs));
          series.instances.delete(hash);
        }
      }
    }
    for (const rule of this.rules.all()) {
      const definition = this.options.definitionOf(rule.definition);
      if (definition !== undefined) await this.start(rule, definition, version);
    }
  }

  /** Starts the instances of a rule that is new on series that are there. */
  private async start(rule: Rule, definition: Definition, version: bigint): Promise<void> {
    const group = this.book.get(definition);
    const passedMs = this.passed(definition);
    const missing = [...group.series.values()].filter(
      (series) => !series.instances.has(rule.hash) && series.isOlderThan(version),
    );
    if (missing.length === 0) return;
    const last = this.firsts.latestOnTheWay(definition.hash, passedMs);
    const query = { definition: definition.hash, labelPartition: this.partition, belowVersion: version, latest: true };
    const stored = passedMs === NEVER_MS ? [] : await this.options.store.firsts({ ...query, toMs: passedMs + 1 });
    for (const row of stored)
      if ((last.get(row.labels)?.windowEndMs ?? -Infinity) < row.windowEndMs) last.set(row.labels, row);
    for (const series of missing) {
      const seen = last.get(series.labels) ?? null;
      const instance = RuleInstance.startingAt(definition, rule, series.labels, seen, passedMs);
      series.instances.set(rule.hash, instance);
      this.changed(instance, version, passedMs, []);
    }
    group.dueMs = NEVER_MS;
  }

  /** A row changed at `version`: it goes to the store, and what it brought about out as well. */
  private changed(
    row: RuleInstance | WatchedSeries,
    version: bigint,
    passedMs: number,
    effects: readonly AlertEffect[],
  ): void {
    row.touch(version, passedMs);
    this.outbox.put(row, effects);
  }

  get publishDue(): boolean {
    return this.outbox.publishDue;
  }

  collectPublication(): Publication {
    return { records: this.outbox.takeRecords(), keys: [] };
  }

  published(): void {}

  unpublish({ records }: Publication): void {
    this.outbox.putBack(records);
  }

  storeDue(sinceMs: number): boolean {
    if (this.outbox.storeDue || this.firsts.storeDue) return true;
    return sinceMs >= QUIET_STORE_MS && this.readVersion() > this.storedVersion;
  }

  private readVersion(): bigint {
    return versionOf(this.options.epoch, this.nextOffset) - 1n;
  }

  collectCheckpoint(): Checkpoint {
    const rows = { ...this.outbox.takeRows(), firsts: this.firsts.takeRows() };
    const version = this.readVersion();
    if (version <= this.storedVersion) return { rows, position: null };
    const { clockMs, stage, topic, partition } = this;
    const content: PositionContent = { clockMs, sources: this.sources.now, rules: this.rules.now };
    const position: PositionRow = { stage, topic, partition, version, content: JSON.stringify(content) };
    return { rows, position };
  }

  stored({ position }: Checkpoint): void {
    this.outbox.stored();
    this.firsts.stored();
    if (position !== null && position.version > this.storedVersion) this.storedVersion = position.version;
  }

  unstore({ rows }: Checkpoint): void {
    this.outbox.unstore(rows.instances ?? [], rows.transitions ?? []);
    this.firsts.unstore(rows.firsts ?? []);
  }

  get backlogRows(): number {
    return this.outbox.waiting + this.firsts.waiting;
  }

  /** Hashes of the rules in force. */
  get rulesInForce(): readonly string[] {
    return this.rules.now;
  }

  /** For status and metrics. */
  get progress(): { readonly instances: number; readonly storedOffset: number } {
    return { instances: this.book.size, storedOffset: offsetOf(this.storedVersion + 1n) - 1 };
  }

  /** The lowest watermark that a workflow's sources have told; null while one of them has none. */
  watermark(workflow: string): number | null {
    return this.sources.watermark(workflow, this.options.sourcesOf(workflow));
  }
}
