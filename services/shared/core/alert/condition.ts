import { compareDecimals, parseDecimal, type Decimal } from '../decimal.ts';
import type { Condition } from '../definition.ts';

/** The value an event has for a dimension; undefined when it has none. */
export type DimensionLookup = (name: string) => string | undefined;

/** Whether an event of these dimensions and this value passes. */
export type ConditionTest = (lookup: DimensionLookup, value: Decimal | null) => boolean;

/**
 * Prepares a list of conditions for many events; all of them must hold, and an empty list always does. An event without
 * the dimension fails `in` and `prefix` and passes `not-in` and `not-prefix`; one without a value fails every
 * comparison. Throws when a limit is not a decimal, which the catalogue has ruled out.
 */
export function compileConditions(conditions: readonly Condition[]): ConditionTest {
  const tests = conditions.map(compileOne);
  const [first, second] = tests;
  if (first === undefined) return () => true;
  if (second === undefined) return first;
  return (lookup, value) => tests.every((test) => test(lookup, value));
}

/** `compileConditions` for a single use. */
export function matches(conditions: readonly Condition[], lookup: DimensionLookup, value: Decimal | null): boolean {
  return compileConditions(conditions)(lookup, value);
}

function compileOne(condition: Condition): ConditionTest {
  switch (condition.op) {
    case 'in':
    case 'not-in': {
      const { dimension } = condition;
      const values = new Set<string | undefined>(condition.values);
      const wanted = condition.op === 'in';
      return (lookup) => values.has(lookup(dimension)) === wanted;
    }
    case 'prefix':
    case 'not-prefix': {
      const { dimension, prefix } = condition;
      const wanted = condition.op === 'prefix';
      return (lookup) => (lookup(dimension)?.startsWith(prefix) ?? false) === wanted;
    }
    case 'any-of': {
      const tests = condition.alternatives.map(compileOne);
      return (lookup, value) => tests.some((test) => test(lookup, value));
    }
    default: {
      const limit = parseDecimal(condition.limit);
      if (limit === null) throw new RangeError(`The limit '${condition.limit}' of a condition is not a decimal.`);
      const holds = COMPARISONS[condition.op];
      return (_lookup, value) => value !== null && holds(compareDecimals(value, limit));
    }
  }
}

/** What the sign of value − limit must be. */
const COMPARISONS = {
  lt: (sign: number) => sign < 0,
  lte: (sign: number) => sign <= 0,
  gt: (sign: number) => sign > 0,
  gte: (sign: number) => sign >= 0,
  eq: (sign: number) => sign === 0,
  ne: (sign: number) => sign !== 0,
} as const;
