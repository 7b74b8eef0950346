import type { AggregateState } from './aggregate-state.ts';
import type { Amount } from './amount.ts';
import { type Definition, isTime } from '../definition.ts';
import { distinctValues } from './distinct-state.ts';
import { quantileOf } from './log-bins.ts';

/** What a window of a series comes to, in the KPI's unit. */
export interface Result {
  /** Null: there is no value (no samples, or a ratio over nothing). Never NaN or infinite. */
  readonly value: number | null;
  /** Exact: a plain decimal where it is finite, else a reduced fraction `p/q`; null for sketches and no value. */
  readonly exact: string | null;
  readonly samples: number;
}

const UNIT_MS: Readonly<Record<string, bigint>> = { ms: 1n, s: 1_000n, min: 60_000n, h: 3_600_000n, d: 86_400_000n };

/** By how much milliseconds are divided to be in a unit of time. */
export function unitMs(unit: string): bigint {
  return UNIT_MS[unit] ?? 1n;
}

/** By how much an amount of this definition is divided to be in its unit. */
function divisorOf(definition: Definition): bigint {
  if (isTime(definition.measure)) return unitMs(definition.unit);
  return 10n ** BigInt(definition.scale);
}

/** The result of a merged state; of one that moves with time there is none without a time (see `movingResult`). */
export function resultOf(definition: Definition, state: AggregateState): Result {
  const samples = state.n;
  switch (state.kind) {
    case 'count':
      return { value: samples, exact: String(samples), samples };
    case 'level':
      return { value: state.delta, exact: String(state.delta), samples: state.delta };
    case 'valued-level': {
      const mean = definition.aggregate.kind === 'level' && definition.aggregate.of === 'mean';
      return rational(state.sum, mean ? state.delta : 1, divisorOf(definition), state.delta);
    }
    case 'ratio':
      // Of cases over cases those that are above the line are below it too: they are one sample.
      return rational(
        state.numerator,
        state.denominator,
        ratioScale(definition),
        definition.measure.kind === 'ratio' ? samples : Number(state.denominator),
      );
    case 'sum': {
      const mean = definition.aggregate.kind === 'mean';
      return rational(state.sum, mean ? samples : 1, divisorOf(definition), samples);
    }
    case 'distinct':
    case 'sketch': {
      const value = distinctValues(state);
      return { value, exact: state.kind === 'distinct' ? String(value) : null, samples };
    }
    case 'extreme':
    case 'last': {
      const best = state.kept[0];
      return best === undefined
        ? { value: null, exact: null, samples }
        : rational(best.amount, 1, divisorOf(definition), samples);
    }
    case 'ages':
    case 'integral':
      return { value: null, exact: null, samples: 0 };
    case 'quantile': {
      const q = definition.aggregate.kind === 'percentile' ? definition.aggregate.q : 0.5;
      const value = quantileOf(state.bins, samples, q);
      return { value: value === null ? null : value / Number(divisorOf(definition)), exact: null, samples };
    }
  }
}

/** Sums carry the definition's scale, counts do not: a ratio of one over the other keeps the difference. */
function ratioScale(definition: Definition): bigint {
  if (definition.measure.kind !== 'ratio') return 1n;
  const { numerator, denominator } = definition.measure;
  const power =
    (numerator.aggregate === 'sum' ? definition.scale : 0) - (denominator.aggregate === 'sum' ? definition.scale : 0);
  return power >= 0 ? 10n ** BigInt(power) : -(10n ** BigInt(-power));
}

/** amount / count / divisor, no value over nothing; a negative divisor stands for a factor (see ratioScale). */
export function rational(amount: Amount, count: Amount, divisor: bigint, samples: number): Result {
  // A whole number over one is what it is: most sums and extremes.
  if (count === 1 && divisor === 1n) return { value: Number(amount), exact: String(amount), samples };
  let p = BigInt(amount);
  let q = BigInt(count);
  if (divisor < 0n) p *= -divisor;
  else q *= divisor;
  if (q === 0n) return { value: null, exact: null, samples };
  if (q < 0n) [p, q] = [-p, -q];
  const common = gcd(p < 0n ? -p : p, q);
  p /= common;
  q /= common;
  return { value: Number(p) / Number(q), exact: exactText(p, q), samples };
}

function gcd(a: bigint, b: bigint): bigint {
  while (b !== 0n) [a, b] = [b, a % b];
  return a === 0n ? 1n : a;
}

/** A reduced fraction as a finite decimal where its denominator has no other primes than 2 and 5. */
function exactText(p: bigint, q: bigint): string {
  let digits = 0;
  let rest = q;
  while (rest % 10n === 0n) {
    rest /= 10n;
    digits++;
  }
  for (const prime of [2n, 5n]) {
    while (rest % prime === 0n) {
      rest /= prime;
      digits++;
    }
  }
  if (rest !== 1n) return `${p}/${q}`;
  if (digits === 0) return String(p);
  const scaled = (p * 10n ** BigInt(digits)) / q;
  const text = (scaled < 0n ? -scaled : scaled).toString().padStart(digits + 1, '0');
  const fraction = text.slice(text.length - digits).replace(/0+$/, '');
  return `${scaled < 0n ? '-' : ''}${text.slice(0, text.length - digits)}${fraction === '' ? '' : `.${fraction}`}`;
}
