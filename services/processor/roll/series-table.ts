import { BloomFilter } from '../../shared/core/bloom-filter.ts';
import type { Definition } from '../../shared/core/definition.ts';
import type { SliceRow, ValueRow } from '../../shared/ports/kpi-rows.ts';
import type { KpiStore } from '../../shared/ports/kpi-store.ts';
import { Series } from './series.ts';
import { activeFromMs, isWhole, reachMs } from './series-range.ts';

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
  private readonly watermarkOf: (definition: Definition) => number | null;
  private readonly slicesMax: number;

  constructor(options: {
    store: KpiStore;
    partition: number;
    storedOf: (source: string) => bigint;
    watermarkOf: (definition: Definition) => number | null;
    slicesMax: number;
  }) {
    this.store = options.store;
    this.partition = options.partition;
    this.storedOf = options.storedOf;
    this.watermarkOf = options.watermarkOf;
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

  private activeFromMs(definition: Definition): number {
    return activeFromMs(definition, this.watermarkOf(definition));
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
   * Loads what is in the store and not in memory: series that are not there, slices first, then values, from where they
   * are wanted or may still change on; of the others slices that are closed, or before what is in memory. `wanted`: slice
   * starts by labels, at least one each.
   */
  async load(definition: Definition, wanted: ReadonlyMap<string, readonly number[]>): Promise<void> {
    this.turn++;
    let lowestMs = isWhole(definition) ? -Infinity : this.activeFromMs(definition);
    const missing: string[] = [];
    const shallow: Series[] = [];
    const closed: Closed[] = [];
    for (const [each, starts] of wanted) {
      const known = this.peek(definition, each);
      const firstMs = lowestOf(starts);
      if (known === undefined) {
        const filter = this.stored.get(definition.hash) ?? (await this.readStored(definition));
        if (filter.mayHave(each)) missing.push(each);
        else this.start(definition, each, filter);
        lowestMs = Math.min(lowestMs, firstMs);
        continue;
      }
      known.usedIn = this.turn;
      if (firstMs < known.floorMs) {
        shallow.push(known);
        lowestMs = Math.min(lowestMs, firstMs);
      }
      for (const startMs of starts) if (known.isClosed(startMs)) closed.push({ series: known, startMs });
    }
    for (const labels of chunks(missing)) await this.read(definition, labels, lowestMs);
    for (const some of chunks(shallow)) await this.deepen(definition, some, lowestMs);
    await this.reopen(definition, closed);
  }

  /** Brings in series from a slice start on. */
  private async read(definition: Definition, labels: readonly string[], floorMs: number): Promise<void> {
    const { slices, values } = await this.rowsFrom(definition, floorMs, { labels });
    for (const each of labels) this.get(definition, each).floorMs = floorMs;
    for (const row of slices) this.get(definition, row.labels).merge(row);
    for (const row of values) this.get(definition, row.labels).keep(row);
  }

  /** Brings in what series lack from a slice start on. */
  private async deepen(definition: Definition, series: readonly Series[], floorMs: number): Promise<void> {
    const highestMs = series.reduce((highest, each) => Math.max(highest, each.floorMs), floorMs);
    const labels = series.map((each) => each.labels);
    const rows = await this.rowsFrom(definition, floorMs, { labels }, highestMs);
    const slices = byLabels(rows.slices);
    const values = byLabels(rows.values);
    for (const each of series)
      each.deepen(Math.min(floorMs, each.floorMs), slices.get(each.labels) ?? [], values.get(each.labels) ?? []);
  }

  /** The slices that windows from a slice start on reach, and their values, withdrawn ones too; up to a slice start, if said. */
  private async rowsFrom(
    definition: Definition,
    fromMs: number,
    some: { readonly labels?: readonly string[] },
    toMs = Infinity,
  ): Promise<{ readonly slices: readonly SliceRow[]; readonly values: readonly ValueRow[] }> {
    const query = { definition: definition.hash, labelPartition: this.partition, ...some };
    const reach = reachMs(definition);
    const slices = await this.store.slices({ ...query, ...between(fromMs - reach, toMs - reach) });
    // A window that ends where a slice starts does not hold it.
    const values = await this.store.values({ ...query, ...between(fromMs + 1, toMs + 1), withdrawn: true });
    return { slices, values };
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
  async loadActive(definition: Definition, openImports: ReadonlySet<string>): Promise<void> {
    const fromMs = this.activeFromMs(definition);
    const query = { definition: definition.hash, labelPartition: this.partition };
    if (!isWhole(definition)) await this.readActive(definition, fromMs);
    else if (fromMs !== Infinity)
      await this.loadOf(definition, await this.store.slices({ ...query, ...between(fromMs, Infinity) }));
    for (const importId of openImports) await this.loadOf(definition, await this.store.slices({ ...query, importId }));
  }

  /** Loads the series of these slices, and them. */
  private async loadOf(definition: Definition, rows: readonly SliceRow[]): Promise<void> {
    const starts = new Map<string, number[]>();
    for (const [labels, some] of byLabels(rows))
      starts.set(
        labels,
        some.map(({ sliceStartMs }) => sliceStartMs),
      );
    await this.load(definition, starts);
  }

  /** Brings in the series that have slices from `floorMs` on. */
  private async readActive(definition: Definition, floorMs: number): Promise<void> {
    const { slices, values } = await this.rowsFrom(definition, floorMs, {});
    for (const { labels, sliceStartMs } of slices)
      if (sliceStartMs >= floorMs) this.get(definition, labels).floorMs = floorMs;
    for (const row of slices) this.peek(definition, row.labels)?.merge(row);
    for (const row of values) this.peek(definition, row.labels)?.keep(row);
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

function byLabels<Row extends { readonly labels: string }>(rows: readonly Row[]): Map<string, Row[]> {
  const result = new Map<string, Row[]>();
  for (const row of rows) {
    const known = result.get(row.labels);
    if (known === undefined) result.set(row.labels, [row]);
    else known.push(row);
  }
  return result;
}

function lowestOf(starts: readonly number[]): number {
  let lowest = Infinity;
  for (const startMs of starts) if (startMs < lowest) lowest = startMs;
  return lowest;
}

/** What of [fromMs, toMs) is bounded, as a query takes it. */
function between(fromMs: number, toMs: number): { readonly fromMs?: number; readonly toMs?: number } {
  return { ...(fromMs === -Infinity ? {} : { fromMs }), ...(toMs === Infinity ? {} : { toMs }) };
}

function* chunks<T>(all: readonly T[]): Generator<readonly T[]> {
  for (let i = 0; i < all.length; i += LABELS_MAX) yield all.slice(i, i + LABELS_MAX);
}
