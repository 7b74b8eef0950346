import { durationParts } from '../catalogue/catalogue-duration.ts';
import type { Aggregate, Condition, Selector } from '../definition.ts';

/** A selector over all cases: `first opened events of a case`. */
export function eventsText({ activity, occurrence, where }: Selector): string {
  const what = activity === 'any' ? 'events' : `'${activity}' events`;
  const which = occurrence === 'each' ? what : `${occurrence} ${what} of a case`;
  return where.length === 0 ? which : `${which} where ${conditionsText(where)}`;
}

/** A selector within one case: `the first 'opened'`. */
export function eventText({ activity, occurrence, where }: Selector): string {
  const what = activity === 'any' ? 'event' : `'${activity}'`;
  const which = occurrence === 'each' ? `each ${what}` : `the ${occurrence} ${what}`;
  return where.length === 0 ? which : `${which} where ${conditionsText(where)}`;
}

/** `the mean`, `the 90th percentile`. */
export function aggregateText(aggregate: Aggregate): string {
  switch (aggregate.kind) {
    case 'percentile':
      return `the ${ordinal(Number((aggregate.q * 100).toFixed(3)))} percentile`;
    case 'min':
      return 'the least';
    case 'max':
      return 'the greatest';
    default:
      return `the ${aggregate.kind}`;
  }
}

function ordinal(percent: number): string {
  const last = percent % 10;
  const teen = percent >= 11 && percent <= 13;
  const ending =
    teen || !Number.isInteger(percent) ? 'th' : last === 1 ? 'st' : last === 2 ? 'nd' : last === 3 ? 'rd' : 'th';
  return `${percent}${ending}`;
}

/** Conditions that must all hold. */
export function conditionsText(conditions: readonly Condition[]): string {
  return conditions.map(conditionText).join(' and ');
}

function conditionText(condition: Condition): string {
  switch (condition.op) {
    case 'in':
      return `${condition.dimension} is ${joined(condition.values, 'or')}`;
    case 'not-in':
      return `${condition.dimension} is not ${joined(condition.values, 'or')}`;
    case 'prefix':
      return `${condition.dimension} starts with '${condition.prefix}'`;
    case 'not-prefix':
      return `${condition.dimension} does not start with '${condition.prefix}'`;
    case 'any-of':
      return `(${condition.alternatives.map(conditionText).join(' or ')})`;
    default:
      return `the value is ${COMPARISONS[condition.op]} ${condition.limit}`;
  }
}

const COMPARISONS = {
  lt: 'below',
  lte: 'at most',
  gt: 'above',
  gte: 'at least',
  eq: 'exactly',
  ne: 'other than',
} as const;

const LENGTHS = { ms: 'millisecond', s: 'second', m: 'minute', h: 'hour', d: 'day' } as const;

/** A length of time in its greatest unit: `90 seconds`. */
export function lengthText(ms: number): string {
  const { count, unit } = durationParts(ms);
  return `${count} ${LENGTHS[unit]}${count === 1 ? '' : 's'}`;
}

/** `every minute` rather than `every 1 minute`. */
export function stepText(ms: number): string {
  const { count, unit } = durationParts(ms);
  return count === 1 ? LENGTHS[unit] : lengthText(ms);
}

/** `a, b and c`. */
export function joined(words: readonly string[], conjunction: 'and' | 'or'): string {
  if (words.length <= 1) return words.join('');
  return `${words.slice(0, -1).join(', ')} ${conjunction} ${words.at(-1)}`;
}
