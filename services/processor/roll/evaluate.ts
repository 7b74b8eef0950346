import { type AggregateState } from '../../shared/core/aggregate-state.ts';
import { LEVEL_TOTAL_MS } from '../../shared/core/definition.ts';
import { type Result, resultOf } from '../../shared/core/result.ts';
import { sliceEnd, windowStart } from '../../shared/core/window.ts';
import type { IsOpen, Series } from './series.ts';

/** A window's result, and whether an open import touches it. */
export interface Evaluation extends Result {
  readonly windowStartMs: number;
  readonly backfilling: boolean;
}

/** Evaluates the window of a series that ends at `endMs`; levels are read from `levels`. */
export function evaluate(series: Series, endMs: number, isOpen: IsOpen, levels: LevelReader | null): Evaluation {
  const windowStartMs = windowStart(series.definition.window, endMs);
  if (levels !== null) {
    const { level, backfilling } = levels.at(endMs);
    return { value: level, exact: String(level), samples: level, windowStartMs, backfilling };
  }
  const state = series.empty();
  const backfilling = mergeWindow(series, windowStartMs, endMs, state, isOpen);
  return { ...resultOf(series.definition, state), windowStartMs, backfilling };
}

function mergeWindow(series: Series, fromMs: number, endMs: number, state: AggregateState, isOpen: IsOpen): boolean {
  const { window } = series.definition;
  const stepMs = window.kind === 'rolling' ? window.everyMs : endMs - fromMs;
  let backfilling = false;
  for (let startMs = fromMs; startMs < endMs; startMs += stepMs) {
    series.mergeSlice(startMs, state);
    backfilling ||= series.inImport(startMs, isOpen);
  }
  return backfilling;
}

/**
 * All of a level's windows at once: a level at T is the total less the slices after T. Built once per computation,
 * because a change moves every later row.
 */
export class LevelReader {
  private readonly ends: number[] = [];
  /** Sum of the slices from index i on, and whether an open import touches one up to i. */
  private readonly after: number[] = [];
  private readonly filling: boolean[] = [];
  private readonly total: number;

  constructor(series: Series, isOpen: IsOpen) {
    const starts = series.starts();
    const deltaOf = (startMs: number): number => {
      const state = series.empty();
      series.mergeSlice(startMs, state);
      return state.kind === 'level' ? state.delta : 0;
    };
    this.total = deltaOf(LEVEL_TOTAL_MS);
    let filling = false;
    for (const startMs of starts) {
      this.ends.push(sliceEnd(series.definition.window, startMs));
      this.after.push(0);
      filling ||= series.inImport(startMs, isOpen);
      this.filling.push(filling);
    }
    let later = 0;
    for (let i = starts.length - 1; i >= 0; i--) this.after[i] = later += deltaOf(starts[i]!);
  }

  at(endMs: number): { readonly level: number; readonly backfilling: boolean } {
    let low = 0;
    let high = this.ends.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.ends[middle]! <= endMs) low = middle + 1;
      else high = middle;
    }
    return { level: this.total - (this.after[low] ?? 0), backfilling: low > 0 && this.filling[low - 1]! };
  }
}
