import type { Workflow } from '../../shared/core/catalogue/catalogue.ts';
import type { Delta } from '../../shared/core/measure/case-folds.ts';
import type { Codec } from '../../shared/core/codec.ts';
import type { Definition } from '../../shared/core/definition.ts';
import { activityRanks } from '../../shared/core/measure/effective-events.ts';
import { TaktError } from '../../shared/core/errors.ts';
import type { LoggedEvent } from '../../shared/core/event.ts';
import {
  type Control,
  type Cut,
  type EventsMessage,
  type Fill,
  logged,
  type Placed,
  type ProgressMark,
} from '../../shared/core/messages.ts';
import { type PartitionTime, stepTime, TIME_START } from '../../shared/core/partition-time.ts';
import { ARCHIVE_PERIOD_MS, archivePeriod, type CutTimes, firstPeriod, laterOf } from '../../shared/core/retention.ts';
import { offsetOf, versionOf } from '../../shared/core/version.ts';
import { planWorkflow, type WorkflowPlan } from '../../shared/core/measure/workflow-plan.ts';
import type { LogRecord } from '../../shared/ports/event-log.ts';
import type { PositionRow } from '../../shared/ports/kpi-rows.ts';
import type { KpiStore } from '../../shared/ports/kpi-store.ts';
import { BATCH_RECORDS_MAX } from '../../shared/runtime/fold/fold-runner.ts';
import type { Checkpoint, FoldTask, Publication } from '../../shared/runtime/fold/fold-task.ts';
import { eventsTopic, SLICES_TOPIC } from '../../shared/runtime/topics.ts';
import { ArchiveRows } from './archive-rows.ts';
import { CaseCache } from './case-cache.ts';
import { type Filling, Frontiers } from './frontiers.ts';
import { isFrozen } from './frozen.ts';
import { moveCases } from './move-cases.ts';
import { additionsOf, type ArchiveScope, rebuildExtreme, recompute } from './recompute.ts';
import { SliceBatches } from './slice-batches.ts';
import { SliceMarks, type SourceMoment } from './slice-marks.ts';
import type { SliceEntry, SliceKey } from './slice-entry.ts';
import { NOTHING_BROKEN, SliceTable } from './slice-table.ts';
import { RefusedRecords, UNREADABLE, type Unreadable } from './refused-records.ts';

/** When only ticks arrived, the position is stored this often. */
export const QUIET_STORE_MS = 60_000;

export interface AggregateOptions {
  readonly workflow: Workflow;
  readonly partition: number;
  readonly epoch: number;
  /** Partition count of [slices]. */
  readonly labelPartitions: number;
  readonly store: KpiStore;
  readonly codec: Codec;
  /** A definition by hash; undefined when neither the catalogue nor the store has it. */
  readonly definitionOf: (hash: string) => Definition | undefined;
  /** Slice rows, and bytes of cases, kept in memory. */
  readonly rowsMax: number;
  readonly caseBytesMax: number;
  /** Event times that one period of the archive spans; the same at every start. Absent: 30 days. */
  readonly archivePeriodMs?: number;
}

interface PositionContent {
  readonly time: PartitionTime;
  readonly definitions: readonly string[];
  readonly filling?: Filling;
  readonly cut?: CutTimes;
}

/** A publication with the rows that are in it. */
interface SlicePublication extends Publication {
  readonly entries: readonly SliceEntry[];
}

type Decoded = Placed<EventsMessage | Unreadable>;

interface Work {
  readonly offset: number;
  readonly caseId: string;
  readonly importId: string | null;
  readonly deltas: readonly Delta[];
}

/** The fold of one [events.<workflow>] partition into slices: DESIGN.md sections 3 and 4. */
export class AggregateTask implements FoldTask {
  readonly stage = 'aggregate';
  readonly topic: string;
  readonly partition: number;
  readonly source: string;
  nextOffset = 0;
  private time: PartitionTime = TIME_START;
  private hashes: readonly string[] = [];
  private readonly ranks: ReadonlyMap<string, number>;
  private plan: WorkflowPlan;
  private readonly options: AggregateOptions;
  private readonly cases: CaseCache;
  private readonly slices: SliceTable;
  private readonly archive: ArchiveRows;
  private readonly refused = new RefusedRecords();
  private readonly periodMs: number;
  /** Where the past ends; null: nowhere. */
  private cut: CutTimes | null = null;
  private storedVersion = -1n;
  private eventsSinceStore = false;
  private isStoring = false;
  /** The records of the last `load`, until they are applied. */
  private decoded: { readonly records: readonly LogRecord[]; readonly placed: readonly Decoded[] } | null = null;
  /** The last batch was as large as they come, and nothing was published since. */
  private fullBatch = false;
  private readonly marks: SliceMarks;
  private readonly frontiers = new Frontiers();

  constructor(options: AggregateOptions) {
    this.options = options;
    this.topic = eventsTopic(options.workflow.name);
    this.partition = options.partition;
    this.source = `${options.workflow.name}/${options.partition}`;
    this.ranks = activityRanks(options.workflow.activities);
    this.plan = planWorkflow([], this.ranks);
    const { store, workflow, partition, epoch, labelPartitions, caseBytesMax, rowsMax } = options;
    this.cases = new CaseCache({ store, workflow: workflow.name, partition, epoch, bytesMax: caseBytesMax });
    this.slices = new SliceTable({ store, source: this.source, epoch, labelPartitions, rowsMax });
    this.archive = new ArchiveRows(store, workflow.name, partition, epoch);
    this.marks = new SliceMarks(labelPartitions);
    this.periodMs = options.archivePeriodMs ?? ARCHIVE_PERIOD_MS;
  }

  async restore(): Promise<void> {
    const { store, epoch } = this.options;
    const row = await store.position(this.stage, this.topic, this.partition);
    const content = row === null ? null : (JSON.parse(row.content) as PositionContent);
    this.nextOffset = row === null ? 0 : offsetOf(row.version) + 1;
    this.storedVersion = row === null ? versionOf(epoch, 0) - 1n : row.version;
    this.time = content?.time ?? TIME_START;
    this.use(content?.definitions ?? [], null);
    this.frontiers.restore(content?.filling ?? {});
    this.cut = content?.cut ?? null;
    this.archive.clear();
    this.refused.clear();
    this.decoded = null;
    this.eventsSinceStore = false;
    this.isStoring = false;
    this.marks.restore(this.time);
    await this.slices.restore(this.plan);
    await this.cases.restore(this.nextOffset - 1, this.fromPeriod);
  }

  /** Puts definitions in force. Those that nobody knows any more are left out: their KPI was removed. */
  private use(hashes: readonly string[], before: WorkflowPlan | null): void {
    this.hashes = hashes;
    const definitions = hashes
      .map((hash) => this.options.definitionOf(hash))
      .filter((definition) => definition !== undefined);
    this.plan = planWorkflow(definitions, this.ranks, before);
  }

  /** Asks the store for the cases of these records that it may have and memory does not. */
  async load(records: readonly LogRecord[]): Promise<void> {
    const placed = records.map((record) => this.decode(record));
    this.decoded = { records, placed };
    await this.cases.load(caseIdsOf(placed), records[0]!.offset);
  }

  async apply(records: readonly LogRecord[]): Promise<void> {
    if (this.decoded?.records !== records) await this.load(records);
    const { placed } = this.decoded!;
    this.decoded = null;
    let from = 0;
    for (let i = 0; i < placed.length; i++) {
      const { message, offset } = placed[i]!;
      if (message.type !== 'control' && message.type !== 'fill' && message.type !== 'cut') continue;
      await this.applyEvents(placed.slice(from, i));
      if (message.type === 'control') await this.applyControl(message, placed[i]!);
      else if (message.type === 'fill') await this.applyFill(message, placed[i]!);
      else await this.applyCut(message, placed[i]!);
      this.nextOffset = offset + 1;
      from = i + 1;
    }
    await this.applyEvents(from === 0 ? placed : placed.slice(from));
    this.cases.evict();
    this.fullBatch = records.length >= BATCH_RECORDS_MAX;
  }

  /** What cannot be read becomes a dead letter, and moves nothing but the clock. */
  private decode({ offset, appendMs, value }: LogRecord): Decoded {
    try {
      return { offset, appendMs, message: this.options.codec.decode(value) as EventsMessage };
    } catch (error) {
      if (!(error instanceof TaktError) || error.code !== 'RECORD_UNREADABLE') throw error;
      this.refused.add({ workflow: this.workflow, place: `${this.topic}/${this.partition}`, offset, value }, error);
      return { offset, appendMs, message: UNREADABLE };
    }
  }

  private async applyEvents(batch: readonly Decoded[]): Promise<void> {
    if (batch.length === 0) return;
    const work: Work[] = [];
    for (let i = 0; i < batch.length; i++) {
      const { offset, appendMs, message } = batch[i]!;
      if (offset !== this.nextOffset) {
        throw new TaktError(
          'LOG_OFFSET_OUT_OF_RANGE',
          `${this.topic}/${this.partition}: expected offset ${this.nextOffset}, the log gave ${offset}. Offsets never skip here: the log was changed by hand; start a new epoch.`,
        );
      }
      this.nextOffset = offset + 1;
      if (message.type === 'event') {
        const done = this.applyEvent(logged(message.event, offset, appendMs));
        if (done !== null) work.push(done);
        this.time = stepTime(
          this.time,
          { type: 'event', timeMs: message.event.timeMs, importId: message.event.importId },
          appendMs,
          this.options.workflow,
        );
      } else {
        const isPlain = message.type === 'unreadable' || message.type === 'fill' || message.type === 'cut';
        const input = isPlain ? ({ type: 'control' } as const) : message;
        this.time = stepTime(this.time, input, appendMs, this.options.workflow);
        // Whoever imports waits for the stored position to pass the end record; a dead letter is not to be made again.
        if (message.type === 'import' || message.type === 'unreadable') this.eventsSinceStore = true;
      }
    }
    await this.slices.load(work);
    for (const item of work) {
      const broken = this.applyDeltas(item);
      if (broken.length > 0) await this.rebuild(broken, item.offset);
    }
    this.slices.endBatch();
  }

  private applyEvent(event: LoggedEvent): Work | null {
    const { cut } = this;
    if (cut !== null && event.timeMs < cut.lateMs) {
      this.refused.addLate(event, `${this.topic}/${this.partition}`, cut.lateMs);
      this.eventsSinceStore = true;
      return null;
    }
    const deltas = this.cases.add(event, this.plan);
    if (deltas === null) return null;
    this.eventsSinceStore = true;
    this.archive.add(event, this.periodOf(event));
    return {
      offset: event.offset,
      caseId: event.caseId,
      importId: event.importId,
      deltas: cut === null ? deltas : deltas.filter((delta) => !isFrozen(delta, cut)),
    };
  }

  /** 0 before the first cut. */
  private periodOf({ timeMs }: LoggedEvent): number {
    return this.cut === null ? 0 : archivePeriod(timeMs, this.periodMs);
  }

  /** The first period of the archive that counts. */
  get fromPeriod(): number {
    return firstPeriod(this.cut, this.periodMs);
  }

  /** Gives the rows whose extreme must be rebuilt. */
  private applyDeltas({ offset, caseId, importId, deltas }: Work): readonly SliceKey[] {
    let broken = NOTHING_BROKEN;
    this.slices.nextRecord();
    const { frontiers } = this;
    const isFor = frontiers.size === 0 ? null : ({ hash }: Definition): boolean => !frontiers.lacks(hash, caseId);
    for (const delta of deltas) {
      const more = this.slices.apply(delta, offset, importId, isFor);
      if (more.length > 0) broken = [...broken, ...more];
    }
    return broken;
  }

  private async rebuild(broken: readonly SliceKey[], offset: number): Promise<void> {
    for (const key of broken) {
      const scope = { ...this.archiveBelow(offset + 1), cases: this.frontiers.casesOf(key.definition.hash) };
      this.slices.replace(key, await rebuildExtreme(scope, key), offset);
    }
  }

  private archiveBelow(belowOffset: number): ArchiveScope {
    const { store, workflow } = this.options;
    const { partition, ranks, cut, fromPeriod } = this;
    const events = this.cases.unacknowledged();
    return { store, workflow: workflow.name, partition, ranks, events, belowOffset, cut, periods: { fromPeriod } };
  }

  /**
   * New definitions start here: what the archive below this record contributes to them becomes their first rows, as of
   * this record. Events not yet stored take part from memory. Those that are to be filled start with nothing.
   */
  private async applyControl({ definitions: hashes, filling }: Control, at: Placed<unknown>): Promise<void> {
    const added = hashes.filter((hash) => !this.hashes.includes(hash));
    this.frontiers.change(
      hashes,
      added.filter((hash) => filling.includes(hash)),
    );
    this.time = stepTime(this.time, { type: 'control' }, at.appendMs, this.options.workflow);
    this.use(hashes, this.plan);
    this.slices.use(this.plan);
    this.slices.forget();
    const definitions = this.plan.plans.map(({ definition }) => definition).filter(({ hash }) => added.includes(hash));
    this.eventsSinceStore = true;
    this.marks.tellAll();
    if (definitions.length === 0) return;
    const whole = definitions.filter(({ hash }) => !filling.includes(hash));
    const rows = whole.length === 0 ? [] : await recompute(this.archiveBelow(at.offset), whole);
    await this.slices.start(definitions, rows, at.offset, this.cut);
  }

  /** The past ends later from here on: what begins before that is frozen, and cases that ended there are gone. */
  private async applyCut(cut: Cut, at: Placed<unknown>): Promise<void> {
    this.time = stepTime(this.time, { type: 'control' }, at.appendMs, this.options.workflow);
    const next = laterOf(this.cut, { lateMs: cut.lateMs, frozenMs: cut.frozenMs });
    const fromPeriod = firstPeriod(next, this.periodMs);
    if (fromPeriod > this.fromPeriod) {
      await moveCases({
        scope: this.archiveBelow(at.offset),
        definitions: this.definitions,
        epoch: this.options.epoch,
        periodMs: this.periodMs,
        fromPeriod,
        onExpired: (caseIds) => this.cases.expire(fromPeriod, caseIds, this.plan.order),
      });
    }
    this.cut = next;
    this.eventsSinceStore = true;
  }

  /** Definitions get the next cases here: what the archive below this record contributes to them for these. */
  private async applyFill({ definitions: hashes, after, upTo }: Fill, at: Placed<unknown>): Promise<void> {
    this.time = stepTime(this.time, { type: 'control' }, at.appendMs, this.options.workflow);
    const moved = this.frontiers.advance(hashes, after, upTo);
    if (moved.length === 0) return;
    this.eventsSinceStore = true;
    if (upTo === null) this.marks.tellAll();
    const definitions = this.plan.plans.map(({ definition }) => definition).filter(({ hash }) => moved.includes(hash));
    const additions = await additionsOf({ ...this.archiveBelow(at.offset), cases: { after, upTo } }, definitions);
    const broken = await this.slices.add(additions, at.offset);
    if (broken.length > 0) await this.rebuild(broken, at.offset);
  }

  get publishDue(): boolean {
    return this.slices.changes.unpublished > 0 || this.refused.size > 0 || this.marks.isDue(this.moment());
  }

  /**
   * The log has more at once: rows change again and again before anybody can read them, so they go out with the next
   * store.
   */
  get isBehind(): boolean {
    return this.fullBatch;
  }

  private moment(): SourceMoment {
    return { time: this.time, plans: this.plan.plans, storedVersion: this.storedVersion };
  }

  collectPublication(): SlicePublication {
    this.fullBatch = false;
    const moment = this.moment();
    const marked = this.marks.due(moment);
    const { codec } = this.options;
    const entries = this.slices.changes.takeToPublish();
    const batches = new SliceBatches(this.source);
    for (const entry of entries) {
      for (const row of this.slices.rows(entry)) {
        marked.add(row.labelPartition);
        this.marks.holds(row.labelPartition, row.version);
        batches.add(row);
      }
    }
    const records = this.refused.take();
    for (const { partition, batch } of batches.all())
      records.push({ topic: SLICES_TOPIC, partition, key: null, value: codec.encode(batch) });
    const mark = codec.encode(this.mark());
    for (const partition of marked) records.push({ topic: SLICES_TOPIC, partition, key: null, value: mark });
    this.marks.tell(marked, moment);
    return { records, keys: [], entries };
  }

  private mark(): ProgressMark {
    return {
      type: 'mark',
      source: this.source,
      position: versionOf(this.options.epoch, this.nextOffset) - 1n,
      watermarkMs: this.time.watermarkMs,
      storedPosition: this.storedVersion,
      openImports: Object.keys(this.time.openImports),
      definitions: this.hashes,
      filling: this.frontiers.hashes,
    };
  }

  published({ entries }: SlicePublication): void {
    this.slices.changes.endPublish(entries, true);
  }

  unpublish({ entries, records }: SlicePublication): void {
    this.slices.changes.endPublish(entries, false);
    this.refused.putBack(records);
    this.marks.tellAll();
  }

  storeDue(sinceMs: number): boolean {
    return (
      this.eventsSinceStore ||
      this.slices.changes.unstoredRows > 0 ||
      (sinceMs >= QUIET_STORE_MS && this.position() > this.storedVersion)
    );
  }

  private position(): bigint {
    return versionOf(this.options.epoch, this.nextOffset) - 1n;
  }

  collectCheckpoint(): Checkpoint {
    const slices = this.slices.changes.takeToStore().flatMap((entry) => this.slices.rows(entry));
    const blocks = this.archive.take(this.cases.takeChanged(this.plan.order));
    const filter = this.cases.filter.rowToSave(this.time.clockMs, this.position());
    const positions = filter === null ? {} : { positions: [filter] };
    const rows = { slices, ...positions };
    this.eventsSinceStore = false;
    this.isStoring = true;
    const { filling } = this.frontiers;
    const content: PositionContent = {
      time: this.time,
      definitions: this.hashes,
      ...(this.frontiers.size === 0 ? {} : { filling }),
      ...(this.cut === null ? {} : { cut: this.cut }),
    };
    const position: PositionRow = {
      stage: this.stage,
      topic: this.topic,
      partition: this.partition,
      version: this.position(),
      content: JSON.stringify(content),
    };
    return { rows, blocks, position };
  }

  stored({ position }: Checkpoint): void {
    this.isStoring = false;
    this.archive.stored();
    this.slices.acknowledge();
    if (position !== null && position.version > this.storedVersion) this.storedVersion = position.version;
    this.cases.acknowledge(this.storedOffset);
  }

  unstore(): void {
    this.isStoring = false;
    this.archive.putBack();
    this.slices.changes.storeAgain();
    this.eventsSinceStore = true;
  }

  get backlogRows(): number {
    // A record without rows, as the end of an import is one, is of use to others only once its position is stored.
    const position = this.eventsSinceStore || this.isStoring ? 1 : 0;
    return this.archive.size + this.slices.changes.unstoredRows + position;
  }

  /** The last offset that the stored position covers; -1: none. */
  private get storedOffset(): number {
    return offsetOf(this.storedVersion + 1n) - 1;
  }

  get workflow(): string {
    return this.options.workflow.name;
  }

  get definitionsInForce(): readonly string[] {
    return this.hashes;
  }

  /** The definitions in force that it knows. */
  get definitions(): readonly Definition[] {
    return this.plan.plans.map(({ definition }) => definition);
  }

  /** Where the past ends; null: nowhere. */
  get cutTimes(): CutTimes | null {
    return this.cut;
  }

  /** Those of them that do not have all cases yet, and how far they are. */
  get filling(): Filling {
    return this.frontiers.filling;
  }

  /** The next publish tells every partition how far it is, whether anything changed or not. */
  tellAll(): void {
    this.marks.tellAll();
  }

  /** For status and metrics. */
  get progress(): {
    readonly time: PartitionTime;
    readonly cases: number;
    readonly slices: number;
    readonly storedOffset: number;
  } {
    return {
      time: this.time,
      cases: this.cases.size,
      slices: this.slices.size,
      storedOffset: this.storedOffset,
    };
  }
}

function* caseIdsOf(batch: readonly Decoded[]): Generator<string> {
  for (const { message } of batch) if (message.type === 'event') yield message.event.caseId;
}
