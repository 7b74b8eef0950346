import type { WorkingHours } from '../calendar/calendar.ts';
import type { Aggregate, Measure, Selector, StateMeasure } from '../definition.ts';
import { aggregateText, eventText } from './sentence-chinese-parts.ts';

/** Time, or the working time of a calendar. */
export function timeText(hours: WorkingHours | undefined): string {
  return hours === undefined ? '时间' : `工作时间（${hours.calendar}，${hours.zone}）`;
}

/** How old what is open is. */
export function ageText(
  { from, to, hours }: Extract<Measure, { readonly kind: 'open' }>,
  aggregate: Extract<Aggregate, { readonly kind: 'age' }>,
): string {
  const which = aggregateText(
    aggregate.of === 'percentile' ? { kind: 'percentile', q: aggregate.q } : { kind: aggregate.of },
  );
  return `尚无${eventText(to)}的案例自${eventText(from)}起已过${timeText(hours)}的${which}`;
}

/** The mean of what holds until the next reading. */
export function weightedText(event: Selector): string {
  return `${eventText(event)}数值按时间加权的平均值（每个数值保持到同一案例的下一个）`;
}

/** How long cases are in a state. */
export function stateText({ event, of, in: states, to, hours }: StateMeasure, aggregate: Aggregate): string {
  const what = of === null ? '最新事件' : of;
  const where = states === null ? '处于任一状态' : `${what}为${states.join('或')}`;
  const said = event.activity === 'any' && event.where.length === 0 ? '' : `（取自${eventText(event)}）`;
  const ended = to === null ? '' : `（到${eventText(to)}为止）`;
  const share = aggregate.kind === 'integral' && aggregate.of === 'share';
  return `案例${where}${said}${ended}的${timeText(hours)}${share ? '占全部观测时间的比例' : ''}`;
}
