import {
  type AggregateState,
  emptyState,
  mergeEncoded,
  replaceEncoded,
  takesBack,
} from '../../shared/core/aggregate/aggregate-state.ts';
import type { Definition } from '../../shared/core/definition.ts';
import { sliceEnd, windowStart } from '../../shared/core/window/window.ts';

/**
 * The merged state of one window of a series. It follows changes of its slices and moves on by what leaves and what
 * enters: exact, because what was added can be taken back. min, max and last cannot, and are merged anew each time.
 */
export class SlidingWindow {
  private readonly definition: Definition;
  private readonly partsOf: (sliceStartMs: number) => Iterable<Uint8Array>;
  private readonly takesBack: boolean;
  private fromMs = 0;
  private endMs = 0;
  private state: AggregateState | null = null;

  /** `partsOf` gives the states of a slice, in their binary form. */
  constructor(definition: Definition, partsOf: (sliceStartMs: number) => Iterable<Uint8Array>) {
    this.definition = definition;
    this.partsOf = partsOf;
    this.takesBack = takesBack(definition.aggregate);
  }

  /** A part of a slice gave way to another one; null: there was none. */
  replace(sliceStartMs: number, before: Uint8Array | null, after: Uint8Array): void {
    if (this.state === null || sliceStartMs < this.fromMs || sliceStartMs >= this.endMs) return;
    if (!this.takesBack) {
      this.state = null;
      return;
    }
    const { aggregate } = this.definition;
    if (before === null) mergeEncoded(this.state, aggregate, after);
    else replaceEncoded(this.state, aggregate, before, after);
  }

  /** The slices are others than those that it followed. */
  forget(): void {
    this.state = null;
  }

  /** The window that ends at `endMs`; not to be changed, and valid until the next call. */
  at(endMs: number): AggregateState {
    const fromMs = windowStart(this.definition.window, endMs);
    const near = this.takesBack && fromMs >= this.fromMs && fromMs < this.endMs && endMs >= this.endMs;
    if (this.state === null || !near) {
      this.state = emptyState(this.definition.aggregate);
      this.add(this.state, fromMs, endMs, 1);
    } else {
      this.add(this.state, this.fromMs, fromMs, -1);
      this.add(this.state, this.endMs, endMs, 1);
    }
    this.fromMs = fromMs;
    this.endMs = endMs;
    return this.state;
  }

  /** Adds or takes back the slices of [fromMs, toMs). */
  private add(state: AggregateState, fromMs: number, toMs: number, sign: 1 | -1): void {
    const { window, aggregate } = this.definition;
    for (let startMs = fromMs; startMs < toMs; startMs = sliceEnd(window, startMs))
      for (const bytes of this.partsOf(startMs)) mergeEncoded(state, aggregate, bytes, sign);
  }
}
