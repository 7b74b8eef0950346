import {
  type AggregateState,
  emptyState,
  encodeState,
  mergeEncoded,
} from '../../shared/core/aggregate/aggregate-state.ts';
import { type Aggregate, LEVEL_TOTAL_MS } from '../../shared/core/definition.ts';
import type { SliceSnapshot } from '../../shared/core/messages.ts';
import { ClosedSlices } from './closed-slices.ts';

/** A closed slice takes fewer bytes than an open one by this factor, and more. */
const CLOSED_PER_OPEN = 10;

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

/** A slice by the parts of its sources. */
interface OpenSlice {
  samples: number;
  readonly parts: Map<string, Part>;
}

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
  private readonly open = new Map<number, OpenSlice>();
  /** The sums of the others. */
  private readonly closed = new ClosedSlices();
  /** By the start of a closed slice, the imports that touched it last: one may open again. */
  private readonly touched = new Map<number, readonly Touch[]>();
  /** By their text: most closed slices were touched by the same imports. */
  private readonly touches = new Map<string, readonly Touch[]>();
  /** Starts in order; null: they are to be sorted again. */
  private sorted: readonly number[] | null = null;
  /** How many are open when the next ones are looked at. */
  private closeAt = 0;

  constructor(aggregate: Aggregate) {
    this.aggregate = aggregate;
  }

  /** How many there are, a closed one as the part of an open one whose memory it takes. */
  get weight(): number {
    return this.open.size + this.closed.size / CLOSED_PER_OPEN;
  }

  /** Starts of all slices but a level's total row, ascending. */
  starts(): readonly number[] {
    this.sorted ??= [...this.closed.starts(), ...this.open.keys()]
      .filter((startMs) => startMs !== LEVEL_TOTAL_MS)
      .sort((a, b) => a - b);
    return this.sorted;
  }

  /** Net number of contributions to a slice, over all sources. */
  samples(startMs: number): number {
    return this.open.get(startMs)?.samples ?? this.closed.samples(startMs) ?? 0;
  }

  /** The part of a source; null: none, or the slice is closed. */
  part(startMs: number, source: string): Part | null {
    return this.open.get(startMs)?.parts.get(source) ?? null;
  }

  /** Gives an open slice, or a new one, a part in place of the one that its source has there. */
  put({ sliceStartMs, source, version, samples, state: bytes, importId }: SlicePart): void {
    let slice = this.open.get(sliceStartMs);
    if (slice === undefined) {
      if (this.closed.has(sliceStartMs)) throw new Error(`the slice of ${sliceStartMs} is closed`);
      this.open.set(sliceStartMs, (slice = { samples: 0, parts: new Map() }));
      this.sorted = null;
    }
    const { parts } = slice;
    slice.samples += samples - (parts.get(source)?.samples ?? 0);
    parts.set(source, { version, samples, bytes, importId });
  }

  /** The states of a slice, in their binary form: together they are all that came to it. */
  *states(startMs: number): Generator<Uint8Array> {
    const slice = this.open.get(startMs);
    if (slice !== undefined) {
      for (const { bytes } of slice.parts.values()) yield bytes;
      return;
    }
    const sum = this.closed.state(startMs);
    if (sum !== null) yield sum;
  }

  isClosed(startMs: number): boolean {
    return this.closed.has(startMs);
  }

  /** Gives a closed slice its parts back, as the store has them. */
  reopen(startMs: number, parts: readonly SlicePart[]): void {
    this.closed.delete(startMs);
    this.touched.delete(startMs);
    this.open.set(startMs, { samples: 0, parts: new Map() });
    for (const part of parts) this.put(part);
  }

  /** Once more than `openMax` are open: closes those that the store has whole, but none that `stays` names. */
  close(openMax: number, known: PartsKnown, stays: (startMs: number) => boolean): void {
    if (this.open.size <= Math.max(openMax, this.closeAt)) return;
    // In the order of time, in which closed ones lie.
    for (const startMs of [...this.open.keys()].sort((a, b) => a - b)) {
      const { samples, parts } = this.open.get(startMs)!;
      if (startMs === LEVEL_TOTAL_MS || stays(startMs) || !isStored(parts, known)) continue;
      const sum = emptyState(this.aggregate);
      this.mergeInto(sum, startMs);
      const touches = this.touchesOf(parts);
      this.closed.add(startMs, samples, encodeState(sum));
      this.open.delete(startMs);
      if (touches.length > 0) this.touched.set(startMs, touches);
    }
    this.closeAt = this.open.size * 2;
  }

  /**
   * Whether the store has the slices that start before `fromMs`, and no open import touches them. A level that was read
   * while its log was being read, total and slices of several moments, keeps them until it is of one.
   */
  mayForgetBefore(fromMs: number, known: PartsKnown): boolean {
    if (this.open.has(LEVEL_TOTAL_MS) && this.isAhead(known)) return false;
    for (const [startMs, { parts }] of this.open) {
      if (startMs >= fromMs || startMs === LEVEL_TOTAL_MS) continue;
      if (!isStored(parts, known)) return false;
    }
    for (const startMs of this.touched.keys()) if (startMs < fromMs && this.inImport(startMs, known)) return false;
    return true;
  }

  private isAhead(known: PartsKnown): boolean {
    for (const { parts } of this.open.values())
      for (const [source, { version }] of parts) if (known.isAhead(source, version)) return true;
    return false;
  }

  /** Forgets the slices that start before `fromMs`, a level's total row left out. */
  forgetBefore(fromMs: number): void {
    this.closed.deleteBefore(fromMs);
    for (const startMs of this.open.keys())
      if (startMs < fromMs && startMs !== LEVEL_TOTAL_MS) this.open.delete(startMs);
    for (const startMs of this.touched.keys()) if (startMs < fromMs) this.touched.delete(startMs);
    this.sorted = null;
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
    const slice = this.open.get(startMs);
    // A source's position is past what it has stored, and only that is closed.
    if (slice === undefined)
      return this.touched.get(startMs)?.some(({ source, importId }) => imports.isOpen(source, importId, -1n)) ?? false;
    for (const [source, { importId, version }] of slice.parts)
      if (importId !== null && imports.isOpen(source, importId, version)) return true;
    return false;
  }

  /** Starts of the slices that one of these imports touched last, a level's total row left out. */
  touchedBy(imports: ReadonlySet<string>): number[] {
    const open = [...this.open].map(([startMs, { parts }]) => [startMs, [...parts.values()]] as const);
    return [...open, ...this.touched].flatMap(([startMs, touches]) => {
      if (startMs === LEVEL_TOTAL_MS) return [];
      return touches.some(({ importId }) => importId !== null && imports.has(importId)) ? [startMs] : [];
    });
  }

  /** Whether every part is at or below what its source has stored, so that the store can give all of them back. */
  storedBelow(storedOf: (source: string) => bigint): boolean {
    for (const { parts } of this.open.values())
      for (const [source, { version }] of parts) if (version > storedOf(source)) return false;
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
