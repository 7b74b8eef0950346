import type { Aggregate, ConversionMeasure, ReworkMeasure, Selector, SessionMeasure } from '../definition.ts';
import { aggregateText, eventsText, eventText, joined, lengthText } from './sentence-english-parts.ts';

/** What a case has again. */
export function reworkText({ of, count, same, to }: ReworkMeasure, aggregate: Aggregate): string {
  const event = eventText(of).replace(/^each /, '');
  const again = `${event}${same.length === 0 ? '' : ` with the same ${joined(same, 'and')}`}`;
  const cases = `how many cases had another ${again}`;
  if (count === 'rate') return `${cases} divided by ${to === null ? 'how many had one' : casesText(to)}`;
  if (aggregate.kind === 'count') return count === 'cases' ? cases : `how often a case had another ${again}`;
  return `${aggregateText(aggregate)} of the values of ${count === 'cases' ? 'the second' : 'every further'} ${again} of a case`;
}

function casesText(had: Selector): string {
  return had.activity === 'any' && had.where.length === 0 ? 'the number of cases' : `how many had ${eventText(had)}`;
}

/** Which cases come from one event to another. */
export function conversionText({ from, to, afterMs, withinMs, count }: ConversionMeasure): string {
  const goal = `${eventText(to)}${limitsText(afterMs, withinMs)}`;
  if (count === 'cohort') return `the share of ${eventsText(from)} that led to ${goal}`;
  return `how often it came from ${eventText(from)} of a case to ${goal}, divided by the number of ${eventsText(from)}`;
}

function limitsText(afterMs: number, withinMs: number | null): string {
  if (withinMs === null) return afterMs === 0 ? '' : ` after ${lengthText(afterMs)} or more`;
  return afterMs === 0 ? ` within ${lengthText(withinMs)}` : ` after ${lengthText(afterMs)} to ${lengthText(withinMs)}`;
}

/** The sessions of cases: how many, how long, or of how many events. */
export function sessionText({ event, gapMs, of }: SessionMeasure, aggregate: Aggregate): string {
  const sessions = `sessions of ${eventsText(event)} of a case (a new one after ${lengthText(gapMs)} without any)`;
  if (aggregate.kind === 'count') return `the number of ${sessions}`;
  return `${aggregateText(aggregate)} of ${of === 'length' ? 'the length' : 'the number of events'} of ${sessions}`;
}
