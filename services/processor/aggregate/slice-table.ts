import {
  type AggregateState,
  contribute,
  decodeState,
  emptyState,
  encodeState,
} from '../../shared/core/aggregate/aggregate-state.ts';
import type { Delta } from '../../shared/core/measure/case-folds.ts';
import type { Definition } from '../../shared/core/definition.ts';
import type { CutTimes } from '../../shared/core/retention.ts';
import { offsetOf, versionOf } from '../../shared/core/version.ts';
import type { SliceGroup, WorkflowPlan } from '../../shared/core/measure/workflow-plan.ts';
import type { SliceRow } from '../../shared/ports/kpi-rows.ts';
import type { KpiStore } from '../../shared/ports/kpi-store.ts';
import { mayFreeze } from './frozen.ts';
import type { Addition } from './recompute.ts';
import { type SliceEntry, type SliceKey, sliceStartsOf } from './slice-entry.ts';
import { SliceChanges, waits } from './slice-changes.ts';
import { SliceEntries } from './slice-entries.ts';

/** Rows of a workflow kept in memory by one process; above it acknowledged ones that were not used of late leave. */
export const SLICE_ROWS_MAX = 100_000;
/** Rows of a definition that one source partition reads when it starts: the latest. Others come when they are needed. */
export const RESTORED_ROWS_MAX = 2_000;
/** Of a record that leaves every extreme known. */
export const NOTHING_BROKEN: readonly SliceKey[] = [];

/** Where a definition's rows are: its group, and the member that it is there. */
interface Place {
  readonly group: SliceGroup;
  readonly member: number;
}

/** Slices of a label set that have to be read. */
interface Missing {
  readonly group: SliceGroup;
  readonly labels: Set<string>;
  fromMs: number;
  toMs: number;
}

/** The slice rows of one source partition, those in memory of those in the store. */
export class SliceTable {
  readonly changes = new SliceChanges();
  private readonly entries: SliceEntries;
  private places = new Map<string, Place>();
  /** By id of the group: no row of a later slice start has ever left, so that one not in memory does not exist. */
  private readonly leftUpToMs = new Map<number, number>();
  /** Counts records. */
  private turn = 0;
  private readonly store: KpiStore;
  private readonly source: string;
  private readonly epoch: number;
  private readonly rowsMax: number;

  constructor(options: { store: KpiStore; source: string; epoch: number; labelPartitions: number; rowsMax: number }) {
    this.store = options.store;
    this.source = options.source;
    this.epoch = options.epoch;
    this.rowsMax = options.rowsMax;
    this.entries = new SliceEntries(options.labelPartitions);
  }

  /** Loads this source's latest rows of the definitions in force. */
  async restore(plan: WorkflowPlan): Promise<void> {
    this.entries.clear();
    this.changes.clear();
    this.leftUpToMs.clear();
    this.use(plan);
    for (const { definition } of plan.plans) await this.read(definition);
    // Of these not every definition's row may have come, and what is in memory is not looked for again.
    this.entries.remove(({ group: { id }, sliceStartMs }) => sliceStartMs <= (this.leftUpToMs.get(id) ?? -Infinity));
    this.evict();
  }

  /** Goes on with the groups of a plan that follows from the one before. */
  use({ slices }: WorkflowPlan): void {
    this.places = new Map();
    for (const group of slices) {
      group.members.forEach(({ definition }, member) => {
        if (group.inForce[member]) this.places.set(definition.hash, { group, member });
      });
    }
  }

  private async read(definition: Definition): Promise<void> {
    const place = this.places.get(definition.hash)!;
    const latestMax = Math.min(RESTORED_ROWS_MAX, this.rowsMax);
    const rows = await this.store.slices({ definition: definition.hash, source: this.source, latestMax });
    let earliestMs = Infinity;
    for (const row of rows) {
      this.take(place, row);
      earliestMs = Math.min(earliestMs, row.sliceStartMs);
    }
    // The store may have more, also of this slice.
    if (rows.length === latestMax) this.left(place.group, earliestMs);
  }

  /** Loads what the deltas of these records go to, of what is in the store and not in memory; it stays until `endBatch`. */
  async load(records: readonly { readonly deltas: readonly Delta[] }[]): Promise<void> {
    const missing = new Map<number, Missing>();
    for (const { deltas } of records) for (const delta of deltas) this.look(delta, missing);
    for (const { group, labels, fromMs, toMs } of missing.values()) {
      for (const [member, { definition }] of group.members.entries()) {
        if (!group.inForce[member]) continue;
        const query = { definition: definition.hash, source: this.source, labels: [...labels], fromMs, toMs };
        for (const row of await this.store.slices(query)) this.entries.pin(this.take({ group, member }, row));
      }
    }
  }

  /** Keeps what a delta goes to; what may only be in the store becomes missing. */
  private look(delta: Delta, missing: Map<number, Missing>): void {
    const { group, labels } = delta;
    for (const startMs of sliceStartsOf(delta)) {
      const entry = this.entries.find(group, labels, startMs);
      if (entry !== undefined) this.entries.pin(entry);
      else if (startMs <= (this.leftUpToMs.get(group.id) ?? -Infinity)) note(missing, group, labels, startMs);
    }
  }

  /** The batch was applied. */
  endBatch(): void {
    this.entries.unpin();
  }

  /** Another record is applied from here on. */
  nextRecord(): void {
    this.turn++;
  }

  /** Takes a row of the store, unless memory has a newer one. */
  private take({ group, member }: Place, row: SliceRow): SliceEntry {
    const entry = this.entries.at(group, row.labels, row.sliceStartMs, row.labelPartition);
    const offset = offsetOf(row.version);
    if (entry.offsets[member]! >= offset) return entry;
    entry.states[member] = decodeState(group.members[member]!.definition.aggregate, row.state);
    entry.importIds[member] = row.importId;
    entry.offsets[member] = offset;
    entry.ackedOffset = Math.max(entry.ackedOffset, offset);
    entry.rows = null;
    return entry;
  }

  /**
   * Applies one delta of the record in hand, which is at `offset`. A row that already contains the record stays as it is
   * but goes out again. `isFor`: whether it is one to a definition in force; null: to all. Gives the rows whose extreme
   * must be rebuilt.
   */
  apply(
    delta: Delta,
    offset: number,
    importId: string | null,
    isFor: ((definition: Definition) => boolean) | null = null,
  ): readonly SliceKey[] {
    const { group, labels, amount, part, sign, place, atMs } = delta;
    const inForce =
      isFor === null ? group.inForce : group.inForce.map((is, i) => is && isFor(group.members[i]!.definition));
    if (isFor !== null && !inForce.includes(true)) return NOTHING_BROKEN;
    let broken: SliceKey[] | null = null;
    for (const sliceStartMs of sliceStartsOf(delta)) {
      const entry = this.entries.at(group, labels, sliceStartMs);
      this.turnTo(entry, offset);
      this.changes.mark(entry);
      for (let i = 0; i < group.members.length; i++) {
        if (!inForce[i] || entry.containing?.[i] === true) continue;
        entry.offsets[i] = offset;
        if (importId !== null) entry.importIds[i] = importId;
        entry.rows = null;
        if (!contribute(entry.states[i]!, amount, part, sign, place, atMs))
          (broken ??= []).push({ definition: group.members[i]!.definition, labels, sliceStartMs });
      }
    }
    return broken ?? NOTHING_BROKEN;
  }

  /** Adds to one definition each what cases contribute to it, all of the record at `offset`. Gives what must be rebuilt. */
  async add(additions: readonly Addition[], offset: number): Promise<readonly SliceKey[]> {
    const placed = additions.map(({ definition, delta }) => {
      const { group } = this.places.get(definition.hash)!;
      return { definition, delta: { ...delta, group } };
    });
    await this.load([{ deltas: placed.map(({ delta }) => delta) }]);
    this.nextRecord();
    const broken: SliceKey[] = [];
    for (const { definition, delta } of placed)
      broken.push(...this.apply(delta, offset, null, ({ hash }) => hash === definition.hash));
    this.endBatch();
    return broken;
  }

  /** Several deltas of one record may meet in one row: only what the row held before the record counts. */
  private turnTo(entry: SliceEntry, offset: number): void {
    entry.used = true;
    if (entry.turn === this.turn) return;
    entry.turn = this.turn;
    let containing: boolean[] | null = null;
    for (let i = 0; i < entry.offsets.length; i++) {
      if (!this.contains(entry, i, offset)) continue;
      containing ??= entry.offsets.map(() => false);
      containing[i] = true;
    }
    entry.containing = containing;
  }

  private contains(entry: SliceEntry, member: number, offset: number): boolean {
    return entry.offsets[member]! >= offset;
  }

  /** Replaces a row's state (rebuilt from the archive, or computed for a new definition) as of `offset`. */
  replace({ definition, labels, sliceStartMs }: SliceKey, state: AggregateState, offset: number): void {
    const { group, member } = this.places.get(definition.hash)!;
    const entry = this.entries.at(group, labels, sliceStartMs);
    this.changes.mark(entry);
    if (entry.offsets[member]! > offset) return;
    entry.states[member] = state;
    entry.offsets[member] = offset;
    entry.rows = null;
  }

  /** The rows of an entry as they stand now. Of a definition that is out of force only one that waited when it went. */
  rows(entry: SliceEntry): readonly SliceRow[] {
    entry.rows ??= entry.group.members.flatMap((_, i) => {
      const goesOut = this.isInForce(entry, i) || entry.waitedAtChange;
      return goesOut && entry.offsets[i]! >= 0 ? [this.row(entry, i)] : [];
    });
    return entry.rows;
  }

  private row(entry: SliceEntry, member: number): SliceRow {
    const state = entry.states[member]!;
    return {
      definition: entry.group.members[member]!.definition.hash,
      labels: entry.labels,
      labelPartition: entry.labelPartition,
      sliceStartMs: entry.sliceStartMs,
      source: this.source,
      samples: state.n,
      state: encodeState(state),
      importId: entry.importIds[member]!,
      version: versionOf(this.epoch, entry.offsets[member]!),
    };
  }

  /** The entries that were handed out for the store are in it: some may leave memory now. */
  acknowledge(): void {
    this.changes.acknowledge();
    this.evict();
  }

  /** Rows leave only when their current version is acknowledged and published, first those that were not used of late. */
  evict(rowsMax = this.rowsMax): void {
    this.entries.evict(rowsMax, ({ group, sliceStartMs }) => this.left(group, sliceStartMs));
  }

  /** Rows of this slice start may be in the store only. */
  private left({ id }: SliceGroup, sliceStartMs: number): void {
    this.leftUpToMs.set(id, Math.max(this.leftUpToMs.get(id) ?? -Infinity, sliceStartMs));
  }

  /** Other definitions are in force. Rows of which none is are dropped; what waits for log or store goes there first. */
  forget(): void {
    for (const entry of this.entries.all()) if (waits(entry)) entry.waitedAtChange = true;
    this.entries.remove((entry) => !waits(entry) && !entry.group.members.some((_, i) => this.isInForce(entry, i)));
  }

  private isInForce({ group }: SliceEntry, member: number): boolean {
    return this.places.get(group.members[member]!.definition.hash)?.group.id === group.id;
  }

  /**
   * Starts definitions as of the record at `offset`: their rows become what the archive below it gives. Rows of an
   * earlier time in force that it no longer gives become empty, but for those that a cut has frozen.
   */
  async start(
    definitions: readonly Definition[],
    computed: readonly { readonly key: SliceKey; readonly state: AggregateState }[],
    offset: number,
    cut: CutTimes | null,
  ): Promise<void> {
    const before = new Map<string, SliceKey>();
    for (const definition of definitions) {
      const query = { definition: definition.hash, source: this.source };
      for (const row of await this.store.slices(query)) {
        this.entries.pin(this.take(this.places.get(definition.hash)!, row));
        before.set(nameOf({ ...row, definition }), { ...row, definition });
      }
    }
    // Those of an earlier time that the store may still lack.
    const hashes = new Set(definitions.map(({ hash }) => hash));
    for (const { group, labels, sliceStartMs, offsets } of this.entries.all()) {
      for (const [i, { definition }] of group.members.entries()) {
        const key = { definition, labels, sliceStartMs };
        if (hashes.has(definition.hash) && offsets[i]! >= 0) before.set(nameOf(key), key);
      }
    }
    for (const { key, state } of computed) {
      before.delete(nameOf(key));
      this.replace(key, state, offset);
    }
    for (const key of before.values()) {
      const { group } = this.places.get(key.definition.hash)!;
      const stays = cut !== null && mayFreeze(group) && key.sliceStartMs < cut.frozenMs;
      if (!stays) this.replace(key, emptyState(key.definition.aggregate), offset);
    }
  }

  get size(): number {
    return this.entries.size;
  }
}

function nameOf({ definition, labels, sliceStartMs }: SliceKey): string {
  return `${definition.hash} ${sliceStartMs} ${labels}`;
}

function note(missing: Map<number, Missing>, group: SliceGroup, labels: string, startMs: number): void {
  let one = missing.get(group.id);
  if (one === undefined)
    missing.set(group.id, (one = { group, labels: new Set(), fromMs: startMs, toMs: startMs + 1 }));
  one.labels.add(labels);
  one.fromMs = Math.min(one.fromMs, startMs);
  one.toMs = Math.max(one.toMs, startMs + 1);
}
