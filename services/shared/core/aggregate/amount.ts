/**
 * What contributions add up: integers (counts, milliseconds, decimals at the definition's scale). A number while it is
 * a safe integer, a bigint beyond; always normalised, so that equal amounts are `===`.
 */
export type Amount = number | bigint;

/** The normalised form of an integer. */
export function toAmount(value: bigint): Amount {
  return value >= -MAX_SAFE && value <= MAX_SAFE ? Number(value) : value;
}

const MAX_SAFE = BigInt(Number.MAX_SAFE_INTEGER);

/** a + b, exact. */
export function addAmounts(a: Amount, b: Amount): Amount {
  if (typeof a === 'number' && typeof b === 'number') {
    const sum = a + b;
    if (Number.isSafeInteger(sum)) return sum;
  }
  return toAmount(BigInt(a) + BigInt(b));
}

/** a · b, exact. */
export function multiplyAmounts(a: Amount, b: Amount): Amount {
  if (typeof a === 'number' && typeof b === 'number') {
    const product = a * b;
    // Zero of either sign is one amount.
    if (Number.isSafeInteger(product)) return product + 0;
  }
  return toAmount(BigInt(a) * BigInt(b));
}

/** -a, exact. */
export function negateAmount(a: Amount): Amount {
  return typeof a === 'number' ? 0 - a : toAmount(-a);
}
