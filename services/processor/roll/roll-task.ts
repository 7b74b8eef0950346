import type { Codec } from '../../shared/core/codec.ts';
import { isMoving } from '../../shared/core/aggregate/moving.ts';
import type { Definition } from '../../shared/core/definition.ts';
import { isDerived, workflowsOf } from '../../shared/core/formula/derived.ts';
import type { ProgressMark, SlicesMessage, SliceSnapshot } from '../../shared/core/messages.ts';
import { offsetOf, versionOf } from '../../shared/core/version.ts';
import type { AppendRecord, EventLog, LogRecord } from '../../shared/ports/event-log.ts';
import type { PositionRow, ValueRow } from '../../shared/ports/kpi-rows.ts';
import type { KpiStore } from '../../shared/ports/kpi-store.ts';
import type { Checkpoint, FoldTask, Publication } from '../../shared/runtime/fold/fold-task.ts';
import { SLICES_TOPIC, VALUES_TOPIC } from '../../shared/runtime/topics.ts';
import { Backfill } from './backfill.ts';
import { computeDerived, LevelReaders } from './compute-derived.ts';
import { computeMoving, dropOldRows } from './compute-moving.ts';
import { computeValues, type Moment } from './compute-values.ts';
import { groupsOf } from './derived-groups.ts';
import type { DerivedSeries } from './derived-series.ts';
import { HeldSnapshots } from './held-snapshots.ts';
import { PartsAside } from './parts-aside.ts';
import type { Series } from './series.ts';
import { SeriesTable } from './series-table.ts';
import { SourceProgress, type SourceState } from './source-progress.ts';
import { type Stretch, stretchesOf, WatermarkSteps } from './watermark-steps.ts';

/**
 * Windows of what moves with time that have a row at any watermark: the last ones. After a jump of the watermark there are
 * no more of them, beside those in which something changed.
 */
export const MOVING_ENDS_MAX = 1_000;
/** The position is stored at least this often while nothing but marks arrives. */
const QUIET_STORE_MS = 60_000;

export interface RollOptions {
  readonly partition: number;
  readonly epoch: number;
  readonly log: EventLog;
  readonly store: KpiStore;
  readonly codec: Codec;
  readonly definitionOf: (hash: string) => Definition | undefined;
  /** Partition count of a workflow's events topic: its sources. */
  readonly sourcesOf: (workflow: string) => number;
  /** Slices kept in memory. */
  readonly slicesMax: number;
  /** Slices of one series that are kept by source. */
  readonly openSlicesMax: number;
  /** Windows of what moves with time that get a row after a jump of the watermark; MOVING_ENDS_MAX unless it is said. */
  readonly movingEndsMax?: number;
}

/**
 * What a position holds beside its offset: by source what it has told, and which definitions are computed for all time.
 * Earlier versions had only derived KPIs in that list, under a name of its own.
 */
type PositionContent = Readonly<Record<string, SourceState>> & {
  readonly done?: readonly string[];
  readonly derived?: readonly string[];
};

/** The fold of one [slices] partition into values: DESIGN.md sections 3 and 4. */
export class RollTask implements FoldTask {
  readonly stage = 'roll';
  readonly topic = SLICES_TOPIC;
  readonly partition: number;
  nextOffset = 0;
  private readonly options: RollOptions;
  private readonly sources = new SourceProgress();
  private readonly series: SeriesTable;
  private readonly held = new HeldSnapshots();
  private readonly aside = new PartsAside();
  private readonly steps = new WatermarkSteps();
  /** Whether values were computed since the task was restored. */
  private hasComputed = false;
  /** Nothing is published before the log was read up to here. */
  private catchUpOffset = 0;
  private readonly watermarks = new Map<string, number | null>();
  private readonly changed = new Map<string, ValueRow>();
  private readonly toStore = new Map<string, ValueRow>();
  private marksToSend = new Map<string, ProgressMark>();
  private storedVersion = -1n;
  /** How many definitions the stored position has as computed for all time. */
  private storedDone: ReadonlySet<string> = new Set();
  /** The last record read that holds slices. */
  private lastSnapshots = -1;
  /** Rows collected for the store, not yet acknowledged. */
  private inFlightRows = 0;

  private readonly backfill: Backfill;

  constructor(options: RollOptions) {
    this.options = options;
    this.partition = options.partition;
    this.series = new SeriesTable({
      store: options.store,
      partition: options.partition,
      sources: this.sources,
      watermarkOf: (workflows) => this.lowestWatermark(workflows),
      slicesMax: options.slicesMax,
    });
    this.backfill = new Backfill(this.series, ({ workflow, hash }) =>
      this.sources.lacks(workflow, options.sourcesOf(workflow), hash),
    );
  }

  async restore(): Promise<void> {
    const { store, log, partition, epoch } = this.options;
    const row = await store.position(this.stage, this.topic, partition);
    const content = row === null ? {} : (JSON.parse(row.content) as PositionContent);
    const { done, derived = [], ...base } = content;
    this.nextOffset = row === null ? 0 : offsetOf(row.version) + 1;
    this.storedVersion = row === null ? versionOf(epoch, 0) - 1n : row.version;
    this.sources.restore(base as Record<string, SourceState>);
    this.held.clear();
    this.aside.clear();
    this.steps.clear();
    this.hasComputed = false;
    this.watermarks.clear();
    this.changed.clear();
    this.toStore.clear();
    this.marksToSend.clear();
    this.inFlightRows = 0;
    this.lastSnapshots = -1;
    this.storedDone = new Set(done ?? []);
    await this.loadActive(row === null ? [] : (done ?? null), derived);
    // Noted after the rows were read: what they hold beyond the position is below this offset.
    this.catchUpOffset = await log.endOffset(this.topic, partition);
  }

  /**
   * Series with windows that time alone will change, and those that an open import touches. `done`: the definitions that
   * are computed for all time; null: the position of an earlier version, where all measured ones are and `derived`.
   */
  private async loadActive(done: readonly string[] | null, derived: readonly string[]): Promise<void> {
    const rows = await this.options.store.definitions();
    const definitions = rows.flatMap(({ hash, active }) => (active && this.options.definitionOf(hash)) || []);
    const groups = groupsOf(definitions.filter(isDerived));
    this.series.clear(groups);
    const measured = definitions.filter((definition) => !isDerived(definition));
    this.backfill.start(measured, groups, done ?? [...measured.map(({ hash }) => hash), ...derived]);
    this.backfill.begin([...this.sources.filling()]);
    this.backfill.refresh();
    for (const definition of definitions) {
      this.watermarks.set(definition.hash, this.watermarkOf(definition));
      if (!isDerived(definition) && !this.backfill.isBlocked(definition.hash))
        await this.series.loadActive(definition, this.sources.openImports());
    }
  }

  private watermarkOf(definition: Definition): number | null {
    return this.lowestWatermark(workflowsOf(definition));
  }

  /** As far as all of these workflows are; null while one of them has told nothing. */
  private lowestWatermark(workflows: readonly string[]): number | null {
    let lowest = Infinity;
    for (const workflow of workflows) {
      const watermarkMs = this.watermark(workflow);
      if (watermarkMs === null) return null;
      lowest = Math.min(lowest, watermarkMs);
    }
    return lowest;
  }

  /** The lowest watermark that a workflow's sources have told; null while one of them has none. */
  watermark(workflow: string): number | null {
    return this.sources.watermark(workflow, this.options.sourcesOf(workflow));
  }

  async apply(records: readonly LogRecord[]): Promise<void> {
    const messages = records.map(({ value }) => this.options.codec.decode(value) as SlicesMessage);
    // Staged ones too: their series may have left since.
    await this.loadSeries([...this.held.waiting(), ...messages.map(snapshotsOf)]);
    let lastMark: number | null = null;
    for (const [i, message] of messages.entries()) {
      const { offset } = records[i]!;
      this.nextOffset = offset + 1;
      if (message.type === 'mark') this.applyMark((lastMark = offset), message);
      else this.held.stage((this.lastSnapshots = offset), message.source, snapshotsOf(message));
    }
    await this.open();
    if (lastMark !== null && this.nextOffset >= this.catchUpOffset) {
      await this.backfill.load();
      this.computeValues(lastMark);
      this.backfill.computed();
    }
    this.series.evict();
  }

  /** What came of definitions while they were blocked: series in memory know nothing of it, nor does the store of the latest. */
  private async open(): Promise<void> {
    for (const definition of this.backfill.refresh()) {
      await this.series.readAgain(definition);
      const parts = this.aside.take(definition.hash);
      await this.loadSeries([parts]);
      for (const part of parts) this.series.get(definition, part.labels).mergeSnapshot(part);
    }
  }

  private async loadSeries(batches: Iterable<readonly SliceSnapshot[]>): Promise<void> {
    const wanted = new Map<string, Map<string, number[]>>();
    for (const snapshots of batches) {
      for (const { definition, labels, sliceStartMs } of snapshots) {
        if (this.backfill.isBlocked(definition)) continue;
        let byLabels = wanted.get(definition);
        if (byLabels === undefined) wanted.set(definition, (byLabels = new Map()));
        const starts = byLabels.get(labels);
        if (starts === undefined) byLabels.set(labels, [sliceStartMs]);
        else starts.push(sliceStartMs);
      }
    }
    for (const [hash, slices] of wanted) {
      const definition = this.options.definitionOf(hash);
      if (definition !== undefined) await this.series.load(definition, slices);
    }
  }

  /** Merges what the source published up to this mark: its rows are then of one moment. */
  private applyMark(offset: number, mark: ProgressMark): void {
    const { endedImports, storedBefore, watermarkMs, openImports, filling } = this.sources.step(offset, mark);
    const stored = this.sources.storedOf(mark.source);
    if (stored > storedBefore) {
      this.held.acknowledge(stored, mark.source);
      this.aside.acknowledge(mark.source, stored);
    }
    this.backfill.begin(filling);
    for (const snapshots of this.held.release(mark.source, stored)) {
      for (const snapshot of snapshots) {
        const definition = this.options.definitionOf(snapshot.definition);
        if (this.backfill.isBlocked(snapshot.definition)) {
          if (snapshot.version > stored) this.aside.put(snapshot);
          continue;
        }
        if (definition === undefined) continue;
        const series = this.series.get(definition, snapshot.labels);
        series.noteMark(offset);
        series.mergeSnapshot(snapshot);
      }
    }
    if (endedImports.size > 0) for (const series of this.series.all()) series.markImports(endedImports);
    const workflow = workflowOf(mark.source);
    this.steps.note(workflow, this.watermark(workflow));
    // What the source has said at most: a zombie's mark must not stand in for the higher one before it.
    this.marksToSend.set(mark.source, { ...mark, watermarkMs, openImports });
  }

  /** Computes what changed slices and passed watermarks change, each series once, and those computed from others last. */
  private computeValues(offset: number): void {
    const version = versionOf(this.options.epoch, offset);
    const moved = new Map<string, number | null>();
    const reached = new Map<string, number | null>();
    const passed = new Map<string, readonly Stretch[]>();
    const isFirst = !this.hasComputed;
    this.hasComputed = true;
    const momentOf = (definition: Definition): Moment => {
      const { hash } = definition;
      const beforeMs = this.watermarks.get(hash) ?? null;
      let watermarkMs = reached.get(hash);
      if (watermarkMs === undefined) reached.set(hash, (watermarkMs = this.watermarkOf(definition)));
      if (watermarkMs !== beforeMs) moved.set(hash, watermarkMs);
      const { movingEndsMax = MOVING_ENDS_MAX } = this.options;
      const stretches = isMoving(definition) ? this.stretches(definition, beforeMs, passed) : NO_STRETCHES;
      return {
        partition: this.partition,
        version,
        beforeMs,
        watermarkMs,
        imports: this.sources,
        stretches,
        isFirst,
        movingEndsMax,
      };
    };
    for (const series of this.series.all()) {
      if (this.backfill.isBlocked(series.definition.hash)) continue;
      const moment = momentOf(series.definition);
      const compute = isMoving(series.definition) ? computeMoving : computeValues;
      this.take(series, compute(series, moment));
      dropOldRows(series, moment);
      series.closeSlices(this.options.openSlicesMax, this.sources);
    }
    const levels = new LevelReaders(this.sources);
    for (const derived of this.series.allDerived()) {
      if (this.backfill.isBlocked(derived.definition.hash)) continue;
      this.take(derived, computeDerived(derived, momentOf(derived.definition), levels));
    }
    for (const [hash, watermarkMs] of moved) this.watermarks.set(hash, watermarkMs);
    this.steps.clear();
  }

  /** Where the windows of a KPI that moves with time get rows in one computation; `known`: what was found for others. */
  private stretches(
    { hash, workflow, window }: Definition,
    beforeMs: number | null,
    known: Map<string, readonly Stretch[]>,
  ): readonly Stretch[] {
    let stretches = known.get(hash);
    if (stretches === undefined) {
      const watermarks = [...(beforeMs === null ? [] : [beforeMs]), ...this.steps.of(workflow)];
      stretches = stretchesOf(window, watermarks, this.options.movingEndsMax ?? MOVING_ENDS_MAX);
      known.set(hash, stretches);
    }
    return stretches;
  }

  /** Rows that are to go out and to be stored. */
  private take({ unstoredEnds }: Series | DerivedSeries, rows: readonly ValueRow[]): void {
    for (const row of rows) {
      this.changed.set(keyOf(row), row);
      this.toStore.set(keyOf(row), row);
      unstoredEnds.add(row.windowEndMs);
    }
  }

  /** The series of a row, if it is in memory. */
  private holderOf(row: Pick<ValueRow, 'definition' | 'labels'>): Series | DerivedSeries | undefined {
    const definition = this.options.definitionOf(row.definition);
    if (definition === undefined) return undefined;
    return isDerived(definition)
      ? this.series.peekDerived(definition, row.labels)
      : this.series.peek(definition, row.labels);
  }

  get publishDue(): boolean {
    return this.nextOffset >= this.catchUpOffset && (this.changed.size > 0 || this.marksToSend.size > 0);
  }

  collectPublication(): Publication {
    const records: AppendRecord[] = [];
    if (this.nextOffset < this.catchUpOffset) return { records, keys: [] };
    const { codec } = this.options;
    const topic = VALUES_TOPIC;
    for (const row of this.changed.values()) {
      const { labelMap: _map, labelPartition: _partition, validToMs: _validTo, ...message } = row;
      records.push({
        topic,
        partition: this.partition,
        key: Buffer.from(row.labels),
        value: codec.encode({ type: 'value', ...message }),
      });
    }
    this.changed.clear();
    const position = versionOf(this.options.epoch, this.nextOffset) - 1n;
    for (const mark of this.marksToSend.values()) {
      records.push({
        topic,
        partition: this.partition,
        key: null,
        value: codec.encode({ ...mark, position, storedPosition: this.storedVersion }),
      });
    }
    this.marksToSend.clear();
    return { records, keys: [] };
  }

  published(): void {}

  unpublish(publication: Publication): void {
    for (const { key, value } of publication.records) {
      const message = this.options.codec.decode(value);
      // A newer mark of the source may have come while this one was on its way.
      if (message.type === 'mark' && !this.marksToSend.has(message.source))
        this.marksToSend.set(message.source, message);
      if (key === null || message.type !== 'value') continue;
      const row = this.holderOf(message)?.values.get(message.windowEndMs);
      if (row !== undefined) this.changed.set(keyOf(row), row);
    }
  }

  /** The last offset that may be stored. */
  private safeOffset(): number {
    return this.held.safeOffset(this.nextOffset - 1);
  }

  storeDue(sinceMs: number): boolean {
    if (this.nextOffset < this.catchUpOffset) return false;
    if (this.toStore.size > 0) return true;
    const safe = this.safeOffset();
    if (versionOf(this.options.epoch, safe + 1) - 1n <= this.storedVersion) return false;
    // Others wait to hear that what is new is computed.
    if (this.doneIsDue) return true;
    // Slices that are read again would send all their values out again.
    return sinceMs >= QUIET_STORE_MS || (safe >= this.lastSnapshots && this.lastSnapshots > this.storedOffset);
  }

  collectCheckpoint(): Checkpoint {
    const values = [...this.toStore.values()];
    this.toStore.clear();
    this.inFlightRows = values.length;
    const offset = this.safeOffset();
    const version = versionOf(this.options.epoch, offset + 1) - 1n;
    if (offset < 0 || version <= this.storedVersion) return { rows: { values }, position: null };
    const { filled } = this.backfill;
    const content = JSON.stringify({ ...this.sources.at(offset), done: filled });
    const position: PositionRow = { stage: this.stage, topic: this.topic, partition: this.partition, version, content };
    return { rows: { values }, position };
  }

  stored({ rows, position }: Checkpoint): void {
    this.inFlightRows = 0;
    for (const row of rows.values ?? []) {
      const series = this.holderOf(row);
      // A newer row of the same window still waits.
      if (series?.values.get(row.windowEndMs) === row) series.unstoredEnds.delete(row.windowEndMs);
    }
    if (position === null || position.version <= this.storedVersion) return;
    this.storedVersion = position.version;
    this.storedDone = new Set((JSON.parse(position.content) as PositionContent).done ?? []);
  }

  unstore({ rows }: Checkpoint): void {
    this.inFlightRows = 0;
    for (const row of rows.values ?? []) {
      if (!this.toStore.has(keyOf(row))) this.toStore.set(keyOf(row), row);
    }
  }

  get backlogRows(): number {
    return this.toStore.size + this.inFlightRows + (this.doneIsDue ? 1 : 0);
  }

  /** Whether a definition is computed for all time, and its stored position does not say so yet. */
  private get doneIsDue(): boolean {
    return this.backfill.lacksIn(this.storedDone);
  }

  /** Whether a definition was in force when it was restored. */
  knows(hash: string): boolean {
    return this.backfill.knows(hash);
  }

  /** For status and metrics. */
  get progress(): {
    readonly series: number;
    readonly slices: number;
    readonly held: number;
    readonly storedOffset: number;
    readonly isFilling: boolean;
  } {
    return {
      series: this.series.size,
      slices: this.series.slices,
      held: this.held.size,
      storedOffset: this.storedOffset,
      isFilling: this.backfill.isFilling,
    };
  }

  /** The last offset up to which all is stored. */
  private get storedOffset(): number {
    return offsetOf(this.storedVersion + 1n) - 1;
  }
}

function snapshotsOf(message: SlicesMessage): readonly SliceSnapshot[] {
  if (message.type === 'mark') return NO_SNAPSHOTS;
  return message.type === 'slices' ? message.snapshots : [message];
}

const NO_SNAPSHOTS: readonly SliceSnapshot[] = [];
const NO_STRETCHES: readonly Stretch[] = [];

/** A source is named by its workflow and its partition. */
function workflowOf(source: string): string {
  return source.slice(0, source.lastIndexOf('/'));
}

function keyOf({ definition, windowEndMs, labels }: ValueRow): string {
  return `${definition} ${windowEndMs} ${labels}`;
}
