import { BloomFilter } from '../../shared/core/bytes/bloom-filter.ts';
import { decodeState, emptyState, mergeState } from '../../shared/core/aggregate/aggregate-state.ts';
import { goesOn, isMoving } from '../../shared/core/aggregate/moving.ts';
import { type Definition, LEVEL_TOTAL_MS } from '../../shared/core/definition.ts';
import { sliceStart } from '../../shared/core/window/window.ts';
import type { SliceRow, ValueRow } from '../../shared/ports/kpi-rows.ts';
import type { KpiStore } from '../../shared/ports/kpi-store.ts';
import { alignedMs, type DerivedGroup, groupActiveFromMs, groupReachMs } from './derived-groups.ts';
import { DerivedSeries } from './derived-series.ts';
import { Series } from './series.ts';
import type { PartsKnown } from './series-slices.ts';
import { activeFromMs, finalUpToMs, isWhole, reachMs } from './series-range.ts';

/** Slices and value rows kept in memory by one process, about 300 bytes each; above it the least recently used series leave. */
export const SLICES_MAX = 1_000_000;
/** Each time this part of the limit has come series forget what is final. */
const TRIM_PART = 0.1;
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

/** The series of one label set of a group, which come and go together. */
interface Together {
  /** From which time on they are in memory. */
  floorMs: number;
  readonly series: readonly Series[];
  readonly derived: readonly DerivedSeries[];
}

/** The series of one [slices] partition: those in memory of those in the store. */
export class SeriesTable {
  /** By hash of the definition and labels. */
  private readonly series = new Map<string, Map<string, Series>>();
  /** Counts the loads: what was used in the latest one leaves last. */
  private turn = 0;
  /** By hash of the definition: the label sets that have rows in the store, or will. Built when the first one is missing. */
  private readonly stored = new Map<string, BloomFilter>();
  /** By hash of a measured KPI below a derived one. */
  private readonly groups = new Map<string, DerivedGroup>();
  /** By group and labels. */
  private readonly together = new Map<DerivedGroup, Map<string, Together>>();
  private readonly store: KpiStore;
  private readonly partition: number;
  private readonly sources: PartsKnown;
  private readonly watermarkOf: (workflows: readonly string[]) => number | null;
  private readonly slicesMax: number;
  /** How much was left when series forgot what is final: they are asked again when it has grown. */
  private trimmedTo = 0;

  constructor(options: {
    store: KpiStore;
    partition: number;
    sources: PartsKnown;
    /** The lowest watermark of these workflows. */
    watermarkOf: (workflows: readonly string[]) => number | null;
    slicesMax: number;
  }) {
    this.store = options.store;
    this.partition = options.partition;
    this.sources = options.sources;
    this.watermarkOf = options.watermarkOf;
    this.slicesMax = options.slicesMax;
  }

  /** Forgets everything; `groups`: the KPIs that are computed from one another, of those in force now. */
  clear(groups: readonly DerivedGroup[]): void {
    this.series.clear();
    this.stored.clear();
    this.groups.clear();
    this.together.clear();
    this.trimmedTo = 0;
    for (const group of groups) {
      this.together.set(group, new Map());
      for (const { hash } of group.members) this.groups.set(hash, group);
    }
  }

  *all(): Generator<Series> {
    for (const byLabels of this.series.values()) yield* byLabels.values();
  }

  peek({ hash }: Definition, labels: string): Series | undefined {
    return this.series.get(hash)?.get(labels);
  }

  /** All series of derived KPIs. */
  *allDerived(): Generator<DerivedSeries> {
    for (const byLabels of this.together.values()) for (const { derived } of byLabels.values()) yield* derived;
  }

  peekDerived({ hash }: Definition, labels: string): DerivedSeries | undefined {
    for (const [group, byLabels] of this.together) {
      const at = group.derived.findIndex(({ definition }) => definition.hash === hash);
      if (at >= 0) return byLabels.get(labels)?.derived[at];
    }
    return undefined;
  }

  private activeFromMs(definition: Definition): number {
    const group = this.groups.get(definition.hash);
    if (group === undefined) return activeFromMs(definition, this.watermarkOf([definition.workflow]));
    const fromMs = groupActiveFromMs(group, this.watermarkOf(group.workflows));
    return definition.window.kind === 'total' || fromMs === -Infinity ? fromMs : sliceStart(definition.window, fromMs);
  }

  /** Whether all slices of a series are in memory, but only the rows of late. */
  private isShallow(definition: Definition): boolean {
    return isMoving(definition) && !this.groups.has(definition.hash);
  }

  private reachMs(definition: Definition): number {
    if (this.isShallow(definition)) return Infinity;
    const group = this.groups.get(definition.hash);
    return group === undefined ? reachMs(definition) : groupReachMs(group, definition);
  }

  /** A series that `load` brought in. */
  get(definition: Definition, labels: string): Series {
    let byLabels = this.series.get(definition.hash);
    if (byLabels === undefined) this.series.set(definition.hash, (byLabels = new Map()));
    let series = byLabels.get(labels);
    if (series === undefined) byLabels.set(labels, (series = new Series(definition, labels, this.reachMs(definition))));
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
    const group = this.groups.get(definition.hash);
    if (group !== undefined) await this.loadTogether(group, wanted);
    await this.loadEach(definition, wanted, this.activeFromMs(definition));
  }

  /**
   * Loads the series of a group: of the label sets that are not there all of them, and of those that are not there from
   * as early on what is missing.
   */
  async loadTogether(group: DerivedGroup, wanted: ReadonlyMap<string, readonly number[]>): Promise<void> {
    const known = this.together.get(group)!;
    const lacking: string[] = [];
    let floorMs = group.isWhole ? -Infinity : groupActiveFromMs(group, this.watermarkOf(group.workflows));
    for (const [labels, starts] of wanted) {
      const firstMs = lowestOf(starts);
      const floor = known.get(labels)?.floorMs ?? Infinity;
      if (floor === -Infinity || (known.has(labels) && firstMs >= floor)) continue;
      lacking.push(labels);
      floorMs = Math.min(floorMs, firstMs);
    }
    if (lacking.length === 0) return;
    for (const member of group.members) {
      const fromMs = alignedMs(member, floorMs);
      await this.loadEach(member, new Map(lacking.map((labels) => [labels, [fromMs]])), fromMs);
    }
    for (const labels of lacking) if (!known.has(labels)) known.set(labels, this.bringTogether(group, labels));
    for (const labels of chunks(lacking)) await this.loadDerived(group, labels, floorMs);
  }

  /** The series of a label set, which `loadEach` brought in, with what is computed from them. */
  private bringTogether({ members, derived }: DerivedGroup, labels: string): Together {
    const series = members.map((member) => this.get(member, labels));
    const computed = derived.map(({ definition, leaves }) => {
      const below = leaves.map((leaf) => ({ ...leaf, series: this.get(leaf.definition, labels) }));
      return new DerivedSeries(definition, labels, below);
    });
    for (const each of series)
      each.watchers = computed.filter(({ leaves }) => leaves.some((leaf) => leaf.series === each));
    return { floorMs: Infinity, series, derived: computed };
  }

  /** Brings in the values of derived series from a time on. */
  private async loadDerived(group: DerivedGroup, labels: readonly string[], floorMs: number): Promise<void> {
    const known = this.together.get(group)!;
    for (const [at, { definition }] of group.derived.entries()) {
      const filter = this.stored.get(definition.hash) ?? (await this.readStored(definition));
      const missing = labels.filter((each) => filter.mayHave(each));
      for (const each of labels) filter.add(each);
      const query = { definition: definition.hash, labelPartition: this.partition, labels: missing, withdrawn: true };
      const rows = missing.length === 0 ? [] : await this.store.values({ ...query, ...between(floorMs + 1, Infinity) });
      for (const row of rows) {
        const derived = known.get(row.labels)!.derived[at]!;
        if (row.windowEndMs <= derived.floorMs) derived.keep(row);
      }
    }
    for (const each of labels) {
      const together = known.get(each)!;
      together.floorMs = Math.min(together.floorMs, floorMs);
      for (const derived of together.derived) {
        derived.floorMs = together.floorMs;
        derived.fresh = true;
      }
    }
  }

  /** As `load`, of one KPI alone; at least from `lowestMs` on where anything of a series is missing. */
  private async loadEach(
    definition: Definition,
    wanted: ReadonlyMap<string, readonly number[]>,
    fromMs: number,
  ): Promise<void> {
    let lowestMs = isWhole(definition) && !this.isShallow(definition) ? -Infinity : fromMs;
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
    const reach = this.reachMs(definition);
    const isAll = reach === Infinity;
    // What is made of every change before it has all slices from the first time on.
    const slices =
      isAll && toMs !== Infinity
        ? []
        : await this.store.slices({ ...query, ...(isAll ? {} : between(fromMs - reach, toMs - reach)) });
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

  /** The label sets that one of these has rows of. */
  async labelSets(definitions: readonly Definition[]): Promise<Set<string>> {
    const all = new Set<string>();
    for (const { hash } of definitions)
      for await (const sets of this.store.labelSets(hash, this.partition)) for (const labels of sets) all.add(labels);
    return all;
  }

  /** A series that is new: it will have rows. */
  private start(definition: Definition, labels: string, filter: BloomFilter): void {
    this.get(definition, labels);
    filter.add(labels);
  }

  /** Reads the slices of a KPI's series in memory again: snapshots of them, and of other label sets, never came up here. */
  async readAgain(definition: Definition): Promise<void> {
    this.stored.delete(definition.hash);
    const known = [...(this.series.get(definition.hash)?.values() ?? [])];
    const reach = this.reachMs(definition);
    for (let at = 0; at < known.length; at += LABELS_MAX) {
      const some = known.slice(at, at + LABELS_MAX);
      const fromMs = lowestOf(some.map(({ floorMs }) => floorMs));
      const { slices } = await this.rowsFrom(definition, fromMs, { labels: some.map(({ labels }) => labels) });
      const rows = byLabels(slices);
      for (const series of some) {
        const own = (rows.get(series.labels) ?? []).filter((row) => row.sliceStartMs >= series.floorMs - reach);
        for (const startMs of new Set(own.map(({ sliceStartMs }) => sliceStartMs))) {
          const parts = own.filter((row) => row.sliceStartMs === startMs);
          if (series.isClosed(startMs)) series.reopen(startMs, parts);
          for (const part of parts) series.mergeSnapshot(part);
        }
      }
    }
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
    if (!isWhole(definition) && !this.groups.has(definition.hash)) await this.readActive(definition, fromMs);
    else if (fromMs !== Infinity)
      await this.loadOf(definition, await this.store.slices({ ...query, ...between(fromMs, Infinity) }));
    if (isMoving(definition)) await this.loadOf(definition, await this.goingOn(definition));
    for (const importId of openImports) await this.loadOf(definition, await this.store.slices({ ...query, importId }));
  }

  /** The total rows of the levels that time alone moves. */
  private async goingOn({ hash, aggregate }: Definition): Promise<readonly SliceRow[]> {
    const total = { fromMs: LEVEL_TOTAL_MS, toMs: LEVEL_TOTAL_MS + 1 };
    const rows = await this.store.slices({ definition: hash, labelPartition: this.partition, ...total });
    return [...byLabels(rows).values()].flatMap((parts) => {
      const state = emptyState(aggregate);
      for (const part of parts) mergeState(state, decodeState(aggregate, part.state));
      return goesOn(state) ? parts : [];
    });
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

  /**
   * Well below the limit series forget what time alone will not change any more. If that is not enough they leave, but only
   * when the store can give every part of them back, and nothing of them waits.
   */
  evict(slicesMax = this.slicesMax): void {
    let slices = this.slices;
    // What left since makes room that is not to be filled unseen.
    this.trimmedTo = Math.min(this.trimmedTo, slices);
    if (slices > this.trimmedTo + slicesMax * TRIM_PART) {
      this.trim();
      this.trimmedTo = slices = this.slices;
    }
    if (slices <= slicesMax) return;
    for (const series of [...this.all()].sort((a, b) => a.usedIn - b.usedIn)) {
      if (slices <= slicesMax) break;
      // It may have left with another one already.
      if (this.peek(series.definition, series.labels) !== series) continue;
      const group = this.groups.get(series.definition.hash);
      const together = group === undefined ? undefined : this.together.get(group)!.get(series.labels);
      const leaving = together?.series ?? [series];
      if (!leaving.every((each) => this.isAtRest(each))) continue;
      if (together?.derived.some(({ isAtRest }) => !isAtRest) === true) continue;
      for (const each of leaving) {
        slices -= each.weight;
        this.series.get(each.definition.hash)!.delete(each.labels);
      }
      if (group !== undefined) this.together.get(group)!.delete(series.labels);
    }
  }

  /** Forgets of each series the windows that are final, and the slices that no later one reaches. */
  private trim(): void {
    for (const series of this.all()) {
      if (this.groups.has(series.definition.hash)) continue;
      const finalMs = finalUpToMs(series.definition, this.watermarkOf([series.definition.workflow]));
      if (!Number.isFinite(finalMs)) continue;
      // In a catch-up values are always on their way: up to them all the same.
      const unstoredMs = lowestOf([...series.unstoredEnds]);
      const floorMs = sliceStart(series.definition.window, Math.min(finalMs, unstoredMs - 1));
      if (floorMs <= series.floorMs) continue;
      if (series.mayTrim(floorMs, this.sources)) series.trim(floorMs);
    }
    for (const [group, byLabels] of this.together) {
      const fromMs = groupActiveFromMs(group, this.watermarkOf(group.workflows));
      if (Number.isFinite(fromMs)) for (const together of byLabels.values()) this.trimTogether(together, fromMs);
    }
  }

  private trimTogether(together: Together, floorMs: number): void {
    if (floorMs <= together.floorMs) return;
    const { series, derived } = together;
    const floorOf = ({ definition: { window } }: Series): number => sliceStart(window, floorMs);
    if (!series.every((each) => each.mayTrim(floorOf(each), this.sources))) return;
    if (!derived.every((each) => each.mayTrim(floorMs))) return;
    for (const each of series) each.trim(floorOf(each));
    for (const each of derived) each.trim(floorMs);
    together.floorMs = floorMs;
  }

  private isAtRest(series: Series): boolean {
    if (series.goesOn) return false;
    if (series.unstoredEnds.size > 0 || series.dirty.size > 0 || series.pendingEnds.size > 0) return false;
    return series.storedBelow((source) => this.sources.storedOf(source));
  }

  get size(): number {
    let sum = 0;
    for (const byLabels of this.series.values()) sum += byLabels.size;
    return sum;
  }

  get slices(): number {
    let sum = 0;
    for (const series of this.all()) sum += series.weight;
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

/** The total row of a level lies at no time: it is in memory with any slice. */
function lowestOf(starts: readonly number[]): number {
  let lowest = Infinity;
  for (const startMs of starts) if (startMs < lowest && startMs !== LEVEL_TOTAL_MS) lowest = startMs;
  return lowest;
}

/** What of [fromMs, toMs) is bounded, as a query takes it. */
function between(fromMs: number, toMs: number): { readonly fromMs?: number; readonly toMs?: number } {
  return { ...(fromMs === -Infinity ? {} : { fromMs }), ...(toMs === Infinity ? {} : { toMs }) };
}

function* chunks<T>(all: readonly T[]): Generator<readonly T[]> {
  for (let i = 0; i < all.length; i += LABELS_MAX) yield all.slice(i, i + LABELS_MAX);
}
