import { BloomFilter } from '../../shared/core/bloom-filter.ts';
import type { Definition } from '../../shared/core/definition.ts';
import type { SliceRow } from '../../shared/ports/kpi-rows.ts';
import type { KpiStore } from '../../shared/ports/kpi-store.ts';
import { Series } from './series.ts';

/** Slices kept in memory by one process; above it the least recently used stored series leave. */
export const SLICES_MAX = 2_000_000;
/** Slices of a series that are kept by source; above it those that are stored are kept as sums. */
export const OPEN_SLICES_MAX = 32;
/** How many label sets one query asks for. */
const LABELS_MAX = 1_000;
/** Label sets of the first stage of a filter: most definitions have few. */
const FILTER_CAPACITY_MIN = 1_000;

/** A slice of which only the sum is in memory. */
interface Closed {
  readonly series: Series;
  readonly startMs: number;
}

/** The series of one [slices] partition: those in memory of those in the store. */
export class SeriesTable {
  /** By hash of the definition and labels. */
  private readonly series = new Map<string, Map<string, Series>>();
  /** Counts the loads: what was used in the latest one leaves last. */
  private turn = 0;
  /** By hash of the definition: the label sets that have rows in the store, or will. Built when the first one is missing. */
  private readonly stored = new Map<string, BloomFilter>();
  private readonly store: KpiStore;
  private readonly partition: number;
  private readonly storedOf: (source: string) => bigint;
  private readonly slicesMax: number;

  constructor(options: {
    store: KpiStore;
    partition: number;
    storedOf: (source: string) => bigint;
    slicesMax: number;
  }) {
    this.store = options.store;
    this.partition = options.partition;
    this.storedOf = options.storedOf;
    this.slicesMax = options.slicesMax;
  }

  clear(): void {
    this.series.clear();
    this.stored.clear();
  }

  *all(): Generator<Series> {
    for (const byLabels of this.series.values()) yield* byLabels.values();
  }

  peek({ hash }: Definition, labels: string): Series | undefined {
    return this.series.get(hash)?.get(labels);
  }

  /** A series that `load` brought in. */
  get(definition: Definition, labels: string): Series {
    let byLabels = this.series.get(definition.hash);
    if (byLabels === undefined) this.series.set(definition.hash, (byLabels = new Map()));
    let series = byLabels.get(labels);
    if (series === undefined) byLabels.set(labels, (series = new Series(definition, labels)));
    series.usedIn = this.turn;
    return series;
  }

  /**
   * Loads what is in the store and not in memory: of series that are not there all of it, slices first, then values; of
   * the others the slices of these starts that are closed. `wanted`: slice starts by labels.
   */
  async load(definition: Definition, wanted: ReadonlyMap<string, readonly number[]>): Promise<void> {
    this.turn++;
    const missing: string[] = [];
    const closed: Closed[] = [];
    for (const [each, starts] of wanted) {
      const known = this.peek(definition, each);
      if (known !== undefined) {
        known.usedIn = this.turn;
        for (const startMs of starts) if (known.isClosed(startMs)) closed.push({ series: known, startMs });
        continue;
      }
      const filter = this.stored.get(definition.hash) ?? (await this.readStored(definition));
      if (filter.mayHave(each)) missing.push(each);
      else this.start(definition, each, filter);
    }
    for (let i = 0; i < missing.length; i += LABELS_MAX) {
      const chunk = missing.slice(i, i + LABELS_MAX);
      const query = { definition: definition.hash, labelPartition: this.partition, labels: chunk };
      const [slices, values] = [await this.store.slices(query), await this.store.values({ ...query, withdrawn: true })];
      for (const each of chunk) this.get(definition, each);
      for (const row of slices) this.get(definition, row.labels).merge(row);
      for (const row of values) this.get(definition, row.labels).keep(row);
    }
    await this.reopen(definition, closed);
  }

  /** Gives closed slices their parts back. What the store has no row of, somebody removed there: it begins anew. */
  private async reopen(definition: Definition, closed: readonly Closed[]): Promise<void> {
    if (closed.length === 0) return;
    const range = { fromMs: Infinity, toMs: -Infinity };
    for (const { startMs } of closed) {
      range.fromMs = Math.min(range.fromMs, startMs);
      range.toMs = Math.max(range.toMs, startMs + 1);
    }
    const labels = [...new Set(closed.map(({ series }) => series.labels))];
    const query = { definition: definition.hash, labelPartition: this.partition, labels, ...range };
    const found = new Map<string, SliceRow[]>();
    for (const row of await this.store.slices(query)) {
      const name = `${row.sliceStartMs} ${row.labels}`;
      const rows = found.get(name);
      if (rows === undefined) found.set(name, [row]);
      else rows.push(row);
    }
    for (const { series, startMs } of closed)
      if (series.isClosed(startMs)) series.reopen(startMs, found.get(`${startMs} ${series.labels}`) ?? []);
  }

  /** A series that is new: it will have rows. */
  private start(definition: Definition, labels: string, filter: BloomFilter): void {
    this.get(definition, labels);
    filter.add(labels);
  }

  /** The label sets that have rows. What is stored while they are read was published before: its series comes up here. */
  private async readStored({ hash }: Definition): Promise<BloomFilter> {
    const filter = new BloomFilter(FILTER_CAPACITY_MIN);
    for await (const sets of this.store.labelSets(hash, this.partition)) for (const labels of sets) filter.add(labels);
    this.stored.set(hash, filter);
    return filter;
  }

  /** Loads the series that time alone will change, or that an open import touched. */
  async loadActive(
    definition: Definition,
    watermarkMs: number | null,
    openImports: ReadonlySet<string>,
  ): Promise<void> {
    const { window, hash } = definition;
    const spanMs = window.kind === 'rolling' ? window.sizeMs + window.everyMs : window.kind === 'tumbling' ? 0 : 0;
    const labels = new Map<string, number[]>();
    const query = { definition: hash, labelPartition: this.partition };
    const fromMs =
      watermarkMs === null ? undefined : watermarkMs - spanMs - definition.settleMs - longestUnitMs(definition);
    for (const row of await this.store.slices(fromMs === undefined ? query : { ...query, fromMs }))
      labels.set(row.labels, []);
    for (const importId of openImports)
      for (const row of await this.store.slices({ ...query, importId })) labels.set(row.labels, []);
    await this.load(definition, labels);
  }

  /** Series leave only when the store can give every part of them back, and nothing of them waits. */
  evict(slicesMax = this.slicesMax): void {
    let slices = this.slices;
    if (slices <= slicesMax) return;
    for (const series of [...this.all()].sort((a, b) => a.usedIn - b.usedIn)) {
      if (slices <= slicesMax) break;
      if (series.unstoredEnds.size > 0) continue;
      if (series.dirty.size > 0 || series.pendingEnds.size > 0 || !series.storedBelow(this.storedOf)) continue;
      slices -= series.sliceCount;
      this.series.get(series.definition.hash)!.delete(series.labels);
    }
  }

  get size(): number {
    let sum = 0;
    for (const byLabels of this.series.values()) sum += byLabels.size;
    return sum;
  }

  get slices(): number {
    let sum = 0;
    for (const series of this.all()) sum += series.sliceCount;
    return sum;
  }
}

/** An upper bound of a slice's length. */
function longestUnitMs({ window }: Definition): number {
  if (window.kind === 'tumbling') return 366 * 86_400_000;
  return window.kind === 'total' ? 0 : window.everyMs;
}
