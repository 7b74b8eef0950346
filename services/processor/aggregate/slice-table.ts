import {
  type AggregateState,
  contribute,
  decodeState,
  emptyState,
  encodeState,
} from '../../shared/core/aggregate-state.ts';
import type { Delta } from '../../shared/core/case-state.ts';
import { type Definition, LEVEL_TOTAL_MS } from '../../shared/core/definition.ts';
import { partitionOf } from '../../shared/core/partition.ts';
import { offsetOf, versionOf } from '../../shared/core/version.ts';
import { sliceStart } from '../../shared/core/window.ts';
import type { KpiStore, SliceRow } from '../../shared/ports/kpi-store.ts';

/** Rows of a workflow kept in memory by one process; above it the least recently used acknowledged ones leave. */
export const SLICE_ROWS_MAX = 800_000;

/** One row of [slices] and `slices`: a series' slice, as this source partition contributes to it. */
interface Entry {
  readonly definition: Definition;
  readonly labels: string;
  readonly labelPartition: number;
  readonly sliceStartMs: number;
  state: AggregateState;
  importId: string | null;
  /** Offset of the last record applied; -1: none. */
  offset: number;
  ackedOffset: number;
  /** The row as it goes out, made once per change. */
  row: SliceRow | null;
}

/** What a delta touches: one row, for levels also the total row. */
export interface RowKey {
  readonly key: string;
  readonly definition: Definition;
  readonly labels: string;
  readonly sliceStartMs: number;
}

/** The rows that a delta goes to. */
export function rowKeysOf({ plan, timeMs, labels }: Delta): RowKey[] {
  const { definition } = plan;
  const startMs = sliceStart(definition.window, timeMs);
  const starts = definition.aggregate.kind === 'level' ? [startMs, LEVEL_TOTAL_MS] : [startMs];
  return starts.map((sliceStartMs) => ({
    key: `${definition.hash} ${sliceStartMs} ${labels}`,
    definition,
    labels,
    sliceStartMs,
  }));
}

/** The slice rows of one source partition, those in memory of those in the store. */
export class SliceTable {
  /** Changed since the last publish, in the order of their change. */
  readonly toPublish = new Set<string>();
  /** Changed since the last store. */
  readonly toStore = new Set<string>();
  /** Rows handed out whose append is not known to have succeeded, with how often: they may have to go out again. */
  private readonly publishing = new Map<string, number>();
  /** Rows of the batch in hand: loaded, not yet applied. */
  private pinned: readonly RowKey[] = [];
  private readonly rows = new Map<string, Entry>();
  /** Nothing was ever left out: a key that is not in memory does not exist. */
  private complete = true;
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
    this.rows.clear();
    this.toPublish.clear();
    this.toStore.clear();
    this.publishing.clear();
    this.pinned = [];
    this.complete = true;
    for (const definition of definitions) {
      for (const row of await this.store.slices({ definition: definition.hash, source: this.source }))
        this.take(definition, row);
    }
    this.evict();
  }

  /** Loads what of these keys is in the store and not in memory; they stay until `unpin`. */
  async load(keys: readonly RowKey[]): Promise<void> {
    this.pinned = keys;
    if (this.complete) return;
    const missing = new Map<string, { definition: Definition; labels: Set<string>; fromMs: number; toMs: number }>();
    for (const { key, definition, labels, sliceStartMs } of keys) {
      if (this.rows.has(key)) continue;
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
      for (const row of await this.store.slices(query)) this.take(definition, row);
    }
  }

  /** The batch was applied. */
  unpin(): void {
    this.pinned = [];
  }

  private take(definition: Definition, row: SliceRow): void {
    const key = `${row.definition} ${row.sliceStartMs} ${row.labels}`;
    if (this.rows.has(key)) return;
    const offset = offsetOf(row.version);
    this.rows.set(key, {
      definition,
      labels: row.labels,
      labelPartition: row.labelPartition,
      sliceStartMs: row.sliceStartMs,
      state: decodeState(definition.aggregate, row.state),
      importId: row.importId,
      offset,
      ackedOffset: offset,
      row,
    });
  }

  /**
   * Applies one delta of the record at `offset` to one row. A row that already contains the record stays as it is but
   * goes out again. Gives the row's key when an extreme must be rebuilt.
   */
  apply(at: RowKey, delta: Delta, offset: number, importId: string | null, touched: string[]): boolean {
    const entry = this.rows.get(at.key) ?? this.create(at);
    this.toPublish.add(at.key);
    this.toStore.add(at.key);
    // Several deltas of one record may meet in one row: only what the row held before the record counts.
    if (entry.offset >= offset && !touched.includes(at.key)) return true;
    touched.push(at.key);
    entry.offset = offset;
    entry.importId = importId ?? entry.importId;
    entry.row = null;
    return contribute(entry.state, delta.amount, delta.part, delta.sign);
  }

  private create({ key, definition, labels, sliceStartMs }: RowKey): Entry {
    const entry: Entry = {
      definition,
      labels,
      labelPartition: partitionOf(labels, this.labelPartitions),
      sliceStartMs,
      state: emptyState(definition.aggregate),
      importId: null,
      offset: -1,
      ackedOffset: -1,
      row: null,
    };
    this.rows.set(key, entry);
    return entry;
  }

  /** Replaces a row's state (rebuilt from the archive, or computed for a new definition) as of `offset`. */
  replace(at: RowKey, state: AggregateState, offset: number): void {
    const entry = this.rows.get(at.key) ?? this.create(at);
    this.toPublish.add(at.key);
    this.toStore.add(at.key);
    if (entry.offset > offset) return;
    entry.state = state;
    entry.offset = offset;
    entry.row = null;
  }

  /** The row as it stands now. */
  row(key: string): SliceRow {
    const entry = this.rows.get(key)!;
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

  /** Hands out the rows to publish; each stays until `published` or `unpublish`. */
  takeToPublish(): string[] {
    const keys = [...this.toPublish];
    this.toPublish.clear();
    for (const key of keys) this.publishing.set(key, (this.publishing.get(key) ?? 0) + 1);
    return keys;
  }

  /** The append succeeded, or it failed and the rows go out again. */
  endPublish(keys: readonly string[], succeeded: boolean): void {
    for (const key of keys) {
      const left = (this.publishing.get(key) ?? 1) - 1;
      if (left === 0) this.publishing.delete(key);
      else this.publishing.set(key, left);
      if (!succeeded) this.toPublish.add(key);
    }
  }

  /** These rows are in the store at these versions. */
  acknowledge(rows: readonly SliceRow[]): void {
    for (const row of rows) {
      const entry = this.rows.get(`${row.definition} ${row.sliceStartMs} ${row.labels}`);
      if (entry === undefined) continue;
      entry.ackedOffset = Math.max(entry.ackedOffset, offsetOf(row.version));
      // Back of the line: the map's order is that of last use.
      this.rows.delete(`${row.definition} ${row.sliceStartMs} ${row.labels}`);
      this.rows.set(`${row.definition} ${row.sliceStartMs} ${row.labels}`, entry);
    }
    this.evict();
  }

  /** The store failed, or may have: these rows are stored again. One that left since was acknowledged before. */
  storeAgain(rows: readonly SliceRow[]): void {
    for (const row of rows) {
      const key = `${row.definition} ${row.sliceStartMs} ${row.labels}`;
      if (this.rows.has(key)) this.toStore.add(key);
    }
  }

  /** Rows leave only when their current version is acknowledged and published. */
  evict(rowsMax = this.rowsMax): void {
    if (this.rows.size <= rowsMax) return;
    const pinned = new Set(this.pinned.map(({ key }) => key));
    for (const [key, entry] of this.rows) {
      if (this.rows.size <= rowsMax) break;
      if (pinned.has(key) || this.waits(key, entry)) continue;
      this.rows.delete(key);
      this.complete = false;
    }
  }

  /** Whether log or store do not certainly have the row as it stands. */
  private waits(key: string, entry: Entry): boolean {
    if (this.publishing.has(key) || this.toPublish.has(key) || this.toStore.has(key)) return true;
    return entry.ackedOffset < entry.offset;
  }

  /** Drops rows of definitions that are not in force any more. Those that wait for log or store leave later. */
  forget(inForce: ReadonlySet<string>): void {
    for (const [key, entry] of this.rows) {
      if (!inForce.has(entry.definition.hash) && !this.waits(key, entry)) this.rows.delete(key);
    }
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
    }
    const given = new Set(computed.map(({ key }) => key.key));
    const hashes = new Set(definitions.map(({ hash }) => hash));
    for (const { key, state } of computed) this.replace(key, state, offset);
    for (const [key, { definition, labels, sliceStartMs }] of this.rows) {
      if (!hashes.has(definition.hash) || given.has(key)) continue;
      this.replace({ key, definition, labels, sliceStartMs }, emptyState(definition.aggregate), offset);
    }
  }

  get size(): number {
    return this.rows.size;
  }
}
