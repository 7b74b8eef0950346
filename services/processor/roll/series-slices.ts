import {
  type AggregateState,
  emptyState,
  encodeState,
  mergeEncoded,
} from '../../shared/core/aggregate/aggregate-state.ts';
import { type Aggregate, LEVEL_TOTAL_MS } from '../../shared/core/definition.ts';
import type { SliceSnapshot } from '../../shared/core/messages.ts';

/** What roll keeps of a snapshot or of a stored slice row. */
export type SlicePart = Pick<SliceSnapshot, 'sliceStartMs' | 'source' | 'version' | 'samples' | 'state' | 'importId'>;

/** One source's contribution to a slice. */
interface Part {
  readonly version: bigint;
  readonly samples: number;
  readonly bytes: Uint8Array;
  readonly importId: string | null;
}

/** The import that touched a source's part last. */
interface Touch {
  readonly source: string;
  readonly importId: string;
}

/** A slice: its parts by source while it is open; once it is closed their sum, and the imports: one may open again. */
type Slice =
  | { samples: number; readonly parts: Map<string, Part> }
  | { readonly samples: number; readonly parts: null; readonly sum: Uint8Array; readonly touches: readonly Touch[] };

/** What of a part decides whether its slice may close. */
export interface PartsKnown {
  /** Up to where a source is stored. */
  storedOf(source: string): bigint;
  /** Whether a part is newer than what its source's marks, as far as they were read, tell of. */
  isAhead(source: string, version: bigint): boolean;
  /** Whether the import that touched a part last is open. */
  isOpen(source: string, importId: string, version: bigint): boolean;
}

/**
 * The slices of one series by their start. Most are never changed again: of those that the store has, only the sum of
 * all sources is kept, as bytes, and a late snapshot has the parts read again first.
 */
export class SeriesSlices {
  private readonly aggregate: Aggregate;
  private readonly slices = new Map<number, Slice>();
  /** Starts of those that are open. */
  private readonly open = new Set<number>();
  /** Starts of closed ones that an import touched. */
  private readonly touched = new Set<number>();
  /** By their text: most closed slices were touched by the same imports. */
  private readonly touches = new Map<string, readonly Touch[]>();
  /** Starts in order; null: they are to be sorted again. */
  private sorted: readonly number[] | null = null;
  /** How many are open when the next ones are looked at. */
  private closeAt = 0;

  constructor(aggregate: Aggregate) {
    this.aggregate = aggregate;
  }

  get size(): number {
    return this.slices.size;
  }

  /** Starts of all slices but a level's total row, ascending. */
  starts(): readonly number[] {
    this.sorted ??= [...this.slices.keys()].filter((startMs) => startMs !== LEVEL_TOTAL_MS).sort((a, b) => a - b);
    return this.sorted;
  }

  /** Net number of contributions to a slice, over all sources. */
  samples(startMs: number): number {
    return this.slices.get(startMs)?.samples ?? 0;
  }

  /** The part of a source; null: none, or the slice is closed. */
  part(startMs: number, source: string): Part | null {
    return this.slices.get(startMs)?.parts?.get(source) ?? null;
  }

  /** Gives an open slice, or a new one, a part in place of the one that its source has there. */
  put({ sliceStartMs, source, version, samples, state: bytes, importId }: SlicePart): void {
    let slice = this.slices.get(sliceStartMs);
    if (slice === undefined) {
      this.slices.set(sliceStartMs, (slice = { samples: 0, parts: new Map() }));
      this.open.add(sliceStartMs);
      this.sorted = null;
    }
    if (slice.parts === null) throw new Error(`the slice of ${sliceStartMs} is closed`);
    const { parts } = slice;
    slice.samples += samples - (parts.get(source)?.samples ?? 0);
    parts.set(source, { version, samples, bytes, importId });
  }

  /** The states of a slice, in their binary form: together they are all that came to it. */
  *states(startMs: number): Generator<Uint8Array> {
    const slice = this.slices.get(startMs);
    if (slice === undefined) return;
    if (slice.parts === null) yield slice.sum;
    else for (const { bytes } of slice.parts.values()) yield bytes;
  }

  isClosed(startMs: number): boolean {
    return this.slices.get(startMs)?.parts === null;
  }

  /** Gives a closed slice its parts back, as the store has them. */
  reopen(startMs: number, parts: readonly SlicePart[]): void {
    this.slices.set(startMs, { samples: 0, parts: new Map() });
    this.open.add(startMs);
    this.touched.delete(startMs);
    for (const part of parts) this.put(part);
  }

  /** Once more than `openMax` are open: closes those that the store has whole, but none that `stays` names. */
  close(openMax: number, known: PartsKnown, stays: (startMs: number) => boolean): void {
    if (this.open.size <= Math.max(openMax, this.closeAt)) return;
    for (const startMs of this.open) {
      const { samples, parts } = this.slices.get(startMs)!;
      if (startMs === LEVEL_TOTAL_MS || stays(startMs) || parts === null || !isStored(parts, known)) continue;
      const sum = emptyState(this.aggregate);
      this.mergeInto(sum, startMs);
      const touches = this.touchesOf(parts);
      this.slices.set(startMs, { samples, parts: null, sum: encodeState(sum), touches });
      this.open.delete(startMs);
      if (touches.length > 0) this.touched.add(startMs);
    }
    this.closeAt = this.open.size * 2;
  }

  /**
   * Whether the store has the slices that start before `fromMs`, and no open import touches them. A level that was read
   * while its log was being read, total and slices of several moments, keeps them until it is of one.
   */
  mayForgetBefore(fromMs: number, known: PartsKnown): boolean {
    if (this.slices.has(LEVEL_TOTAL_MS) && this.isAhead(known)) return false;
    for (const startMs of this.open) {
      if (startMs >= fromMs || startMs === LEVEL_TOTAL_MS) continue;
      if (!isStored(this.slices.get(startMs)!.parts!, known)) return false;
    }
    for (const startMs of this.touched) if (startMs < fromMs && this.inImport(startMs, known)) return false;
    return true;
  }

  private isAhead(known: PartsKnown): boolean {
    for (const startMs of this.open)
      for (const [source, { version }] of this.slices.get(startMs)!.parts!)
        if (known.isAhead(source, version)) return true;
    return false;
  }

  /** Forgets the slices that start before `fromMs`, a level's total row left out. */
  forgetBefore(fromMs: number): void {
    for (const startMs of this.slices.keys()) {
      if (startMs >= fromMs || startMs === LEVEL_TOTAL_MS) continue;
      this.slices.delete(startMs);
      this.open.delete(startMs);
      this.touched.delete(startMs);
    }
  }

  private touchesOf(parts: ReadonlyMap<string, Part>): readonly Touch[] {
    const found: Touch[] = [];
    for (const [source, { importId }] of parts) if (importId !== null) found.push({ source, importId });
    if (found.length === 0) return found;
    const text = JSON.stringify(found);
    const known = this.touches.get(text) ?? found;
    this.touches.set(text, known);
    return known;
  }

  /** Adds a slice of all sources into `into`. */
  mergeInto(into: AggregateState, startMs: number): void {
    for (const bytes of this.states(startMs)) mergeEncoded(into, this.aggregate, bytes);
  }

  /** Whether an import that is open in its source touched the slice last. */
  inImport(startMs: number, imports: Pick<PartsKnown, 'isOpen'>): boolean {
    const slice = this.slices.get(startMs);
    if (slice === undefined) return false;
    // A source's position is past what it has stored, and only that is closed.
    if (slice.parts === null)
      return slice.touches.some(({ source, importId }) => imports.isOpen(source, importId, -1n));
    for (const [source, { importId, version }] of slice.parts)
      if (importId !== null && imports.isOpen(source, importId, version)) return true;
    return false;
  }

  /** Starts of the slices that one of these imports touched last, a level's total row left out. */
  touchedBy(imports: ReadonlySet<string>): number[] {
    return [...this.open, ...this.touched].filter((startMs) => {
      if (startMs === LEVEL_TOTAL_MS) return false;
      const slice = this.slices.get(startMs)!;
      const touches = slice.parts === null ? slice.touches : [...slice.parts.values()];
      return touches.some(({ importId }) => importId !== null && imports.has(importId));
    });
  }

  /** Whether every part is at or below what its source has stored, so that the store can give all of them back. */
  storedBelow(storedOf: (source: string) => bigint): boolean {
    for (const startMs of this.open)
      for (const [source, { version }] of this.slices.get(startMs)!.parts!)
        if (version > storedOf(source)) return false;
    return true;
  }
}

function isStored(parts: ReadonlyMap<string, Part>, known: PartsKnown): boolean {
  for (const [source, { version, importId }] of parts) {
    if (version > known.storedOf(source)) return false;
    if (importId !== null && known.isOpen(source, importId, version)) return false;
  }
  return true;
}
