import { type AggregateState, emptyState, mergeEncoded } from '../../shared/core/aggregate-state.ts';
import { type Definition, LEVEL_TOTAL_MS } from '../../shared/core/definition.ts';
import { decodeLabels } from '../../shared/core/labels.ts';
import type { SliceSnapshot } from '../../shared/core/messages.ts';
import type { ValueRow } from '../../shared/ports/kpi-rows.ts';
import { PendingEnds } from './pending-ends.ts';
import { SlidingWindow } from './sliding-window.ts';

/** One source's contribution to a slice. */
interface Part {
  version: bigint;
  samples: number;
  bytes: Uint8Array;
  importId: string | null;
}

/** The parts of a slice by source, and the sum of their samples. */
interface Slice {
  samples: number;
  readonly parts: Map<string, Part>;
}

/** What is known of open imports. */
export interface OpenImports {
  /** Whether an import is open in a source, as far as a part of this version can know. */
  isOpen(source: string, importId: string, version: bigint): boolean;
  /** Whether any import may be open in a source, as far as parts of up to this version can know. */
  mayBeOpen(source: string, version: bigint): boolean;
}

/** What roll keeps of a snapshot or of a stored slice row. */
export type SlicePart = Pick<SliceSnapshot, 'sliceStartMs' | 'source' | 'version' | 'samples' | 'state' | 'importId'>;

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
  /** The latest load that it was part of, as its table counts them. */
  usedIn = 0;
  /** No values were computed since it came into memory: what others published in between is not known. */
  fresh = true;
  private readonly slices = new Map<number, Slice>();
  private readonly rows = new Map<number, ValueRow>();
  /** No slice with data starts later, and no value that stands ends later. */
  private newestStartMs = -Infinity;
  private newestEndMs = -Infinity;
  /** Per source the highest version of a part that an import touched last. */
  private readonly imported = new Map<string, bigint>();
  private readonly window: SlidingWindow;

  constructor(definition: Definition, labels: string) {
    this.definition = definition;
    this.labels = labels;
    this.labelMap = decodeLabels(labels);
    this.window = new SlidingWindow(definition, (startMs) => this.parts(startMs));
  }

  /** Value rows by window end, ms UTC. */
  get values(): ReadonlyMap<number, ValueRow> {
    return this.rows;
  }

  /** Takes a value row: the one that was computed last, or that of the store. */
  keep(row: ValueRow): void {
    this.rows.set(row.windowEndMs, row);
    if (!row.withdrawn && row.windowEndMs > this.newestEndMs) this.newestEndMs = row.windowEndMs;
  }

  /** Beyond this window end no slice enters and no value stands, ms UTC. */
  get lastEndMs(): number {
    const { window } = this.definition;
    const stepMs = window.kind === 'rolling' ? window.everyMs : 0;
    return Math.max(this.newestStartMs + stepMs, this.newestEndMs);
  }

  /** Takes a snapshot of the log; its values go out again whether they change or not. */
  mergeSnapshot(part: SlicePart): void {
    this.touched.add(part.sliceStartMs);
    const known = this.slices.get(part.sliceStartMs)?.parts.get(part.source);
    if (known !== undefined && known.version >= part.version) this.ambiguous.add(part.sliceStartMs);
    this.merge(part);
  }

  /** Keeps the highest version per slice and source, and marks the slice. */
  merge(part: SlicePart): void {
    let slice = this.slices.get(part.sliceStartMs);
    if (slice === undefined) this.slices.set(part.sliceStartMs, (slice = { samples: 0, parts: new Map() }));
    if (part.sliceStartMs > this.newestStartMs) this.newestStartMs = part.sliceStartMs;
    const { source, version, samples, state: bytes, importId } = part;
    const known = slice.parts.get(source);
    if (known === undefined || version > known.version) {
      slice.parts.set(source, { version, samples, bytes, importId });
      slice.samples += samples - (known?.samples ?? 0);
      if (importId === null) this.live.add(part.sliceStartMs);
      else if (version > (this.imported.get(source) ?? -1n)) this.imported.set(source, version);
      this.window.replace(part.sliceStartMs, known?.bytes ?? null, bytes);
    }
    if (part.sliceStartMs !== LEVEL_TOTAL_MS) this.dirty.add(part.sliceStartMs);
  }

  /** Highest version of any part of a source; -1 without one. */
  highestOf(source: string): bigint {
    let highest = -1n;
    for (const { parts } of this.slices.values()) {
      const part = parts.get(source);
      if (part !== undefined && part.version > highest) highest = part.version;
    }
    return highest;
  }

  /** Net number of contributions to a slice, over all sources. */
  samples(sliceStartMs: number): number {
    return this.slices.get(sliceStartMs)?.samples ?? 0;
  }

  /** Adds a slice of all sources into `into`. */
  mergeSlice(sliceStartMs: number, into: AggregateState): void {
    for (const bytes of this.parts(sliceStartMs)) mergeEncoded(into, this.definition.aggregate, bytes);
  }

  /** The states of a slice, one per source, in their binary form. */
  private *parts(sliceStartMs: number): Generator<Uint8Array> {
    for (const { bytes } of this.slices.get(sliceStartMs)?.parts.values() ?? []) yield bytes;
  }

  /** The window that ends at `endMs`, merged; not to be changed, and valid until the next call or merge. */
  windowState(endMs: number): AggregateState {
    return this.window.at(endMs);
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
  }

  empty(): AggregateState {
    return emptyState(this.definition.aggregate);
  }

  /** Whether an import that is open in its source touched the slice last. */
  inImport(sliceStartMs: number, imports: OpenImports): boolean {
    for (const [source, { importId, version }] of this.slices.get(sliceStartMs)?.parts ?? []) {
      if (importId !== null && imports.isOpen(source, importId, version)) return true;
    }
    return false;
  }

  /** False: certainly no open import touches any slice, so none need be looked at. */
  mayBeInImport(imports: OpenImports): boolean {
    for (const [source, version] of this.imported) if (imports.mayBeOpen(source, version)) return true;
    return false;
  }

  /** Marks the slices that these imports touched last. */
  markImports(ended: ReadonlySet<string>): void {
    for (const [startMs, { parts }] of this.slices) {
      for (const { importId } of parts.values()) {
        if (importId === null || !ended.has(importId) || startMs === LEVEL_TOTAL_MS) continue;
        this.dirty.add(startMs);
        this.ambiguous.add(startMs);
      }
    }
  }

  /** Starts of all slices but a level's total row, ascending. */
  starts(): number[] {
    return [...this.slices.keys()].filter((startMs) => startMs !== LEVEL_TOTAL_MS).sort((a, b) => a - b);
  }

  get sliceCount(): number {
    return this.slices.size;
  }

  /** Whether every part is at or below what its source has stored, so that the store can give the series back. */
  storedBelow(storedOf: (source: string) => bigint): boolean {
    for (const { parts } of this.slices.values()) {
      for (const [source, { version }] of parts) if (version > storedOf(source)) return false;
    }
    return true;
  }
}
