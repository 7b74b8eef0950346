import { addAmounts, type Amount, multiplyAmounts, negateAmount } from './amount.ts';
import { type ByteReader, type ByteWriter } from '../bytes/bytes.ts';

/**
 * How a level that holds between events changes, and when: enough to integrate it over any window. With δ the changes
 * before x and t their times, L(x) = Σδ is the level at x, and F(x) = x·Σδ − Σδ·t the area below it up to x: each change
 * has been there for x − t. Over [a, b) it is F(b) − F(a), whatever happened in between.
 */
export interface IntegralState {
  readonly kind: 'integral';
  n: number;
  /** Σδ and Σδ·t of how many cases are observed. */
  weight: number;
  weightTimes: Amount;
  /** Σδ and Σδ·t of what is measured. */
  level: Amount;
  levelTimes: Amount;
}

/** What a change does to the number of observed cases, by the part of its contribution. */
const WEIGHTS = [0, 1, -1] as const;

export function emptyIntegral(): IntegralState {
  return { kind: 'integral', n: 0, weight: 0, weightTimes: 0, level: 0, levelTimes: 0 };
}

/** Adds (1) or takes back (-1) a change of the level by `amount` at a clock time. */
export function addToIntegral(state: IntegralState, amount: Amount, part: 0 | 1 | 2, sign: 1 | -1, atMs: number): void {
  const level = sign === 1 ? amount : negateAmount(amount);
  const weight = sign * WEIGHTS[part];
  state.n += sign;
  state.weight += weight;
  state.weightTimes = addAmounts(state.weightTimes, multiplyAmounts(weight, atMs));
  state.level = addAmounts(state.level, level);
  state.levelTimes = addAmounts(state.levelTimes, multiplyAmounts(level, atMs));
}

/** Adds (1) or takes back (-1) another slice's. */
export function mergeIntegral(into: IntegralState, from: IntegralState, sign: 1 | -1 = 1): void {
  const signed = (amount: Amount): Amount => (sign === 1 ? amount : negateAmount(amount));
  into.n += sign * from.n;
  into.weight += sign * from.weight;
  into.weightTimes = addAmounts(into.weightTimes, signed(from.weightTimes));
  into.level = addAmounts(into.level, signed(from.level));
  into.levelTimes = addAmounts(into.levelTimes, signed(from.levelTimes));
}

/** Two areas: below what is measured, and below the number of observed cases. */
export interface Areas {
  readonly level: Amount;
  readonly weight: Amount;
}

/** Both areas up to a clock time, of all changes before it. */
export function areasUpTo({ level, levelTimes, weight, weightTimes }: IntegralState, atMs: number): Areas {
  return {
    level: addAmounts(multiplyAmounts(level, atMs), negateAmount(levelTimes)),
    weight: addAmounts(multiplyAmounts(weight, atMs), negateAmount(weightTimes)),
  };
}

/** Writes all but `n`. */
export function writeIntegral(out: ByteWriter, { weight, weightTimes, level, levelTimes }: IntegralState): void {
  out.integer(weight).integer(weightTimes).integer(level).integer(levelTimes);
}

/** Reads what `writeIntegral` wrote into an empty state. */
export function readIntegral(input: ByteReader, state: IntegralState): void {
  state.weight = input.integer();
  state.weightTimes = input.amount();
  state.level = input.amount();
  state.levelTimes = input.amount();
}
