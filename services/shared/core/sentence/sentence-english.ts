import type { ShiftWindow } from '../window/window-shift.ts';
import type { FiscalWeeks } from '../calendar/calendar.ts';
import type { Aggregate, Definition, LabelSpec, Limits, Measure, RatioPart, WindowSpec } from '../definition.ts';
import { shownFormula } from '../formula/formula-parse.ts';
import { conversionText, reworkText, sessionText } from './sentence-english-case.ts';
import { instantText } from './instant-text.ts';
import { growthText, rollupText } from './sentence-english-derived.ts';
import { ageText, stateText, timeText, weightedText } from './sentence-english-time.ts';
import {
  aggregateText,
  conditionsText,
  eventsText,
  eventText,
  joined,
  lengthText,
  stepText,
} from './sentence-english-parts.ts';

/** A definition as one English sentence behind its name. */
export function englishSentence(name: string, definition: Definition): string {
  const { by, where, window, unit, effectiveMs } = definition;
  const parts = [measureText(definition)];
  if (by.length > 0) parts.push(`for each ${joined(by.map(labelText), 'and')}`);
  if (where.length > 0) parts.push(`only where ${conditionsText(where)}`);
  parts.push(windowText(window));
  if (effectiveMs !== undefined) parts.push(`from ${instantText(effectiveMs, window)} on`);
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
      if (aggregate.kind === 'integral') return weightedText(measure.event);
      return `${aggregateText(aggregate)} of the values of ${eventsText(measure.event)}`;
    case 'duration': {
      const span = `from ${eventText(measure.from)} of a case to ${eventText(measure.to)}`;
      return aggregate.kind === 'count'
        ? `how often it came ${span}`
        : `${aggregateText(aggregate)} of the ${timeText(measure.hours)} ${span}`;
    }
    case 'open':
      if (aggregate.kind === 'age') return ageText(measure, aggregate);
      if (aggregate.kind === 'level' && aggregate.of !== undefined)
        return `the ${aggregate.of} of the values of ${eventText(measure.from)} over cases that have not yet had ${eventText(measure.to)}`;
      return `the number of cases that had ${eventText(measure.from)} and not yet ${eventText(measure.to)}`;
    case 'within':
      return `the share of cases that had ${eventText(measure.to)} within ${limitsText(measure.limits)}${measure.hours === undefined ? '' : ` of ${timeText(measure.hours)}`} of ${eventText(measure.from)}`;
    case 'distinct':
      return distinctText(measure, aggregate);
    case 'ratio':
      return `${ratioText(measure.numerator)} divided by ${ratioText(measure.denominator)}`;
    case 'rework':
      return reworkText(measure, aggregate);
    case 'conversion':
      return conversionText(measure);
    case 'counter': {
      const startsOver = measure.rollover === null ? '' : ` (which starts over at ${measure.rollover})`;
      const increases = `increases of the counter read by ${eventsText(measure.event)}${startsOver}`;
      return `${aggregate.kind === 'count' ? 'the number' : aggregateText(aggregate)} of the ${increases}`;
    }
    case 'session':
      return sessionText(measure, aggregate);
    case 'state':
      return stateText(measure, aggregate);
    case 'formula':
      return shownFormula(measure.expression);
    case 'rollup':
      return rollupText(measure);
    case 'growth':
      return growthText(measure);
  }
}

function distinctText(
  { dimension, event }: Extract<Measure, { readonly kind: 'distinct' }>,
  aggregate: Aggregate,
): string {
  const about = aggregate.kind === 'distinct' && aggregate.approximate ? 'the approximate' : 'the';
  const what = dimension === null ? 'different cases' : `different values of ${dimension}`;
  return `${about} number of ${what} among ${eventsText(event)}`;
}

function limitsText({ defaultMs, where }: Limits): string {
  const others = where.map(({ conditions, limitMs }) => `${lengthText(limitMs)} where ${conditionsText(conditions)}`);
  return `${lengthText(defaultMs)}${others.length === 0 ? '' : ` (${others.join('; ')})`}`;
}

function ratioText({ event, aggregate }: RatioPart): string {
  return aggregate === 'count' ? `the number of ${eventsText(event)}` : `the sum of the values of ${eventsText(event)}`;
}

function labelText({ dimension, at }: LabelSpec): string {
  if (at === 'first' || at === 'last') return `${dimension} (at the case's ${at} event)`;
  return at === 'from' ? `${dimension} (at the start)` : dimension;
}

function windowText(window: WindowSpec): string {
  switch (window.kind) {
    case 'rolling':
      return `over the last ${lengthText(window.sizeMs)}, taken every ${stepText(window.everyMs)}`;
    case 'tumbling':
      return `per ${unitText(window)}`;
    case 'to-date':
      if (window.unit === 'shift')
        return `for the ${shiftText(window)} so far, taken every ${stepText(window.everyMs)}`;
      return `for the ${unitText(window)} so far, taken every ${stepText(window.everyMs)}`;
    case 'shift':
      return `per ${shiftText(window)}`;
    case 'total':
      return 'over all time';
    case 'instant':
      return `taken every ${stepText(window.everyMs)}`;
  }
}

function shiftText({ only, hours }: ShiftWindow): string {
  return `${only === undefined ? 'shift' : `${joined(only, 'or')} shift`} (${hours.calendar}, ${hours.zone})`;
}

function unitText({ unit, zone, fiscalMonth, fiscalWeeks }: Extract<WindowSpec, { readonly zone: string }>): string {
  if (fiscalWeeks !== undefined) return `${unit.replace('-', ' ')} (${weeksText(fiscalWeeks, unit)}, ${zone})`;
  if (fiscalMonth === undefined) return `${unit} (${zone})`;
  return `${unit.replace('-', ' ')} (years from ${MONTHS[fiscalMonth - 1]}, ${zone})`;
}

function weeksText({ ends, weekday, month, quarters }: FiscalWeeks, unit: string): string {
  const day = ends === 'last' ? `last ${WEEKDAYS[weekday]}` : `${WEEKDAYS[weekday]} nearest to the end`;
  const months = unit === 'fiscal-month' ? `, quarters of ${quarters.join('-')}` : '';
  return `years of 52 or 53 weeks that end on the ${day} of ${MONTHS[month - 1]}${months}`;
}

const WEEKDAYS: readonly string[] = ['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday'];

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
