import type { WorkingHours } from '../calendar/calendar.ts';
import type { Aggregate, Measure, Selector, StateMeasure } from '../definition.ts';
import { aggregateText, eventText, joined } from './sentence-english-parts.ts';

/** `time`, or the working time of a calendar. */
export function timeText(hours: WorkingHours | undefined): string {
  return hours === undefined ? 'time' : `working time (${hours.calendar}, ${hours.zone})`;
}

/** How old what is open is. */
export function ageText(
  { from, to, hours }: Extract<Measure, { readonly kind: 'open' }>,
  aggregate: Extract<Aggregate, { readonly kind: 'age' }>,
): string {
  const which = aggregateText(
    aggregate.of === 'percentile' ? { kind: 'percentile', q: aggregate.q } : { kind: aggregate.of },
  );
  return `${which} of the ${timeText(hours)} since ${eventText(from)} over cases that have not yet had ${eventText(to)}`;
}

/** The mean of what holds until the next reading. */
export function weightedText(event: Selector): string {
  return `the mean of the values of ${eventText(event)} weighted with time, each holding until the next one of its case`;
}

/** How long cases are in a state. */
export function stateText({ event, of, in: states, to, hours }: StateMeasure, aggregate: Aggregate): string {
  const time = timeText(hours);
  const what = of === null ? 'the latest event' : of;
  const where = states === null ? 'in any state' : `in which ${what} is ${joined(states, 'or')}`;
  const said = event.activity === 'any' && event.where.length === 0 ? '' : `, as told by ${eventText(event)}`;
  const ended = to === null ? '' : ` (until ${eventText(to)})`;
  const share = aggregate.kind === 'integral' && aggregate.of === 'share';
  return `the ${share ? `share of the observed ${time}` : time} of cases ${where}${said}${ended}`;
}
