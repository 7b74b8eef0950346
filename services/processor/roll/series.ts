import { type AggregateState, emptyState } from '../../shared/core/aggregate/aggregate-state.ts';
import { type Definition, LEVEL_TOTAL_MS } from '../../shared/core/definition.ts';
import { decodeLabels } from '../../shared/core/measure/labels.ts';
import type { ValueRow } from '../../shared/ports/kpi-rows.ts';
import { PendingEnds } from './pending-ends.ts';
import { isMoving } from '../../shared/core/aggregate/moving.ts';
import type { Due } from './due.ts';
import { LevelCursor } from './level-cursor.ts';
import type { Rise } from './rise.ts';
import { reachMs } from './series-range.ts';
import { type PartsKnown, type SlicePart, SeriesSlices } from './series-slices.ts';
import { SlidingWindow } from './sliding-window.ts';

/** What is known of open imports. */
export interface OpenImports {
  /** Whether an import is open in a source, as far as a part of this version can know. */
  isOpen(source: string, importId: string, version: bigint): boolean;
  /** Whether any import may be open in a source, as far as parts of up to this version can know. */
  mayBeOpen(source: string, version: bigint): boolean;
}

/** A slice of a series that changed, and how: as Series has it in `touched`, `live` and `isUncertain`. */
export interface SliceChange {
  readonly series: Series;
  readonly startMs: number;
  readonly touched: boolean;
  readonly uncertain: boolean;
  readonly live: boolean;
}

/** What is computed from several series. */
export interface SliceWatcher {
  note(change: SliceChange): void;
  /** A row of a series that moves with time went out. */
  noteDue(series: Series, due: Due): void;
}

/** A series in memory: its slices by source, its values by window end. */
export class Series {
  readonly definition: Definition;
  readonly labels: string;
  /** The same labels for people. */
  readonly labelMap: Readonly<Record<string, string>>;
  /** Window ends that wait for the watermark: to become final, or because a slice leaves there. */
  readonly pendingEnds = new PendingEnds();
  /** Ends of values that the store has not acknowledged: reloaded now, the series would see older ones. */
  readonly unstoredEnds = new Set<number>();
  /** Slices changed since values were computed. */
  readonly dirty = new Set<number>();
  /**
   * Slices that a snapshot of the log touched since values were computed. Their rows go out again even with the same
   * content: another owner, reading in other batches, may have published a value in between under a higher version.
   */
  readonly touched = new Set<number>();
  /**
   * Slices whose rows go out again even while an import fills them: an import of theirs ended, or a snapshot came that
   * the memory already held, so that another owner may have published a value in between.
   */
  readonly ambiguous = new Set<number>();
  /** Slices that a live record touched since values were computed; of the other changed ones only imports did. */
  readonly live = new Set<number>();
  /** Of what moves with time: whether it does so without an event. Then it stays in memory, and until that is known. */
  goesOn: boolean;
  /** How many marks brought snapshots since values were computed, and the offset of the last one. */
  private marks = 0;
  private lastMark = -1;
  /** A snapshot came that the memory already held. */
  private wasAhead = false;
  /** The latest load that it was part of, as its table counts them. */
  usedIn = 0;
  /**
   * Changes of earlier slices cannot be taken: they, and the values of windows that end up to here, are in the store only.
   * Of the slices before it those are in memory that later windows reach.
   */
  floorMs = -Infinity;
  /** No values were computed since it came into memory: what others published in between is not known. */
  fresh = true;
  /** Of a level: before all slices, as it was when values were computed last. */
  private before: Rise | null = null;
  private readonly slices: SeriesSlices;
  private readonly rows = new Map<number, ValueRow>();
  /** No slice with data starts later, and no value that stands ends later. */
  private newestStartMs = -Infinity;
  private newestEndMs = -Infinity;
  private latestEndMs = -Infinity;
  /** Per source the highest version of a part that an import touched last. */
  private readonly imported = new Map<string, bigint>();
  private readonly window: SlidingWindow;
  /** Of what moves with time: everything before the end of a window, and before its start. */
  private readonly cursors: readonly [LevelCursor, LevelCursor] | null;
  /** Who is computed from it, and hears which of its slices changed. */
  watchers: readonly SliceWatcher[] = [];
  /** How much earlier slices begin that are in memory before `floorMs`. */
  private readonly reachMs: number;

  constructor(definition: Definition, labels: string, reach = reachMs(definition)) {
    this.definition = definition;
    this.labels = labels;
    this.reachMs = reach;
    this.labelMap = decodeLabels(labels);
    this.slices = new SeriesSlices(definition.aggregate);
    this.window = new SlidingWindow(definition, (startMs) => this.slices.states(startMs));
    const cursor = (): LevelCursor => new LevelCursor(definition.aggregate, this.slices);
    this.cursors = isMoving(definition) ? [cursor(), cursor()] : null;
    this.goesOn = this.cursors !== null;
  }

  /** Value rows by window end, ms UTC. */
  get values(): ReadonlyMap<number, ValueRow> {
    return this.rows;
  }

  /** Takes a value row: the one that was computed last, or that of the store. */
  keep(row: ValueRow): void {
    this.rows.set(row.windowEndMs, row);
    if (row.windowEndMs > this.latestEndMs) this.latestEndMs = row.windowEndMs;
    // No slice that begins or ends there need bring it up again.
    if (this.cursors !== null && row.state !== 'final' && !row.withdrawn) this.pendingEnds.add(row.windowEndMs);
    if (!row.withdrawn && row.windowEndMs > this.newestEndMs) this.newestEndMs = row.windowEndMs;
  }

  /** Beyond this window end no slice enters and no value stands, ms UTC. */
  get lastEndMs(): number {
    const { window } = this.definition;
    const stepMs = window.kind === 'rolling' ? window.everyMs : 0;
    return Math.max(this.newestStartMs + stepMs, this.newestEndMs);
  }

  /** Lets go of the rows of windows that end up to a slice start, unless one of them still waits for something. */
  dropRows(floorMs: number): void {
    const old = [...this.rows.values()].filter(({ windowEndMs }) => windowEndMs <= floorMs);
    if (old.some(({ windowEndMs, state }) => state !== 'final' || this.unstoredEnds.has(windowEndMs))) return;
    for (const { windowEndMs } of old) this.rows.delete(windowEndMs);
    this.floorMs = Math.max(this.floorMs, floorMs);
  }

  /** No row, withdrawn ones included, ends later, ms UTC. */
  get latestRowMs(): number {
    return this.latestEndMs;
  }

  /** The snapshots that follow were published before this mark, by its offset. */
  noteMark(offset: number): void {
    if (offset === this.lastMark) return;
    this.lastMark = offset;
    this.marks++;
  }

  /**
   * Whether another owner, who computed in between or had read less of the store, may have published rows of windows that
   * this one never had reason to give one.
   */
  isUnsure(): boolean {
    return this.wasAhead || this.marks > 1 || (this.fresh && this.marks > 0);
  }

  /** Takes a snapshot of the log; its values go out again whether they change or not. Its slice must not be closed. */
  mergeSnapshot(part: SlicePart): void {
    this.touched.add(part.sliceStartMs);
    const known = this.slices.part(part.sliceStartMs, part.source);
    if (known !== null && known.version >= part.version) {
      this.ambiguous.add(part.sliceStartMs);
      this.wasAhead = true;
    }
    this.merge(part);
  }

  /** Keeps the highest version per slice and source, and marks the slice, unless windows only reach it. */
  merge(part: SlicePart): void {
    const { sliceStartMs, source, version, importId } = part;
    if (sliceStartMs > this.newestStartMs) this.newestStartMs = sliceStartMs;
    const known = this.slices.part(sliceStartMs, source);
    if (known === null || version > known.version) {
      this.slices.put(part);
      if (importId === null) this.live.add(sliceStartMs);
      else this.noteImport(source, version);
      this.replaced(sliceStartMs, known?.bytes ?? null, part.state);
    }
    if (sliceStartMs !== LEVEL_TOTAL_MS && sliceStartMs >= this.floorMs) this.dirty.add(sliceStartMs);
  }

  private replaced(sliceStartMs: number, before: Uint8Array | null, after: Uint8Array): void {
    this.window.replace(sliceStartMs, before, after);
    if (this.cursors === null || sliceStartMs === LEVEL_TOTAL_MS) return;
    for (const cursor of this.cursors) cursor.replace(sliceStartMs, before, after);
  }

  /** Of what moves with time: all slices before the end of a window; not to be changed, and valid until the next call. */
  levelUpTo(endMs: number): AggregateState {
    return this.cursors![0].at(endMs);
  }

  /** The same before the start of a window. */
  levelBefore(startMs: number): AggregateState {
    return this.cursors![1].at(startMs);
  }

  /** Takes what the store has from an earlier start on, and what others have published there meanwhile is not known. */
  deepen(floorMs: number, parts: readonly SlicePart[], rows: readonly ValueRow[]): void {
    const [hadFromMs, hadEndMs] = [this.floorMs - this.reachMs, this.floorMs];
    this.floorMs = floorMs;
    for (const part of parts) if (part.sliceStartMs < hadFromMs) this.merge(part);
    // What was only there for later windows to reach is its own from now on.
    for (const startMs of this.starts()) if (startMs >= floorMs && startMs < hadEndMs) this.dirty.add(startMs);
    for (const row of rows) if (row.windowEndMs <= hadEndMs) this.keep(row);
    this.window.forget();
    // Rows of a level that were let go may be of another moment than its total.
    this.before = null;
    this.fresh = true;
  }

  /** Whether `trim` may forget what lies before a slice start: all of it is in the store, and nothing waits. */
  mayTrim(floorMs: number, known: PartsKnown): boolean {
    // What moves with time is made of all that came before; its rows leave alone (`dropRows`).
    if (this.cursors !== null || floorMs < this.floorMs || this.dirty.size > 0) return false;
    if (!this.pendingEnds.isAfter(floorMs) || !isAfter(this.unstoredEnds, floorMs)) return false;
    return this.slices.mayForgetBefore(floorMs - this.reachMs, known);
  }

  /** Forgets what lies before a slice start, which a late snapshot has read again. */
  trim(floorMs: number): void {
    const fromMs = floorMs - this.reachMs;
    // What is before all slices of a level is from now on what was at this time, and the few rows left are looked at again.
    this.before = null;
    this.slices.forgetBefore(fromMs);
    for (const endMs of this.rows.keys()) if (endMs <= floorMs) this.rows.delete(endMs);
    this.floorMs = floorMs;
    this.window.forget();
  }

  private noteImport(source: string, version: bigint): void {
    if (version > (this.imported.get(source) ?? -1n)) this.imported.set(source, version);
  }

  /** Whether only the sum of a slice is in memory: before a snapshot of it is taken, `reopen` has to give it its parts. */
  isClosed(sliceStartMs: number): boolean {
    return this.slices.isClosed(sliceStartMs);
  }

  /** Gives a closed slice the parts that the store has of it, which may be newer than their sum was. */
  reopen(sliceStartMs: number, parts: readonly SlicePart[]): void {
    this.slices.reopen(sliceStartMs, parts);
    for (const { source, version, importId } of parts) if (importId !== null) this.noteImport(source, version);
    this.window.forget();
    for (const cursor of this.cursors ?? []) cursor.forget();
  }

  /**
   * Of slices that nothing waits for, once more than `openMax` have parts, only the sum is kept. Not of a level: it is its
   * total less its slices, which must be of one moment, and a slice that is read again may be newer than the others.
   */
  closeSlices(openMax: number, known: PartsKnown): void {
    if (this.definition.window.kind === 'instant') return;
    this.slices.close(openMax, known, (startMs) => this.dirty.has(startMs));
  }

  /** Net number of contributions to a slice, over all sources. */
  samples(sliceStartMs: number): number {
    return this.slices.samples(sliceStartMs);
  }

  /** Adds a slice of all sources into `into`. */
  mergeSlice(sliceStartMs: number, into: AggregateState): void {
    this.slices.mergeInto(into, sliceStartMs);
  }

  /** The window that ends at `endMs`, merged; not to be changed, and valid until the next call or merge. */
  windowState(endMs: number): AggregateState {
    return this.window.at(endMs);
  }

  /**
   * Notes the level before all slices. Rows of the store may be of several moments: the total ahead of a slice that comes
   * again, and then every row changes with it, also those that no changed slice comes before.
   */
  startLevel(before: Rise): void {
    const same = this.before !== null && this.before.delta === before.delta && this.before.sum === before.sum;
    this.before = before;
    if (same) return;
    for (const startMs of this.slices.starts()) this.dirty.add(startMs);
    // What is computed from it has rows before all of them too.
    const startMs = LEVEL_TOTAL_MS;
    const change = { series: this, startMs, touched: this.touched.has(startMs), uncertain: false, live: false };
    for (const watcher of this.watchers) watcher.note(change);
  }

  /** Whether another owner may have published rows of this slice that this one never computed. */
  isUncertain(sliceStartMs: number): boolean {
    if (this.ambiguous.has(sliceStartMs)) return true;
    return this.touched.has(sliceStartMs) && (this.fresh || this.samples(sliceStartMs) === 0);
  }

  /** What is known of its slices is now in its values. */
  settle(): void {
    this.dirty.clear();
    this.touched.clear();
    this.ambiguous.clear();
    this.live.clear();
    this.fresh = false;
    this.wasAhead = false;
    this.marks = 0;
  }

  empty(): AggregateState {
    return emptyState(this.definition.aggregate);
  }

  /** Whether an import that is open in its source touched the slice last. */
  inImport(sliceStartMs: number, imports: OpenImports): boolean {
    return this.slices.inImport(sliceStartMs, imports);
  }

  /** False: certainly no open import touches any slice, so none need be looked at. */
  mayBeInImport(imports: OpenImports): boolean {
    for (const [source, version] of this.imported) if (imports.mayBeOpen(source, version)) return true;
    return false;
  }

  /** Marks the slices that these imports touched last. */
  markImports(ended: ReadonlySet<string>): void {
    for (const startMs of this.slices.touchedBy(ended)) {
      this.dirty.add(startMs);
      this.ambiguous.add(startMs);
    }
  }

  /** Starts of all slices but a level's total row, ascending. */
  starts(): readonly number[] {
    return this.slices.starts();
  }

  /** How much memory it takes, in slices and value rows. */
  get weight(): number {
    return this.slices.weight + this.rows.size;
  }

  /** Whether every part is at or below what its source has stored, so that the store can give the series back. */
  storedBelow(storedOf: (source: string) => bigint): boolean {
    return this.slices.storedBelow(storedOf);
  }
}

/** Whether all of these times are after `timeMs`. */
export function isAfter(times: Iterable<number>, timeMs: number): boolean {
  for (const each of times) if (each <= timeMs) return false;
  return true;
}
