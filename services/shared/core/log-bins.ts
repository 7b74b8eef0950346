import { LogarithmicMapping } from '@datadog/sketches-js/dist/ddsketch/mapping/index.js';
import type { Amount } from './amount.ts';

/** Relative error of a percentile (DDSketch, Masson et al. 2019). */
export const RELATIVE_ACCURACY = 0.01;
// A little tighter than promised, so that rounding in the mapping never breaks the promise.
const mapping = new LogarithmicMapping(RELATIVE_ACCURACY * 0.99);

/** Signed sparse bins: index of the logarithmic bin to count. Zero has a bin of its own, exact. */
export type LogBins = Map<number, number>;

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
  const sum = (bins.get(bin) ?? 0) + count;
  if (sum === 0) bins.delete(bin);
  else bins.set(bin, sum);
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

function binAt(order: number): number {
  if (order === 0) return ZERO;
  return order < 0 ? (-APART - order) * 2 + 1 : (order - APART) * 2;
}

/** The value at rank ⌈q·n⌉, within RELATIVE_ACCURACY; null without samples. */
export function quantileOf(bins: LogBins, n: number, q: number): number | null {
  if (n <= 0) return null;
  const rank = Math.max(1, Math.ceil(q * n));
  const orders = Float64Array.from(bins.keys(), orderOf).sort();
  let seen = 0;
  for (const order of orders) {
    seen += bins.get(binAt(order)) ?? 0;
    if (seen >= rank) return valueOfBin(binAt(order));
  }
  const last = orders.at(-1);
  return last === undefined ? null : valueOfBin(binAt(last));
}
