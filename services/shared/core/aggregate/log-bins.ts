import { LogarithmicMapping } from '@datadog/sketches-js/dist/ddsketch/mapping/index.js';
import type { Amount } from './amount.ts';

/** Relative error of a percentile (DDSketch, Masson et al. 2019). */
export const RELATIVE_ACCURACY = 0.01;
// A little tighter than promised, so that rounding in the mapping never breaks the promise.
const mapping = new LogarithmicMapping(RELATIVE_ACCURACY * 0.99);

/**
 * Signed sparse bins: the bins that are not empty, ascending, and how many values each one counts. Their numbers are in
 * the order of the values: zero has a bin of its own, exact, and negative values have negative numbers.
 */
export interface LogBins {
  bins: number[];
  counts: number[];
}

/** Up to so many bins take just the room that they need: most slices have few, and there are hundreds of thousands. */
const SHORT_BINS = 16;

export function emptyBins(): LogBins {
  return { bins: [], counts: [] };
}

/** The bin of an amount. */
export function binOf(amount: Amount): number {
  const value = Number(amount);
  if (value === 0) return 0;
  // Amounts are whole numbers: the mapping's index is 0 or more.
  return value > 0 ? mapping.key(value) + 1 : -mapping.key(-value) - 1;
}

/** Adds `count` (negative: takes back) to a bin; empty bins disappear. */
export function addToBin(into: LogBins, bin: number, count: number): void {
  const { bins, counts } = into;
  const at = placeOf(bins, bin);
  if (bins[at] !== bin) {
    if (bins.length < SHORT_BINS) {
      into.bins = bins.toSpliced(at, 0, bin);
      into.counts = counts.toSpliced(at, 0, count);
    } else {
      bins.splice(at, 0, bin);
      counts.splice(at, 0, count);
    }
    return;
  }
  const sum = counts[at]! + count;
  if (sum !== 0) counts[at] = sum;
  else {
    bins.splice(at, 1);
    counts.splice(at, 1);
  }
}

/** Where a bin is, or would have to be. */
function placeOf(bins: readonly number[], bin: number): number {
  let low = 0;
  let high = bins.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (bins[middle]! < bin) low = middle + 1;
    else high = middle;
  }
  return low;
}

function valueOfBin(bin: number): number {
  if (bin === 0) return 0;
  return bin > 0 ? mapping.value(bin - 1) : -mapping.value(-bin - 1);
}

/** The value at rank ⌈q·n⌉, within RELATIVE_ACCURACY; null without samples. */
export function quantileOf({ bins, counts }: LogBins, n: number, q: number): number | null {
  if (n <= 0) return null;
  const rank = rankOf(q, n);
  let seen = 0;
  for (let i = 0; i < bins.length; i++) {
    seen += counts[i]!;
    if (seen >= rank) return valueOfBin(bins[i]!);
  }
  const last = bins.at(-1);
  return last === undefined ? null : valueOfBin(last);
}

/** Parts of one that a q is a whole number of: a percentile has at most three digits behind the point. */
const Q_PARTS = 100_000;

/** ⌈q·n⌉, from 1: counted in whole numbers, because of doubles 0.55 × 100 is more than 55. */
export function rankOf(q: number, n: number): number {
  return Math.max(1, Math.ceil((Math.round(q * Q_PARTS) * n) / Q_PARTS));
}
