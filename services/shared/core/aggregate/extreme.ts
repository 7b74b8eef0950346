import type { Amount } from './amount.ts';

/** How many distinct outermost values a min or max keeps. */
export const EXTREME_KEPT_MAX = 16;

/**
 * The outermost values of a slice, with counts. Taking back needs them, and a boundary: once a value was dropped, a
 * value at or beyond it is only counted, never kept (checkpoint trap 24: without it the answer after several
 * take-backs is a value that came later, not the true one).
 */
export interface Extreme {
  readonly kind: 'extreme';
  readonly side: 'min' | 'max';
  n: number;
  /** Outermost first. */
  kept: { readonly amount: Amount; count: number }[];
  /** The outermost value ever dropped, or null. */
  boundary: Amount | null;
}

function beyond(side: 'min' | 'max', a: Amount, b: Amount): boolean {
  return side === 'min' ? a >= b : a <= b;
}

/** Adds (`sign` 1) or takes back (-1) one value. False: values are left but none is kept, rebuild from the archive. */
export function addToExtreme(state: Extreme, amount: Amount, sign: 1 | -1): boolean {
  state.n += sign;
  if (state.n === 0) {
    state.kept = [];
    state.boundary = null;
    return true;
  }
  if (state.boundary !== null && beyond(state.side, amount, state.boundary)) return state.kept.length > 0;
  const { kept } = state;
  let at = 0;
  while (at < kept.length && kept[at]!.amount !== amount && beyond(state.side, amount, kept[at]!.amount)) at++;
  const here = kept[at];
  if (here !== undefined && here.amount === amount) {
    here.count += sign;
    if (here.count === 0) kept.splice(at, 1);
  } else if (sign === 1) {
    kept.splice(at, 0, { amount, count: 1 });
    if (kept.length > EXTREME_KEPT_MAX) state.boundary = kept.pop()!.amount;
  } else {
    throw new Error('a value was taken back from a min or max that never held it');
  }
  return state.kept.length > 0;
}

/** Adds the outermost values of another partition's slice; only for reading, the sum cannot take back. */
export function mergeExtreme(into: Extreme, from: Extreme): void {
  into.n += from.n;
  const best = from.kept[0];
  if (best === undefined) return;
  const mine = into.kept[0];
  if (mine === undefined || !beyond(into.side, best.amount, mine.amount))
    into.kept = [{ amount: best.amount, count: 1 }];
}
