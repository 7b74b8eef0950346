/** The value at rank ⌈q·n⌉ of values in ascending order; NaN of none. `q` is in (0, 1]. */
export function quantile(ascending: ArrayLike<number>, q: number): number {
  const rank = Math.max(1, Math.ceil(q * ascending.length));
  return ascending[rank - 1] ?? NaN;
}

/** The middle of some values, the lower one of two. */
export function median(values: readonly number[]): number {
  return quantile(Float64Array.from(values).sort(), 0.5);
}
