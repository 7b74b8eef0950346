import { formatDecimal, parseDecimal } from '../decimal.ts';
import type { Condition } from '../definition.ts';
import { quoted } from './sql-text.ts';

/** Digits of a value at a KPI's scale that an Int256 adds up safely, many times over. */
const DIGITS_MAX = 60;

/** How a comparison of a value with a limit is called in a catalogue. */
type Comparison = Extract<Condition, { readonly field: 'value' }>['op'];

/**
 * SQL of the whole number (Int256) that a decimal is at a scale, rounded half away from zero. `text`: SQL of a plain
 * decimal text or NULL, which gives 0. A number of too many digits fails the statement.
 */
export function unscaledSql(text: string, scale: number): string {
  const { negative, whole, fraction } = partsOf(text);
  const padded = `rightPad(${fraction}, ${scale + 1}, '0')`;
  const rounding = `toInt256(substring(${padded}, ${scale + 1}, 1) >= '5')`;
  const fits = `throwIf(length(${whole}) > ${DIGITS_MAX - scale}, 'a value has too many digits for this check')`;
  const digits = `toInt256(concat(${whole}, substring(${padded}, 1, ${scale})))`;
  return `(if(${negative}, -1, 1) * (${digits} + ${rounding} + ${fits}))`;
}

/**
 * SQL of whether a value compares so with a limit (a decimal as text), exactly; NULL never does. `text`: SQL of a plain
 * decimal text or NULL.
 */
export function comparisonSql(text: string, op: Comparison, limit: string): string {
  const { negative, whole, fraction } = partsOf(text);
  // Of numbers without a sign the longer whole part is the larger one; of equally long ones the order is that of texts.
  const size = `(length(${whole}), ${whole}, ${withoutZeros(fraction)})`;
  const [limitNegative, limitSize] = limitOf(limit);
  const less = limitNegative ? `(${negative} AND ${size} > ${limitSize})` : `(${negative} OR ${size} < ${limitSize})`;
  const equal = `(${limitNegative ? '' : 'NOT '}${negative} AND ${size} = ${limitSize})`;
  const holds: Readonly<Record<Comparison, string>> = {
    lt: less,
    lte: `(${less} OR ${equal})`,
    gt: `NOT (${less} OR ${equal})`,
    gte: `NOT ${less}`,
    eq: equal,
    ne: `NOT ${equal}`,
  };
  return `(${text} IS NOT NULL AND ${holds[op]})`;
}

/** SQL of the parts of a plain decimal text; only a number below zero has a sign there. */
function partsOf(text: string): { readonly negative: string; readonly whole: string; readonly fraction: string } {
  const known = `ifNull(${text}, '0')`;
  const parts = `splitByChar('.', replaceOne(${known}, '-', ''))`;
  return { negative: `startsWith(${known}, '-')`, whole: `${parts}[1]`, fraction: `${parts}[2]` };
}

function withoutZeros(fraction: string): string {
  return `replaceRegexpOne(${fraction}, '0+$', '')`;
}

/** Whether a limit is below zero, and its size as `comparisonSql` compares it. Throws RangeError for what is no decimal. */
function limitOf(limit: string): [negative: boolean, size: string] {
  const value = parseDecimal(limit);
  if (value === null) throw new RangeError(`The limit '${limit}' of a condition is not a decimal.`);
  const [whole = '', fraction = ''] = formatDecimal(value).replace('-', '').split('.');
  return [value.unscaled < 0n, `(${whole.length}, ${quoted(whole)}, ${quoted(fraction.replace(/0+$/, ''))})`];
}
