import { addToAges, type AgesState, emptyAges, mergeAges, readAges, writeAges } from './ages-state.ts';
import { type Amount, addAmounts, negateAmount } from './amount.ts';
import { ByteReader, ByteWriter } from '../bytes/bytes.ts';
import type { Aggregate } from '../definition.ts';
import {
  addDistinct,
  type DistinctState,
  emptyDistinct,
  mergeDistinct,
  readDistinct,
  replaceDistinct,
  type SketchState,
  writeDistinct,
} from './distinct-state.ts';
import { addToExtreme, type Extreme, mergeExtreme } from './extreme.ts';
import {
  addToIntegral,
  emptyIntegral,
  type IntegralState,
  mergeIntegral,
  readIntegral,
  writeIntegral,
} from './integral-state.ts';
import { addToLast, type EventPlace, type LastState, mergeLast, readLast, writeLast } from './last.ts';
import { addToBin, binOf, emptyBins, type LogBins } from './log-bins.ts';

/**
 * What one slice of one series holds: a mergeable value that can add and take back. `n` is the net number of
 * contributions; a state with n = 0 equals the empty state.
 */
export type AggregateState =
  | { readonly kind: 'count'; n: number }
  | { readonly kind: 'sum'; n: number; sum: Amount }
  | Extreme
  | LastState
  | DistinctState
  | SketchState
  | AgesState
  | IntegralState
  | { readonly kind: 'quantile'; n: number; readonly bins: LogBins }
  | { readonly kind: 'ratio'; n: number; numerator: Amount; denominator: Amount }
  | { readonly kind: 'level'; n: number; delta: number }
  /** A level that also has values: how much it and their sum rise. */
  | { readonly kind: 'valued-level'; n: number; delta: number; sum: Amount };

/**
 * Which side of a ratio a contribution belongs to; of a level with values or ages whether it is an exit (1); of an integral
 * whether with it one more case is observed (1), or one less (2); else 0.
 */
export type Part = 0 | 1 | 2;

/** The state of a slice without contributions. */
export function emptyState(aggregate: Aggregate): AggregateState {
  switch (aggregate.kind) {
    case 'count':
      return { kind: 'count', n: 0 };
    case 'sum':
    case 'mean':
      return { kind: 'sum', n: 0, sum: 0 };
    case 'min':
    case 'max':
      return { kind: 'extreme', side: aggregate.kind, n: 0, kept: [], boundary: null };
    case 'last':
      return { kind: 'last', n: 0, kept: [], boundary: null };
    case 'distinct':
      return emptyDistinct(aggregate.approximate);
    case 'percentile':
      return { kind: 'quantile', n: 0, bins: emptyBins() };
    case 'ratio':
      return { kind: 'ratio', n: 0, numerator: 0, denominator: 0 };
    case 'level':
      if (aggregate.of !== undefined) return { kind: 'valued-level', n: 0, delta: 0, sum: 0 };
      return { kind: 'level', n: 0, delta: 0 };
    case 'age':
      // The sum of the entries' times, with how many they are, says what the sum of their ages is.
      if (aggregate.of === 'mean' || aggregate.of === 'sum') return { kind: 'valued-level', n: 0, delta: 0, sum: 0 };
      return emptyAges(aggregate.of);
    case 'integral':
      return emptyIntegral();
    case 'derived':
      throw new Error('a KPI that is computed from others has no slices');
  }
}

/**
 * Adds (1) or takes back (-1) one contribution; of a last, `place` is that of its event, of an integral `atMs` its time on
 * the clock. False: an extreme or a last must be rebuilt from the archive.
 */
export function contribute(
  state: AggregateState,
  amount: Amount,
  part: Part,
  sign: 1 | -1,
  place?: EventPlace,
  atMs?: number,
): boolean {
  if (state.kind === 'extreme') return addToExtreme(state, amount, sign);
  if (state.kind === 'last') {
    if (place === undefined) throw new Error('a last needs to know where its event stands');
    return addToLast(state, { ...place, amount }, sign);
  }
  if (state.kind === 'ages') {
    addToAges(state, amount, part === 1, sign);
    return true;
  }
  if (state.kind === 'integral') {
    if (atMs === undefined) throw new Error('an integral needs to know when its level changes');
    addToIntegral(state, amount, part, sign, atMs);
    return true;
  }
  state.n += sign;
  if (state.kind === 'distinct' || state.kind === 'sketch') {
    addDistinct(state, amount, sign);
    return true;
  }
  const signed = sign === 1 ? amount : negateAmount(amount);
  if (state.kind === 'sum') state.sum = addAmounts(state.sum, signed);
  else if (state.kind === 'quantile') addToBin(state.bins, binOf(amount), sign);
  else if (state.kind === 'level') state.delta += Number(signed);
  else if (state.kind === 'valued-level') {
    state.delta += part === 0 ? sign : -sign;
    state.sum = addAmounts(state.sum, signed);
  } else if (state.kind === 'ratio') {
    if (part === 0) state.numerator = addAmounts(state.numerator, signed);
    else state.denominator = addAmounts(state.denominator, signed);
  }
  return true;
}

/** Adds another slice's state into `into`; both of the same aggregate. */
export function mergeState(into: AggregateState, from: AggregateState): void {
  if (into.kind === 'extreme' && from.kind === 'extreme') return mergeExtreme(into, from);
  if (into.kind === 'last' && from.kind === 'last') return mergeLast(into, from);
  if (isDistinct(into) && isDistinct(from)) return mergeDistinct(into, from);
  if (into.kind === 'ages' && from.kind === 'ages') return mergeAges(into, from);
  if (into.kind === 'integral' && from.kind === 'integral') return mergeIntegral(into, from);
  into.n += from.n;
  if (into.kind === 'sum' && from.kind === 'sum') into.sum = addAmounts(into.sum, from.sum);
  else if (into.kind === 'quantile' && from.kind === 'quantile')
    from.bins.bins.forEach((bin, i) => addToBin(into.bins, bin, from.bins.counts[i]!));
  else if (into.kind === 'level' && from.kind === 'level') into.delta += from.delta;
  else if (into.kind === 'valued-level' && from.kind === 'valued-level') {
    into.delta += from.delta;
    into.sum = addAmounts(into.sum, from.sum);
  } else if (into.kind === 'ratio' && from.kind === 'ratio') {
    into.numerator = addAmounts(into.numerator, from.numerator);
    into.denominator = addAmounts(into.denominator, from.denominator);
  }
}

function isDistinct(state: AggregateState): state is DistinctState | SketchState {
  return state.kind === 'distinct' || state.kind === 'sketch';
}

/** Whether what was merged can be taken back. Of min, max and last only what stands at the end is known. */
export function takesBack({ kind }: Aggregate): boolean {
  return kind !== 'min' && kind !== 'max' && kind !== 'last';
}

/**
 * Adds (1) or takes back (-1) a state in its binary form; both of `aggregate`. The same as decoding and merging, but
 * quicker. What was added before can be taken back exactly where `takesBack` says so: elsewhere it throws.
 */
export function mergeEncoded(into: AggregateState, aggregate: Aggregate, bytes: Uint8Array, sign: 1 | -1 = 1): void {
  if (into.kind === 'quantile' || into.kind === 'count' || into.kind === 'sum') {
    const input = new ByteReader(bytes);
    into.n += sign * input.integer();
    if (into.kind === 'sum') {
      const amount = input.amount();
      into.sum = addAmounts(into.sum, sign === 1 ? amount : negateAmount(amount));
    } else if (into.kind === 'quantile') {
      for (let left = input.integer(); left > 0; left--) {
        const bin = input.integer();
        addToBin(into.bins, bin, sign * input.integer());
      }
    }
    return;
  }
  const state = decodeState(aggregate, bytes);
  if (isDistinct(into) && isDistinct(state)) return mergeDistinct(into, state, sign);
  if (into.kind === 'ages' && state.kind === 'ages') return mergeAges(into, state, sign);
  if (into.kind === 'integral' && state.kind === 'integral') return mergeIntegral(into, state, sign);
  if (sign === -1) negate(state);
  mergeState(into, state);
}

/**
 * Gives `after` the place of `before`, which was merged into `into`: the same as taking back the one and adding the
 * other, in one pass that touches only what differs. Both in their binary form, of `aggregate`, which takes back.
 */
export function replaceEncoded(
  into: AggregateState,
  aggregate: Aggregate,
  before: Uint8Array,
  after: Uint8Array,
): void {
  if (isDistinct(into)) return replaceDistinct(into, before, after);
  if (into.kind !== 'quantile') {
    mergeEncoded(into, aggregate, before, -1);
    mergeEncoded(into, aggregate, after);
    return;
  }
  const old = new ByteReader(before);
  const now = new ByteReader(after);
  into.n += now.integer() - old.integer();
  let oldLeft = old.integer();
  let nowLeft = now.integer();
  let oldBin = oldLeft > 0 ? old.integer() : Infinity;
  let nowBin = nowLeft > 0 ? now.integer() : Infinity;
  while (oldLeft > 0 || nowLeft > 0) {
    const bin = Math.min(oldBin, nowBin);
    let change = 0;
    if (nowBin === bin) {
      change += now.integer();
      nowBin = --nowLeft > 0 ? now.integer() : Infinity;
    }
    if (oldBin === bin) {
      change -= old.integer();
      oldBin = --oldLeft > 0 ? old.integer() : Infinity;
    }
    if (change !== 0) addToBin(into.bins, bin, change);
  }
}

/** Turns a state into what takes it back. */
function negate(state: AggregateState): void {
  if (state.kind === 'extreme' || state.kind === 'last') throw new Error('a merged min, max or last cannot take back');
  state.n = -state.n;
  if (state.kind === 'sum') state.sum = negateAmount(state.sum);
  else if (state.kind === 'level') state.delta = -state.delta;
  else if (state.kind === 'valued-level') {
    state.delta = -state.delta;
    state.sum = negateAmount(state.sum);
  } else if (state.kind === 'ratio') {
    state.numerator = negateAmount(state.numerator);
    state.denominator = negateAmount(state.denominator);
  } else if (state.kind === 'quantile') {
    const { counts } = state.bins;
    for (let i = 0; i < counts.length; i++) counts[i] = -counts[i]!;
  }
}

/** The compact binary form, equal for equal states. */
export function encodeState(state: AggregateState): Uint8Array {
  const out = new ByteWriter().integer(state.n);
  switch (state.kind) {
    case 'count':
      break;
    case 'sum':
      out.integer(state.sum);
      break;
    case 'ratio':
      out.integer(state.numerator).integer(state.denominator);
      break;
    case 'level':
      out.integer(state.delta);
      break;
    case 'valued-level':
      out.integer(state.delta).integer(state.sum);
      break;
    case 'extreme':
      out.integer(state.boundary === null ? 0 : 1);
      if (state.boundary !== null) out.integer(state.boundary);
      out.integer(state.kept.length);
      for (const { amount, count } of state.kept) out.integer(amount).integer(count);
      break;
    case 'last':
      writeLast(out, state);
      break;
    case 'distinct':
    case 'sketch':
      writeDistinct(out, state);
      break;
    case 'ages':
      writeAges(out, state);
      break;
    case 'integral':
      writeIntegral(out, state);
      break;
    case 'quantile': {
      const { bins, counts } = state.bins;
      out.integer(bins.length);
      for (let i = 0; i < bins.length; i++) out.integer(bins[i]!).integer(counts[i]!);
    }
  }
  return out.finish();
}

/** Reads what `encodeState` wrote for the same aggregate. */
export function decodeState(aggregate: Aggregate, bytes: Uint8Array): AggregateState {
  const state = emptyState(aggregate);
  const input = new ByteReader(bytes);
  state.n = input.integer();
  switch (state.kind) {
    case 'count':
      break;
    case 'sum':
      state.sum = input.amount();
      break;
    case 'ratio':
      state.numerator = input.amount();
      state.denominator = input.amount();
      break;
    case 'level':
      state.delta = input.integer();
      break;
    case 'valued-level':
      state.delta = input.integer();
      state.sum = input.amount();
      break;
    case 'extreme': {
      if (input.integer() === 1) state.boundary = input.amount();
      const length = input.integer();
      for (let i = 0; i < length; i++) state.kept.push({ amount: input.amount(), count: input.integer() });
      break;
    }
    case 'last':
      readLast(input, state);
      break;
    case 'distinct':
    case 'sketch':
      readDistinct(input, state);
      break;
    case 'ages':
      readAges(input, state);
      break;
    case 'integral':
      readIntegral(input, state);
      break;
    case 'quantile': {
      const length = input.integer();
      for (let i = 0; i < length; i++) {
        state.bins.bins.push(input.integer());
        state.bins.counts.push(input.integer());
      }
    }
  }
  return state;
}
