import type { Amount } from './amount.ts';
import { ByteReader, type ByteWriter } from '../bytes/bytes.ts';
import { addHash, estimate, type RankCounts } from './hyper-log-log.ts';
import { murmur3 } from '../bytes/murmur3.ts';
import { SortedCounts } from './sorted-counts.ts';

/** Above so many different values exact counting is advised against: a slice is 9 bytes of each, sent at each change. */
export const DISTINCT_VALUES_MAX = 100_000;

/** How many different values came: each one's hash and how often it came, so that one that was taken back is gone. */
export interface DistinctState {
  readonly kind: 'distinct';
  n: number;
  readonly values: SortedCounts<bigint>;
}

/** About how many different values came, in room that does not grow with them. */
export interface SketchState {
  readonly kind: 'sketch';
  n: number;
  readonly ranks: RankCounts;
}

/** The state of a slice without contributions. */
export function emptyDistinct(approximate: boolean): DistinctState | SketchState {
  return approximate
    ? { kind: 'sketch', n: 0, ranks: new SortedCounts() }
    : { kind: 'distinct', n: 0, values: new SortedCounts() };
}

/** What a value contributes: the 64 bits of its hash. */
export function distinctAmount(value: string): Amount {
  const { high, low } = murmur3(value);
  return high < 0x20_0000 ? high * 2 ** 32 + low : (BigInt(high) << 32n) | BigInt(low);
}

/** Adds (1) or takes back (-1) one value, by what it contributes; `n` is the caller's. */
export function addDistinct(state: DistinctState | SketchState, amount: Amount, sign: 1 | -1): void {
  if (state.kind === 'distinct') state.values.add(BigInt(amount), sign);
  else addHash(state.ranks, BigInt(amount), sign);
}

/** Adds (1) or takes back (-1) another state of the same kind, `n` too. */
export function mergeDistinct(
  into: DistinctState | SketchState,
  from: DistinctState | SketchState,
  sign: 1 | -1 = 1,
): void {
  into.n += sign * from.n;
  if (into.kind === 'distinct' && from.kind === 'distinct') into.values.addAll(from.values, sign);
  else if (into.kind === 'sketch' && from.kind === 'sketch') into.ranks.addAll(from.ranks, sign);
}

/** Gives `after` the place of `before`, which was merged; both in their binary form. Only what differs is touched. */
export function replaceDistinct(into: DistinctState | SketchState, before: Uint8Array, after: Uint8Array): void {
  const old = new EntryReader(into.kind, before);
  const now = new EntryReader(into.kind, after);
  into.n += now.n - old.n;
  const changes = new SortedCounts<bigint | number>();
  const note = (at: EntryReader, count: number): void => changes.push(at.key(), count);
  while (!old.ended || !now.ended) {
    const order = compareEntries(old, now);
    if (order < 0) note(old, -old.count);
    else if (order > 0) note(now, now.count);
    else if (now.count !== old.count) note(now, now.count - old.count);
    if (order <= 0) old.next();
    if (order >= 0) now.next();
  }
  if (into.kind === 'distinct') into.values.addAll(changes as SortedCounts<bigint>);
  else into.ranks.addAll(changes as RankCounts);
}

/** Goes through the entries of a state in its binary form, without making a bigint of each. */
class EntryReader {
  readonly n: number;
  /** Of a sketch the key is the low half. */
  high = 0;
  low = 0;
  count = 0;
  ended = false;
  private left: number;
  private readonly kind: 'distinct' | 'sketch';
  private readonly input: ByteReader;

  constructor(kind: 'distinct' | 'sketch', bytes: Uint8Array) {
    this.kind = kind;
    this.input = new ByteReader(bytes);
    this.n = this.input.integer();
    this.left = this.input.integer();
    this.next();
  }

  next(): void {
    if (this.left-- <= 0) {
      this.ended = true;
      return;
    }
    if (this.kind === 'sketch') this.low += this.input.integer();
    else {
      this.high = this.input.halfWord();
      this.low = this.input.halfWord();
    }
    this.count = this.input.integer();
  }

  key(): bigint | number {
    return this.kind === 'sketch' ? this.low : (BigInt(this.high) << 32n) | BigInt(this.low);
  }
}

/** Below 0: the entry of `a` is the one to go through first. */
function compareEntries(a: EntryReader, b: EntryReader): number {
  if (a.ended || b.ended) return a.ended ? 1 : -1;
  return a.high === b.high ? a.low - b.low : a.high - b.high;
}

/** How many different values there are: exact, or as the sketch estimates. */
export function distinctValues(state: DistinctState | SketchState): number {
  return state.kind === 'distinct' ? state.values.keys.length : estimate(state.ranks);
}

/** Writes a state behind its `n`. Hashes take 8 bytes each; the keys of a sketch lie close together. */
export function writeDistinct(out: ByteWriter, state: DistinctState | SketchState): void {
  const { keys, counts } = state.kind === 'distinct' ? state.values : state.ranks;
  out.integer(keys.length);
  let before = 0;
  for (let i = 0; i < keys.length; i++) {
    const key = keys[i]!;
    if (typeof key === 'bigint') out.word(key);
    else {
      out.integer(key - before);
      before = key;
    }
    out.integer(counts[i]!);
  }
}

/** Reads what `writeDistinct` wrote into a state that is empty but for its `n`. */
export function readDistinct(input: ByteReader, state: DistinctState | SketchState): void {
  let key = 0;
  for (let left = input.integer(); left > 0; left--) {
    if (state.kind === 'distinct') state.values.push(input.word(), input.integer());
    else state.ranks.push((key += input.integer()), input.integer());
  }
}
