const OFFSET_BITS = 48n;
const OFFSET_MASK = (1n << OFFSET_BITS) - 1n;

/** The epoch half of every version: offsets go on from one epoch to the next (runtime/epoch-log.ts). */
export const EPOCH = 0;

/** The version of a row: `epoch << 48 | offset` of the last record applied, so that a new epoch beats every old row. */
export function versionOf(epoch: number, offset: number): bigint {
  if (epoch === 0) return BigInt(offset);
  return (BigInt(epoch) << OFFSET_BITS) | BigInt(offset);
}

/** The epoch half of a version. */
export function epochOf(version: bigint): number {
  return Number(version >> OFFSET_BITS);
}

/** The offset half of a version. */
export function offsetOf(version: bigint): number {
  return Number(version & OFFSET_MASK);
}
