import { LEVEL_TOTAL_MS } from '../../shared/core/definition.ts';
import { type Result, resultOf } from '../../shared/core/result.ts';
import { sliceEnd, windowStart } from '../../shared/core/window.ts';
import type { OpenImports, Series } from './series.ts';

/** The result of the window of a series that ends at `endMs`; levels are read from `levels`. */
export function resultAt(
  series: Series,
  endMs: number,
  levels: LevelReader | null,
): Result & { readonly windowStartMs: number } {
  const windowStartMs = windowStart(series.definition.window, endMs);
  if (levels === null) return { ...resultOf(series.definition, series.windowState(endMs)), windowStartMs };
  const level = levels.at(endMs);
  return { value: level, exact: String(level), samples: level, windowStartMs };
}

/** Whether an open import touches the window that ends at `endMs`. */
export function isFilling(series: Series, endMs: number, imports: OpenImports, levels: LevelReader | null): boolean {
  if (levels !== null) return levels.isFilling(endMs);
  if (!series.mayBeInImport(imports)) return false;
  const { window } = series.definition;
  const fromMs = windowStart(window, endMs);
  for (let startMs = fromMs; startMs < endMs; startMs = sliceEnd(window, startMs))
    if (series.inImport(startMs, imports)) return true;
  return false;
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

  constructor(series: Series, imports: OpenImports) {
    const starts = series.starts();
    const deltaOf = (startMs: number): number => {
      const state = series.empty();
      series.mergeSlice(startMs, state);
      return state.kind === 'level' ? state.delta : 0;
    };
    this.total = deltaOf(LEVEL_TOTAL_MS);
    const mayFill = series.mayBeInImport(imports);
    let filling = false;
    for (const startMs of starts) {
      this.ends.push(sliceEnd(series.definition.window, startMs));
      this.after.push(0);
      filling ||= mayFill && series.inImport(startMs, imports);
      this.filling.push(filling);
    }
    let later = 0;
    for (let i = starts.length - 1; i >= 0; i--) this.after[i] = later += deltaOf(starts[i]!);
  }

  /** The level before all slices: the same for ever, once total and slices are of one moment. */
  get before(): number {
    return this.total - (this.after[0] ?? 0);
  }

  at(endMs: number): number {
    return this.total - (this.after[this.slicesUpTo(endMs)] ?? 0);
  }

  isFilling(endMs: number): boolean {
    return this.filling[this.slicesUpTo(endMs) - 1] ?? false;
  }

  /** How many slices end at or before `endMs`. */
  private slicesUpTo(endMs: number): number {
    let low = 0;
    let high = this.ends.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.ends[middle]! <= endMs) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
