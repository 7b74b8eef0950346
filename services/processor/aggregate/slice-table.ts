import {
  type AggregateState,
  contribute,
  decodeState,
  emptyState,
  encodeState,
} from '../../shared/core/aggregate-state.ts';
import type { Delta } from '../../shared/core/case-state.ts';
import type { Definition } from '../../shared/core/definition.ts';
import { partitionOf } from '../../shared/core/partition.ts';
import { offsetOf, versionOf } from '../../shared/core/version.ts';
import type { SliceRow } from '../../shared/ports/kpi-rows.ts';
import type { KpiStore } from '../../shared/ports/kpi-store.ts';
import { type RowKey, rowKey, type SliceEntry } from './slice-entry.ts';

/** Rows of a workflow kept in memory by one process; above it acknowledged ones that were not used of late leave. */
export const SLICE_ROWS_MAX = 800_000;
/** Label sets whose partition is kept. */
const PARTITIONS_KEPT_MAX = 10_000;

/** The slice rows of one source partition, those in memory of those in the store. */
export class SliceTable {
  /** Changed since the last publish, in the order of their change. */
  private toPublish: SliceEntry[] = [];
  /** Changed since the last store. */
  private toStore: SliceEntry[] = [];
  /** Handed out for the store, with the offset of each that it will have then. */
  private storing: { readonly entry: SliceEntry; readonly offset: number }[] = [];
  private readonly rows = new Map<string, SliceEntry>();
  /** By hash of the definition: no row of a later slice start has ever left, so that one not in memory does not exist. */
  private readonly leftUpToMs = new Map<string, number>();
  /** Partitions of label sets: a series has many slices. */
  private readonly partitions = new Map<string, number>();
  /** Count records and batches. */
  private turn = 0;
  private batch = 0;
  private readonly store: KpiStore;
  private readonly source: string;
  private readonly epoch: number;
  private readonly labelPartitions: number;
  private readonly rowsMax: number;

  constructor(options: { store: KpiStore; source: string; epoch: number; labelPartitions: number; rowsMax: number }) {
    this.store = options.store;
    this.source = options.source;
    this.epoch = options.epoch;
    this.labelPartitions = options.labelPartitions;
    this.rowsMax = options.rowsMax;
  }

  /** Loads this source's rows of the definitions, as many as memory may hold. */
  async restore(definitions: readonly Definition[]): Promise<void> {
    for (const entry of this.rows.values()) entry.left = true;
    this.rows.clear();
    this.toPublish = [];
    this.toStore = [];
    this.storing = [];
    this.leftUpToMs.clear();
    this.unpin();
    for (const definition of definitions) {
      for (const row of await this.store.slices({ definition: definition.hash, source: this.source }))
        this.take(definition, row);
    }
    this.evict();
  }

  /** Loads what of these keys is in the store and not in memory; they stay until `unpin`. */
  async load(keys: Iterable<RowKey>): Promise<void> {
    const missing = new Map<string, { definition: Definition; labels: Set<string>; fromMs: number; toMs: number }>();
    for (const at of keys) {
      const known = this.find(at);
      if (known !== undefined) known.pin = this.batch;
      const { definition, labels, sliceStartMs } = at;
      if (known !== undefined || !this.mayBeStored(at)) continue;
      const entry = missing.get(definition.hash) ?? {
        definition,
        labels: new Set(),
        fromMs: sliceStartMs,
        toMs: sliceStartMs + 1,
      };
      entry.labels.add(labels);
      entry.fromMs = Math.min(entry.fromMs, sliceStartMs);
      entry.toMs = Math.max(entry.toMs, sliceStartMs + 1);
      missing.set(definition.hash, entry);
    }
    for (const { definition, labels, fromMs, toMs } of missing.values()) {
      const query = { definition: definition.hash, source: this.source, labels: [...labels], fromMs, toMs };
      for (const row of await this.store.slices(query)) this.take(definition, row).pin = this.batch;
    }
  }

  private mayBeStored({ definition, sliceStartMs }: RowKey): boolean {
    return sliceStartMs <= (this.leftUpToMs.get(definition.hash) ?? -Infinity);
  }

  /** The batch was applied. */
  unpin(): void {
    this.batch++;
  }

  /** Another record is applied from here on. */
  nextRecord(): void {
    this.turn++;
  }

  private find(at: RowKey): SliceEntry | undefined {
    if (at.entry !== null && !at.entry.left) return at.entry;
    const entry = this.rows.get(at.key);
    at.entry = entry ?? null;
    return entry;
  }

  private take(definition: Definition, row: SliceRow): SliceEntry {
    const at = rowKey(definition, row.sliceStartMs, row.labels);
    const known = this.rows.get(at.key);
    if (known !== undefined) return known;
    const entry = this.create(at, row.labelPartition);
    entry.state = decodeState(definition.aggregate, row.state);
    entry.importId = row.importId;
    entry.offset = entry.ackedOffset = offsetOf(row.version);
    entry.row = row;
    return entry;
  }

  /**
   * Applies one delta of the record in hand, which is at `offset`, to one row. A row that already contains the record
   * stays as it is but goes out again. False when an extreme must be rebuilt.
   */
  apply(at: RowKey, delta: Delta, offset: number, importId: string | null): boolean {
    const entry = this.find(at) ?? this.create(at);
    entry.used = true;
    this.mark(entry);
    if (this.contains(entry, offset)) return true;
    entry.turn = this.turn;
    entry.offset = offset;
    entry.importId = importId ?? entry.importId;
    entry.row = null;
    return contribute(entry.state, delta.amount, delta.part, delta.sign);
  }

  /** Several deltas of one record may meet in one row: only what the row held before the record counts. */
  private contains(entry: SliceEntry, offset: number): boolean {
    return entry.offset >= offset && entry.turn !== this.turn;
  }

  private mark(entry: SliceEntry): void {
    if (!entry.toPublish) {
      entry.toPublish = true;
      this.toPublish.push(entry);
    }
    if (!entry.toStore) {
      entry.toStore = true;
      this.toStore.push(entry);
    }
  }

  private partitionOf(labels: string): number {
    let partition = this.partitions.get(labels);
    if (partition === undefined) {
      if (this.partitions.size >= PARTITIONS_KEPT_MAX) this.partitions.clear();
      this.partitions.set(labels, (partition = partitionOf(labels, this.labelPartitions)));
    }
    return partition;
  }

  private create(at: RowKey, labelPartition = this.partitionOf(at.labels)): SliceEntry {
    const { key, definition, labels, sliceStartMs } = at;
    const entry: SliceEntry = {
      key,
      definition,
      labels,
      labelPartition,
      sliceStartMs,
      state: emptyState(definition.aggregate),
      importId: null,
      offset: -1,
      ackedOffset: -1,
      row: null,
      toPublish: false,
      toStore: false,
      publishing: 0,
      turn: -1,
      pin: -1,
      used: false,
      left: false,
    };
    at.entry = entry;
    this.rows.set(key, entry);
    return entry;
  }

  /** Replaces a row's state (rebuilt from the archive, or computed for a new definition) as of `offset`. */
  replace(at: RowKey, state: AggregateState, offset: number): void {
    const entry = this.find(at) ?? this.create(at);
    this.mark(entry);
    if (entry.offset > offset) return;
    entry.state = state;
    entry.offset = offset;
    entry.row = null;
  }

  /** The row as it stands now. */
  row(entry: SliceEntry): SliceRow {
    entry.row ??= {
      definition: entry.definition.hash,
      labels: entry.labels,
      labelPartition: entry.labelPartition,
      sliceStartMs: entry.sliceStartMs,
      source: this.source,
      samples: entry.state.n,
      state: encodeState(entry.state),
      importId: entry.importId,
      version: versionOf(this.epoch, entry.offset),
    };
    return entry.row;
  }

  /** How many rows changed since the last publish, and since the last store. */
  get waiting(): { readonly toPublish: number; readonly toStore: number } {
    return { toPublish: this.toPublish.length, toStore: this.toStore.length };
  }

  /** Hands out the rows to publish; each stays until `endPublish`. */
  takeToPublish(): readonly SliceEntry[] {
    const entries = this.toPublish;
    this.toPublish = [];
    for (const entry of entries) {
      entry.toPublish = false;
      entry.publishing++;
    }
    return entries;
  }

  /** The append succeeded, or it failed and the rows go out again. */
  endPublish(entries: readonly SliceEntry[], succeeded: boolean): void {
    for (const entry of entries) {
      entry.publishing--;
      if (succeeded || entry.toPublish) continue;
      entry.toPublish = true;
      this.toPublish.push(entry);
    }
  }

  /** Hands out the rows to store; `acknowledge` or `storeAgain` follows before the next ones. */
  takeToStore(): SliceRow[] {
    this.storing = this.toStore.map((entry) => ({ entry, offset: entry.offset }));
    this.toStore = [];
    return this.storing.map(({ entry }) => {
      entry.toStore = false;
      return this.row(entry);
    });
  }

  /** The rows that were handed out are in the store. */
  acknowledge(): void {
    for (const { entry, offset } of this.storing) {
      if (offset > entry.ackedOffset) entry.ackedOffset = offset;
      // Most slices do not change again: the row would only take room. Whoever needs it makes it anew.
      if (!this.waits(entry)) entry.row = null;
    }
    this.storing = [];
    this.evict();
  }

  /** The store failed, or may have: the rows that were handed out are stored again. */
  storeAgain(): void {
    for (const { entry } of this.storing) {
      if (entry.toStore) continue;
      entry.toStore = true;
      this.toStore.push(entry);
    }
    this.storing = [];
  }

  /** Rows leave only when their current version is acknowledged and published, first those that were not used of late. */
  evict(rowsMax = this.rowsMax): void {
    if (this.rows.size <= rowsMax) return;
    for (const [key, entry] of this.rows) {
      if (this.rows.size <= rowsMax) break;
      if (entry.pin === this.batch || this.waits(entry)) continue;
      if (entry.used) {
        // Back of the line: it comes up again behind the others.
        entry.used = false;
        this.rows.delete(key);
        this.rows.set(key, entry);
      } else this.leave(entry);
    }
  }

  private leave(entry: SliceEntry): void {
    this.rows.delete(entry.key);
    entry.left = true;
    const { definition, sliceStartMs } = entry;
    const before = this.leftUpToMs.get(definition.hash) ?? -Infinity;
    this.leftUpToMs.set(definition.hash, Math.max(before, sliceStartMs));
  }

  /** Whether log or store do not certainly have the row as it stands. */
  private waits(entry: SliceEntry): boolean {
    return entry.publishing > 0 || entry.toPublish || entry.toStore || entry.ackedOffset < entry.offset;
  }

  /** Drops rows of definitions that are not in force any more. Those that wait for log or store leave later. */
  forget(inForce: ReadonlySet<string>): void {
    for (const entry of this.rows.values())
      if (!inForce.has(entry.definition.hash) && !this.waits(entry)) this.leave(entry);
  }

  /**
   * Starts definitions as of the record at `offset`: their rows become what the archive below it gives. Rows of an
   * earlier time in force that it no longer gives become empty.
   */
  async start(
    definitions: readonly Definition[],
    computed: readonly { readonly key: RowKey; readonly state: AggregateState }[],
    offset: number,
  ): Promise<void> {
    for (const definition of definitions) {
      for (const row of await this.store.slices({ definition: definition.hash, source: this.source }))
        this.take(definition, row);
      this.leftUpToMs.delete(definition.hash);
    }
    const given = new Set(computed.map(({ key }) => key.key));
    const hashes = new Set(definitions.map(({ hash }) => hash));
    for (const { key, state } of computed) this.replace(key, state, offset);
    for (const { key, definition, labels, sliceStartMs } of this.rows.values()) {
      if (!hashes.has(definition.hash) || given.has(key)) continue;
      this.replace(rowKey(definition, sliceStartMs, labels), emptyState(definition.aggregate), offset);
    }
  }

  get size(): number {
    return this.rows.size;
  }
}
