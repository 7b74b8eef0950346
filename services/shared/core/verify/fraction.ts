/** An exact number; the denominator is above zero. */
export interface Fraction {
  readonly numerator: bigint;
  readonly denominator: bigint;
}

/** numerator / denominator with its sign above the line; null over zero. */
export function fraction(numerator: bigint, denominator: bigint): Fraction | null {
  if (denominator === 0n) return null;
  return denominator > 0n ? { numerator, denominator } : { numerator: -numerator, denominator: -denominator };
}

/** Reads the exact text of a value row, a plain decimal or `p/q`; null for anything else. */
export function readFraction(text: string): Fraction | null {
  const [above = '', below] = text.split('/');
  if (!/^-?\d+(\.\d+)?$/.test(above) || (below !== undefined && !/^\d+$/.test(below))) return null;
  const digits = above.split('.')[1]?.length ?? 0;
  return fraction(BigInt(above.replace('.', '')), 10n ** BigInt(digits) * BigInt(below ?? 1));
}

export function sameFraction(a: Fraction, b: Fraction): boolean {
  return a.numerator * b.denominator === b.numerator * a.denominator;
}

/** The nearest number that a double holds, to its last few bits. */
export function fractionNumber({ numerator, denominator }: Fraction): number {
  return Number(numerator) / Number(denominator);
}
