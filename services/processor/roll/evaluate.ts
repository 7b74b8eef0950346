import { addAmounts, negateAmount } from '../../shared/core/aggregate/amount.ts';
import { type Definition, LEVEL_TOTAL_MS } from '../../shared/core/definition.ts';
import { type Result, resultOf } from '../../shared/core/aggregate/result.ts';
import { sliceEnd, windowStart } from '../../shared/core/window/window.ts';
import { MovingReader } from './moving-reader.ts';
import { higher, NO_RISE, type Rise, riseOf } from './rise.ts';
import type { OpenImports, Series } from './series.ts';

/** Where the windows of a level are read. */
export type Levels = LevelReader | MovingReader;

/** The result of the window of a series that ends at `endMs`; levels are read from `levels`. */
export function resultAt(
  series: Series,
  endMs: number,
  levels: Levels | null,
): Result & { readonly windowStartMs: number } {
  const windowStartMs = windowStart(series.definition.window, endMs);
  if (levels === null) return { ...resultOf(series.definition, series.windowState(endMs)), windowStartMs };
  if (levels instanceof MovingReader) return { ...levels.resultAt(endMs), windowStartMs };
  return { ...levelResult(series.definition, levels.at(endMs)), windowStartMs };
}

/** Whether an open import touches the window that ends at `endMs`. */
export function isFilling(series: Series, endMs: number, imports: OpenImports, levels: Levels | null): boolean {
  if (levels !== null) return levels.isFilling(endMs);
  if (!series.mayBeInImport(imports)) return false;
  const { window } = series.definition;
  const fromMs = windowStart(window, endMs);
  for (let startMs = fromMs; startMs < endMs; startMs = sliceEnd(window, startMs))
    if (series.inImport(startMs, imports)) return true;
  return false;
}

function levelResult(definition: Definition, { delta, sum }: Rise): Result {
  const valued = definition.aggregate.kind === 'level' && definition.aggregate.of !== undefined;
  return resultOf(definition, valued ? { kind: 'valued-level', n: 0, delta, sum } : { kind: 'level', n: 0, delta });
}

/**
 * All of a level's windows at once: a level at T is the total less the slices after T. Built once per computation,
 * because a change moves every later row.
 */
export class LevelReader {
  private readonly ends: number[] = [];
  /** What the slices from index i on add, and whether an open import touches one up to i. */
  private readonly after: Rise[] = [];
  private readonly filling: boolean[] = [];
  private readonly total: Rise;

  constructor(series: Series, imports: OpenImports) {
    const starts = series.starts();
    this.total = riseOf(series, LEVEL_TOTAL_MS);
    const mayFill = series.mayBeInImport(imports);
    let filling = false;
    for (const startMs of starts) {
      this.ends.push(sliceEnd(series.definition.window, startMs));
      this.after.push(NO_RISE);
      filling ||= mayFill && series.inImport(startMs, imports);
      this.filling.push(filling);
    }
    let later = NO_RISE;
    for (let i = starts.length - 1; i >= 0; i--) {
      this.after[i] = later = higher(later, riseOf(series, starts[i]!));
    }
  }

  /** The level before all slices: the same for ever, once total and slices are of one moment. */
  get before(): Rise {
    return this.lessFrom(0);
  }

  at(endMs: number): Rise {
    return this.lessFrom(this.slicesUpTo(endMs));
  }

  private lessFrom(index: number): Rise {
    const later = this.after[index] ?? NO_RISE;
    return { delta: this.total.delta - later.delta, sum: addAmounts(this.total.sum, negateAmount(later.sum)) };
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
