import {
  type AggregateState,
  emptyState,
  mergeEncoded,
  replaceEncoded,
} from '../../shared/core/aggregate/aggregate-state.ts';
import type { Aggregate } from '../../shared/core/definition.ts';

/** The slices of a level by their start. */
export interface LevelSlices {
  /** Their starts, ascending. */
  starts(): readonly number[];
  /** The states of a slice, in their binary form. */
  states(startMs: number): Iterable<Uint8Array>;
}

/**
 * The state of all slices of a level before a time. It follows changes of its slices and moves by what lies between, so
 * that the next window costs what changed since the one before it, however long the level has been there.
 */
export class LevelCursor {
  private readonly aggregate: Aggregate;
  private readonly slices: LevelSlices;
  private atMs = -Infinity;
  private state: AggregateState;

  constructor(aggregate: Aggregate, slices: LevelSlices) {
    this.aggregate = aggregate;
    this.slices = slices;
    this.state = emptyState(aggregate);
  }

  /** A part of a slice gave way to another one; null: there was none. */
  replace(sliceStartMs: number, before: Uint8Array | null, after: Uint8Array): void {
    if (sliceStartMs >= this.atMs) return;
    if (before === null) mergeEncoded(this.state, this.aggregate, after);
    else replaceEncoded(this.state, this.aggregate, before, after);
  }

  /** The slices are others than those that it followed. */
  forget(): void {
    this.atMs = -Infinity;
    this.state = emptyState(this.aggregate);
  }

  /** All slices before `toMs`, where one may begin; not to be changed, and valid until the next call or change. */
  at(toMs: number): AggregateState {
    const starts = this.slices.starts();
    const [fromMs, endMs] = [Math.min(this.atMs, toMs), Math.max(this.atMs, toMs)];
    const sign = toMs > this.atMs ? 1 : -1;
    for (let i = firstFrom(starts, fromMs); i < starts.length && starts[i]! < endMs; i++)
      for (const bytes of this.slices.states(starts[i]!)) mergeEncoded(this.state, this.aggregate, bytes, sign);
    this.atMs = toMs;
    return this.state;
  }
}

/** Index of the first start at `fromMs` or after. */
function firstFrom(starts: readonly number[], fromMs: number): number {
  let low = 0;
  let high = starts.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (starts[middle]! < fromMs) low = middle + 1;
    else high = middle;
  }
  return low;
}
