import type { SortedCounts } from './sorted-counts.ts';

/** Bits of a hash that choose the register: 4,096 of them. */
const REGISTER_BITS = 12;
const REGISTERS = 2 ** REGISTER_BITS;
/** The bits left, whose leading zeros are counted. */
const RANK_BITS = 64 - REGISTER_BITS;
/** A rank is at most RANK_BITS + 1, which takes this many bits. */
const RANK_STEP = 64;
/** α for infinitely many registers: 1 / (2 ln 2). */
const ALPHA = 0.5 / Math.LN2;

/** Standard error of an estimate, relative: 1.04 / √m (Flajolet et al. 2007). */
export const STANDARD_ERROR = 1.04 / Math.sqrt(REGISTERS);

/**
 * A HyperLogLog that can take back: not only the highest rank of each register is kept, but how often each rank came in
 * it. Keys are register · 64 + rank. So it is a function of the multiset of hashes, and adding is exact both ways.
 */
export type RankCounts = SortedCounts<number>;

/** Adds (1) or takes back (-1) a hash of 64 bits. */
export function addHash(into: RankCounts, hash: bigint, sign: 1 | -1): void {
  const high = Number(hash >> 32n);
  const low = Number(hash & 0xffff_ffffn);
  const register = high >>> (32 - REGISTER_BITS);
  const rest = high & (2 ** (32 - REGISTER_BITS) - 1);
  const zeros = rest === 0 ? 32 - REGISTER_BITS + Math.clz32(low) : Math.clz32(rest) - REGISTER_BITS;
  into.add(register * RANK_STEP + zeros + 1, sign);
}

/**
 * How many different hashes there are about, a whole number: the improved raw estimator of Ertl 2017 (New cardinality
 * estimation algorithms for HyperLogLog sketches, algorithm 6), which needs no corrections for few or very many.
 */
export function estimate({ keys }: RankCounts): number {
  // How many registers have each value; the last rank of a register is its highest.
  const registers = Array.from({ length: RANK_BITS + 2 }, () => 0);
  let filled = 0;
  for (let i = 0; i < keys.length; i++) {
    const register = Math.floor(keys[i]! / RANK_STEP);
    const next = keys[i + 1];
    if (next !== undefined && Math.floor(next / RANK_STEP) === register) continue;
    registers[keys[i]! % RANK_STEP]!++;
    filled++;
  }
  if (filled === 0) return 0;
  let z = REGISTERS * tau(1 - registers[RANK_BITS + 1]! / REGISTERS);
  for (let rank = RANK_BITS; rank >= 1; rank--) z = 0.5 * (z + registers[rank]!);
  z += REGISTERS * sigma((REGISTERS - filled) / REGISTERS);
  return Math.round((ALPHA * REGISTERS * REGISTERS) / z);
}

/** x + Σ x^(2^k) · 2^(k-1): what empty registers say. At least one is filled, so x < 1. */
function sigma(x: number): number {
  let [power, weight, sum, before] = [x, 1, x, -1];
  while (sum !== before) {
    power *= power;
    before = sum;
    sum += power * weight;
    weight += weight;
  }
  return sum;
}

/** (1 − x − Σ (1 − x^(2^-k))² · 2^-k) / 3: what full registers say. */
function tau(x: number): number {
  if (x === 0 || x === 1) return 0;
  let [root, weight, sum, before] = [x, 1, 1 - x, -1];
  while (sum !== before) {
    root = Math.sqrt(root);
    before = sum;
    weight *= 0.5;
    sum -= (1 - root) ** 2 * weight;
  }
  return sum / 3;
}
