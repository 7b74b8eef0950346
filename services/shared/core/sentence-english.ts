import type { WorkingHours } from './calendar.ts';
import { durationParts } from './catalogue-duration.ts';
import type {
  Aggregate,
  Condition,
  Definition,
  LabelSpec,
  Limits,
  RatioPart,
  Selector,
  WindowSpec,
} from './definition.ts';

/** A definition as one English sentence behind its name. */
export function englishSentence(name: string, definition: Definition): string {
  const { by, where, window, unit } = definition;
  const parts = [measureText(definition)];
  if (by.length > 0) parts.push(`for each ${joined(by.map(labelText), 'and')}`);
  if (where.length > 0) parts.push(`only where ${conditionsText(where)}`);
  parts.push(windowText(window));
  if (unit !== '') parts.push(`in ${UNITS[unit] ?? unit}`);
  return `${name}: ${parts.join(', ')}.`;
}

const UNITS: Readonly<Record<string, string>> = {
  ms: 'milliseconds',
  s: 'seconds',
  min: 'minutes',
  h: 'hours',
  d: 'days',
};

function measureText({ measure, aggregate }: Definition): string {
  switch (measure.kind) {
    case 'event':
      if (aggregate.kind === 'count') return `the number of ${eventsText(measure.event)}`;
      return `${aggregateText(aggregate)} of the values of ${eventsText(measure.event)}`;
    case 'duration': {
      const span = `from ${eventText(measure.from)} of a case to ${eventText(measure.to)}`;
      return aggregate.kind === 'count'
        ? `how often it came ${span}`
        : `${aggregateText(aggregate)} of the ${timeText(measure.hours)} ${span}`;
    }
    case 'open':
      if (aggregate.kind === 'level' && aggregate.of !== undefined)
        return `the ${aggregate.of} of the values of ${eventText(measure.from)} over cases that have not yet had ${eventText(measure.to)}`;
      return `the number of cases that had ${eventText(measure.from)} and not yet ${eventText(measure.to)}`;
    case 'within':
      return `the share of cases that had ${eventText(measure.to)} within ${limitsText(measure.limits)}${measure.hours === undefined ? '' : ` of ${timeText(measure.hours)}`} of ${eventText(measure.from)}`;
    case 'ratio':
      return `${ratioText(measure.numerator)} divided by ${ratioText(measure.denominator)}`;
  }
}

function timeText(hours: WorkingHours | undefined): string {
  return hours === undefined ? 'time' : `working time (${hours.calendar}, ${hours.zone})`;
}

function limitsText({ defaultMs, where }: Limits): string {
  const others = where.map(({ conditions, limitMs }) => `${lengthText(limitMs)} where ${conditionsText(conditions)}`);
  return `${lengthText(defaultMs)}${others.length === 0 ? '' : ` (${others.join('; ')})`}`;
}

function ratioText({ event, aggregate }: RatioPart): string {
  return aggregate === 'count' ? `the number of ${eventsText(event)}` : `the sum of the values of ${eventsText(event)}`;
}

/** A selector over all cases: `first opened events of a case`. */
function eventsText({ activity, occurrence, where }: Selector): string {
  const what = activity === 'any' ? 'events' : `'${activity}' events`;
  const which = occurrence === 'each' ? what : `${occurrence} ${what} of a case`;
  return where.length === 0 ? which : `${which} where ${conditionsText(where)}`;
}

/** A selector within one case: `the first 'opened'`. */
function eventText({ activity, occurrence, where }: Selector): string {
  const what = activity === 'any' ? 'event' : `'${activity}'`;
  const which = occurrence === 'each' ? `each ${what}` : `the ${occurrence} ${what}`;
  return where.length === 0 ? which : `${which} where ${conditionsText(where)}`;
}

function aggregateText(aggregate: Aggregate): string {
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

function labelText({ dimension, at }: LabelSpec): string {
  if (at === 'first' || at === 'last') return `${dimension} (at the case's ${at} event)`;
  return at === 'from' ? `${dimension} (at the start)` : dimension;
}

function conditionsText(conditions: readonly Condition[]): string {
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

function windowText(window: WindowSpec): string {
  switch (window.kind) {
    case 'rolling':
      return `over the last ${lengthText(window.sizeMs)}, taken every ${stepText(window.everyMs)}`;
    case 'tumbling':
      return `per ${unitText(window)}`;
    case 'to-date':
      return `for the ${unitText(window)} so far, taken every ${stepText(window.everyMs)}`;
    case 'total':
      return 'over all time';
    case 'instant':
      return `taken every ${stepText(window.everyMs)}`;
  }
}

function unitText({ unit, zone, fiscalMonth }: Extract<WindowSpec, { readonly zone: string }>): string {
  if (fiscalMonth === undefined) return `${unit} (${zone})`;
  return `${unit.replace('-', ' ')} (years from ${MONTHS[fiscalMonth - 1]}, ${zone})`;
}

const MONTHS: readonly string[] = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
];

const LENGTHS = { ms: 'millisecond', s: 'second', m: 'minute', h: 'hour', d: 'day' } as const;

function lengthText(ms: number): string {
  const { count, unit } = durationParts(ms);
  return `${count} ${LENGTHS[unit]}${count === 1 ? '' : 's'}`;
}

/** `every minute` rather than `every 1 minute`. */
function stepText(ms: number): string {
  const { count, unit } = durationParts(ms);
  return count === 1 ? LENGTHS[unit] : lengthText(ms);
}

function joined(words: readonly string[], conjunction: 'and' | 'or'): string {
  if (words.length <= 1) return words.join('');
  return `${words.slice(0, -1).join(', ')} ${conjunction} ${words.at(-1)}`;
}
