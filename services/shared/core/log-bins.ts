import { LogarithmicMapping } from '@datadog/sketches-js/dist/ddsketch/mapping/index.js';
import type { Amount } from './amount.ts';

/** Relative error of a percentile (DDSketch, Masson et al. 2019). */
export const RELATIVE_ACCURACY = 0.01;
// A little tighter than promised, so that rounding in the mapping never breaks the promise.
const mapping = new LogarithmicMapping(RELATIVE_ACCURACY * 0.99);

/** Signed sparse bins: count by bin. The order of the bins is kept until a bin comes or goes. */
export interface LogBins {
  readonly counts: Map<number, number>;
  /** The bins from the lowest value to the highest; null: to be sorted again. */
  sorted: readonly number[] | null;
}

export function emptyBins(): LogBins {
  return { counts: new Map(), sorted: null };
}

// Negative values get odd keys, positive ones even keys, zero its own: one map serves all three.
const ZERO = Number.MIN_SAFE_INTEGER;

/** The bin of an amount. */
export function binOf(amount: Amount): number {
  const value = Number(amount);
  if (value === 0) return ZERO;
  return value > 0 ? mapping.key(value) * 2 : mapping.key(-value) * 2 + 1;
}

/** Adds `count` (negative: takes back) to a bin; empty bins disappear. */
export function addToBin(bins: LogBins, bin: number, count: number): void {
  const before = bins.counts.get(bin);
  const sum = (before ?? 0) + count;
  if (sum === 0) bins.counts.delete(bin);
  else bins.counts.set(bin, sum);
  if (sum === 0 || before === undefined) bins.sorted = null;
}

/** The bins from the lowest value to the highest. */
export function sortedBins(bins: LogBins): readonly number[] {
  bins.sorted ??= [...bins.counts.keys()].sort((a, b) => orderOf(a) - orderOf(b));
  return bins.sorted;
}

function valueOfBin(bin: number): number {
  if (bin === ZERO) return 0;
  const odd = Math.abs(bin % 2) === 1;
  return odd ? -mapping.value((bin - 1) / 2) : mapping.value(bin / 2);
}

/** Above every index of the mapping: keeps negative values, zero and positive ones apart in an order of bins. */
const APART = 2 ** 40;

/** A number that grows with the values of a bin. */
function orderOf(bin: number): number {
  if (bin === ZERO) return 0;
  return Math.abs(bin % 2) === 1 ? -APART - (bin - 1) / 2 : APART + bin / 2;
}

/** The value at rank ⌈q·n⌉, within RELATIVE_ACCURACY; null without samples. */
export function quantileOf(bins: LogBins, n: number, q: number): number | null {
  if (n <= 0) return null;
  const rank = Math.max(1, Math.ceil(q * n));
  const sorted = sortedBins(bins);
  let seen = 0;
  for (const bin of sorted) {
    seen += bins.counts.get(bin) ?? 0;
    if (seen >= rank) return valueOfBin(bin);
  }
  const last = sorted.at(-1);
  return last === undefined ? null : valueOfBin(last);
}
