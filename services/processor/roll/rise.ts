import type { AggregateState } from '../../shared/core/aggregate/aggregate-state.ts';
import { addAmounts, type Amount } from '../../shared/core/aggregate/amount.ts';

/** By how much a level and the sum of its values rise, or how high they are. */
export interface Rise {
  readonly delta: number;
  readonly sum: Amount;
}

/** No rise at all. */
export const NO_RISE: Rise = { delta: 0, sum: 0 };

/** The slices of a level, of all sources. */
interface LevelSlices {
  empty(): AggregateState;
  mergeSlice(sliceStartMs: number, into: AggregateState): void;
}

/** By how much a slice of a level raises it. */
export function riseOf(series: LevelSlices, startMs: number): Rise {
  const state = series.empty();
  series.mergeSlice(startMs, state);
  if (state.kind === 'valued-level') return state;
  return state.kind === 'level' ? { delta: state.delta, sum: 0 } : NO_RISE;
}

/** Both together. */
export function higher(a: Rise, b: Rise): Rise {
  return { delta: a.delta + b.delta, sum: addAmounts(a.sum, b.sum) };
}
