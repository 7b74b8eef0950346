import { type AggregateState, emptyState, encodeState, mergeEncoded } from '../../shared/core/aggregate-state.ts';
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

/** A slice: its parts by source while it is open, their sum once it is closed. */
interface Slice {
  samples: number;
  parts: Map<string, Part> | null;
  sum: Uint8Array | null;
}

/** What of a part decides whether its slice may close. */
export interface PartsKnown {
  /** Up to where a source is stored. */
  storedOf(source: string): bigint;
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
  /** How many are open when the next ones are looked at. */
  private closeAt = 0;

  constructor(aggregate: Aggregate) {
    this.aggregate = aggregate;
  }

  get size(): number {
    return this.slices.size;
  }

  /** Starts of all slices but a level's total row, ascending. */
  starts(): number[] {
    return [...this.slices.keys()].filter((startMs) => startMs !== LEVEL_TOTAL_MS).sort((a, b) => a - b);
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
      this.slices.set(sliceStartMs, (slice = { samples: 0, parts: new Map(), sum: null }));
      this.open.add(sliceStartMs);
    }
    const parts = slice.parts!;
    slice.samples += samples - (parts.get(source)?.samples ?? 0);
    parts.set(source, { version, samples, bytes, importId });
  }

  /** The states of a slice, in their binary form: together they are all that came to it. */
  *states(startMs: number): Generator<Uint8Array> {
    const slice = this.slices.get(startMs);
    if (slice === undefined) return;
    if (slice.parts === null) yield slice.sum!;
    else for (const { bytes } of slice.parts.values()) yield bytes;
  }

  isClosed(startMs: number): boolean {
    return this.slices.get(startMs)?.parts === null;
  }

  /** Gives a closed slice its parts back, as the store has them. */
  reopen(startMs: number, parts: readonly SlicePart[]): void {
    this.slices.set(startMs, { samples: 0, parts: new Map(), sum: null });
    this.open.add(startMs);
    for (const part of parts) this.put(part);
  }

  /** Once more than `openMax` are open: closes those that the store has whole, but none that `stays` names. */
  close(openMax: number, known: PartsKnown, stays: (startMs: number) => boolean): void {
    if (this.open.size <= Math.max(openMax, this.closeAt)) return;
    for (const startMs of this.open) {
      const slice = this.slices.get(startMs)!;
      if (startMs === LEVEL_TOTAL_MS || stays(startMs) || !isStored(slice.parts!, known)) continue;
      const sum = emptyState(this.aggregate);
      this.mergeInto(sum, startMs);
      this.slices.set(startMs, { samples: slice.samples, parts: null, sum: encodeState(sum) });
      this.open.delete(startMs);
    }
    this.closeAt = this.open.size * 2;
  }

  /** Adds a slice of all sources into `into`. */
  mergeInto(into: AggregateState, startMs: number): void {
    for (const bytes of this.states(startMs)) mergeEncoded(into, this.aggregate, bytes);
  }

  /** Whether an import that is open in its source touched the slice last. A closed one had none. */
  inImport(startMs: number, imports: Pick<PartsKnown, 'isOpen'>): boolean {
    for (const [source, { importId, version }] of this.slices.get(startMs)?.parts ?? NO_PARTS)
      if (importId !== null && imports.isOpen(source, importId, version)) return true;
    return false;
  }

  /** Starts of the slices that one of these imports touched last, a level's total row left out. */
  touchedBy(imports: ReadonlySet<string>): number[] {
    return [...this.open].filter((startMs) => {
      if (startMs === LEVEL_TOTAL_MS) return false;
      const parts = [...this.slices.get(startMs)!.parts!.values()];
      return parts.some(({ importId }) => importId !== null && imports.has(importId));
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

const NO_PARTS: ReadonlyMap<string, Part> = new Map();

function isStored(parts: ReadonlyMap<string, Part>, known: PartsKnown): boolean {
  for (const [source, { version, importId }] of parts) {
    if (version > known.storedOf(source)) return false;
    if (importId !== null && known.isOpen(source, importId, version)) return false;
  }
  return true;
}
