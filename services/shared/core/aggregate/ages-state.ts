import type { Amount } from './amount.ts';
import { type ByteReader, type ByteWriter } from '../bytes/bytes.ts';
import { rankOf } from './log-bins.ts';
import { SortedCounts } from './sorted-counts.ts';

/** Entries of percentiles are told apart to the minute: an age is right to half of one. */
export const AGE_STEP_MS = 60_000;

/**
 * When what a level counts has entered: how many entries each step of time has, less those that have left. A slice holds
 * what changed in it, so exits of earlier entries are negative counts there.
 */
export interface AgesState {
  readonly kind: 'ages';
  n: number;
  /** By how much the level rises. */
  delta: number;
  /** Length of a step, ms. */
  readonly stepMs: number;
  /** By step, counted from where the clock begins. */
  readonly entries: SortedCounts<number>;
}

/** Of percentiles by the minute; exact where only the oldest is asked for. */
export function emptyAges(of: 'max' | 'percentile'): AgesState {
  return { kind: 'ages', n: 0, delta: 0, stepMs: of === 'max' ? 1 : AGE_STEP_MS, entries: new SortedCounts() };
}

/** Counts an entry at a clock time, or (`isExit`, its negative) what had entered then and leaves; -1 takes it back. */
export function addToAges(state: AgesState, amount: Amount, isExit: boolean, sign: 1 | -1): void {
  const entryMs = Number(amount) * (isExit ? -1 : 1);
  const count = isExit ? -sign : sign;
  state.n += sign;
  state.delta += count;
  state.entries.add(Math.floor(entryMs / state.stepMs), count);
}

/** Adds (1) or takes back (-1) another slice's. */
export function mergeAges(into: AgesState, from: AgesState, sign: 1 | -1 = 1): void {
  into.n += sign * from.n;
  into.delta += sign * from.delta;
  into.entries.addAll(from.entries, sign);
}

/** Age of the one that entered first, ms; null: nothing is open. Exact where steps are of a millisecond. */
export function oldestAgeMs({ entries }: AgesState, nowMs: number): number | null {
  const [first] = entries.keys;
  return first === undefined ? null : nowMs - first;
}

/** The age at rank ⌈q·n⌉ of those open, ms, right to half a step; null: nothing is open. */
export function agePercentileMs({ entries, delta, stepMs }: AgesState, nowMs: number, q: number): number | null {
  if (delta <= 0) return null;
  // The youngest comes first, and it entered last.
  let left = rankOf(q, delta);
  for (let i = entries.keys.length - 1; i >= 0; i--) {
    left -= entries.counts[i]!;
    if (left <= 0) return Math.max(0, nowMs - (entries.keys[i]! * stepMs + stepMs / 2));
  }
  return null;
}

/** Writes all but `n`. */
export function writeAges(out: ByteWriter, { delta, entries }: AgesState): void {
  out.integer(delta).integer(entries.keys.length);
  let before = 0;
  entries.keys.forEach((key, i) => {
    out.integer(key - before).integer(entries.counts[i]!);
    before = key;
  });
}

/** Reads what `writeAges` wrote into an empty state. */
export function readAges(input: ByteReader, state: AgesState): void {
  state.delta = input.integer();
  let key = 0;
  for (let left = input.integer(); left > 0; left--) {
    state.entries.push((key += input.integer()), input.integer());
  }
}
