import type { Aggregate, ConversionMeasure, ReworkMeasure, Selector, SessionMeasure } from '../definition.ts';
import { aggregateText, eventText, lengthText } from './sentence-chinese-parts.ts';

/** What a case has again. */
export function reworkText({ of, count, same, to }: ReworkMeasure, aggregate: Aggregate): string {
  const event = eventText(of).replace(/^每个/, '');
  const again = `再次出现${same.length === 0 ? '' : `（${same.join('、')}相同的）`}${event}`;
  if (count === 'rate') return `${again}的案例数量除以${to === null ? '出现过该事件的案例数量' : casesText(to)}`;
  if (aggregate.kind === 'count') return count === 'cases' ? `${again}的案例数量` : `案例${again}的次数`;
  return `案例${count === 'cases' ? '首次' : ''}${again}时数值的${aggregateText(aggregate)}`;
}

function casesText(had: Selector): string {
  return had.activity === 'any' && had.where.length === 0 ? '案例数量' : `出现过${eventText(had)}的案例数量`;
}

/** Which cases come from one event to another. */
export function conversionText({ from, to, afterMs, withinMs, count }: ConversionMeasure): string {
  const least = afterMs === 0 ? '' : `至少${lengthText(afterMs)}之后`;
  const most = withinMs === null ? '' : `${lengthText(withinMs)}之内`;
  const goal = `${[least, most].filter((limit) => limit !== '').join('、')}到达${eventText(to)}`;
  if (count === 'cohort') return `${eventText(from)}中${goal}的比例（计入起点时间）`;
  return `从${eventText(from)}起${goal}的次数除以${eventText(from)}的数量`;
}

/** The sessions of cases: how many, how long, or of how many events. */
export function sessionText({ event, gapMs, of }: SessionMeasure, aggregate: Aggregate): string {
  const sessions = `同一案例${eventText(event)}构成的会话（间隔超过${lengthText(gapMs)}即为新会话）`;
  if (aggregate.kind === 'count') return `${sessions}的数量`;
  return `${sessions}${of === 'length' ? '时长' : '事件数'}的${aggregateText(aggregate)}`;
}
