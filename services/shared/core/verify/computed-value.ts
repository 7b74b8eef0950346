import { type Definition, isTime } from '../definition.ts';
import { type Range, widened } from './formula-range.ts';
import { type Fraction, fraction, fractionNumber, readFraction, sameFraction } from './fraction.ts';
import { NotChecked } from './not-checked.ts';

/** A row of `windowsSql`: how many contributions a window has (of what moves with time: samples), and what they add up to. */
export interface WindowSums {
  readonly n: number;
  readonly a: string;
  readonly b: string;
}

/** Of a window without contributions. */
export const NO_SUMS: WindowSums = { n: 0, a: '0', b: '0' };

/** What the events give for a window, in the KPI's unit. */
export interface ComputedValue {
  /** Null: there is none. */
  readonly value: number | null;
  /** Null where there is no value, and of a percentile, an estimate or a derived KPI. */
  readonly exact: Fraction | null;
  readonly samples: number;
  /** Of a derived KPI only: the numbers that its value may be, as well as its inputs are known; null: there is none. */
  readonly range?: Range | null;
  /** Of a derived KPI only: why there is no value, or may be none. */
  readonly none?: readonly string[];
}

/** The columns of a value row that are compared. */
export interface StreamedValue {
  readonly value: number | null;
  readonly exact: string | null;
  readonly samples: number;
  /** What brought the row about, and why it has no value. */
  readonly reason: string;
}

/** How far a percentile may be from the value at its rank. */
const PERCENTILE_ACCURACY = 0.01;
/** How far a percentile of ages may be from the age at its rank: entries are told apart to the minute. */
const AGE_ACCURACY_MS = 30_000;
/** Standard error of an estimate of different values, relative (HyperLogLog of 4,096 registers). */
const ESTIMATE_ERROR = 1.04 / 64;
/** How many standard errors are allowed, and beside them how many values: of a few, two may share a register. */
const ESTIMATE_ERRORS = 5;
const ESTIMATE_VALUES = 2;
/** How far a double may be from the exact number that it shows. */
const DOUBLE_ACCURACY = 1e-12;

const UNIT_MS: Readonly<Record<string, bigint>> = { ms: 1n, s: 1_000n, min: 60_000n, h: 3_600_000n, d: 86_400_000n };

/** Amounts in one of the KPI's unit. */
function amountsPerUnit({ measure, aggregate, unit, scale }: Definition): bigint {
  const isLength =
    isTime(measure) || aggregate.kind === 'age' || (aggregate.kind === 'integral' && aggregate.of === 'time');
  return isLength ? (UNIT_MS[unit] ?? 1n) : 10n ** BigInt(scale);
}

/** The value that the sums of a window come to. Throws NotChecked for an aggregate that has no SQL. */
export function computedValue(definition: Definition, { n, a, b }: WindowSums): ComputedValue {
  const per = amountsPerUnit(definition);
  const of = (exact: Fraction | null, samples = n): ComputedValue => {
    return { value: exact === null ? null : fractionNumber(exact), exact, samples };
  };
  const { aggregate } = definition;
  switch (aggregate.kind) {
    case 'count':
      return of(fraction(BigInt(n), 1n));
    case 'age':
      // Where nothing is open the age is zero.
      if (aggregate.of === 'percentile') return { value: Number(a) / Number(per), exact: null, samples: n };
      return of(fraction(BigInt(a), aggregate.of === 'mean' && n !== 0 ? per * BigInt(b) : per));
    case 'integral':
      if (n === 0) return of(null);
      return of(
        fraction(BigInt(a), aggregate.of === 'time' ? per : aggregate.of === 'mean' ? per * BigInt(b) : BigInt(b)),
      );
    case 'level':
      return of(level(aggregate.of, BigInt(a), BigInt(b), per), Number(b));
    case 'sum':
      return of(fraction(BigInt(a), per));
    case 'mean':
      return of(fraction(BigInt(a), per * BigInt(n)));
    case 'min':
    case 'max':
    case 'last':
      return of(n === 0 ? null : fraction(BigInt(a), per));
    case 'ratio':
      // Of cases over cases the samples are those below the line, of a ratio all that it counts.
      return of(ratio(definition, BigInt(a), BigInt(b)), definition.measure.kind === 'ratio' ? n : Number(b));
    case 'distinct':
      if (aggregate.approximate) return { value: Number(a), exact: null, samples: n };
      return of(fraction(BigInt(a), 1n));
    case 'percentile':
      return { value: n === 0 ? null : Number(a) / Number(per), exact: null, samples: n };
    default:
      throw new NotChecked(String((aggregate as { readonly kind: unknown }).kind));
  }
}

/** What is open: how many, or the sum or mean of their values. */
function level(of: 'sum' | 'mean' | undefined, sum: bigint, open: bigint, per: bigint): Fraction | null {
  if (of === undefined) return fraction(open, 1n);
  return fraction(sum, of === 'mean' ? per * open : per);
}

/** Sums are whole numbers at the KPI's scale, counts are not. */
function ratio({ measure, scale }: Definition, above: bigint, below: bigint): Fraction | null {
  if (measure.kind !== 'ratio') return fraction(above, below);
  const unit = (side: 'numerator' | 'denominator'): bigint =>
    measure[side].aggregate === 'sum' ? 10n ** BigInt(scale) : 1n;
  return fraction(above * unit('denominator'), below * unit('numerator'));
}

/** How far the number that people see may be from the one that the events give. */
export function slackOf(definition: Definition, { value, samples }: ComputedValue): number {
  const { aggregate } = definition;
  const size = Math.abs(value ?? 0);
  // Of nothing the age is zero, not about zero.
  if (aggregate.kind === 'age' && aggregate.of === 'percentile')
    return samples === 0 ? 0 : AGE_ACCURACY_MS / Number(amountsPerUnit(definition)) + size * DOUBLE_ACCURACY;
  if (aggregate.kind === 'percentile') return size * PERCENTILE_ACCURACY;
  if (aggregate.kind === 'distinct' && aggregate.approximate)
    return size === 0 ? 0 : size * ESTIMATE_ERROR * ESTIMATE_ERRORS + ESTIMATE_VALUES;
  return size * DOUBLE_ACCURACY;
}

/** Whether a value row says what the events give: exactly, a percentile within 1%, an estimate within its error. */
export function agrees(definition: Definition, streamed: StreamedValue, computed: ComputedValue): boolean {
  if (streamed.samples !== computed.samples) return false;
  if (computed.range !== undefined) return agreesWithRange(streamed, computed.range, computed.none ?? []);
  if (streamed.value === null || computed.value === null)
    return streamed.value === computed.value && streamed.exact === null;
  if (Math.abs(streamed.value - computed.value) > slackOf(definition, computed)) return false;
  if (computed.exact === null) return streamed.exact === null;
  const exact = streamed.exact === null ? null : readFraction(streamed.exact);
  return exact !== null && sameFraction(exact, computed.exact);
}

function agreesWithRange(
  { value, exact, reason }: StreamedValue,
  range: Range | null,
  none: readonly string[],
): boolean {
  if (exact !== null) return false;
  if (value === null) return none.some((why) => reason === why || reason.endsWith(`: ${why}`));
  if (range === null) return false;
  const { low, high } = widened(range, DOUBLE_ACCURACY);
  return value >= low && value <= high;
}
