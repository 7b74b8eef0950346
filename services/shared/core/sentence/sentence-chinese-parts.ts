import { durationParts } from '../catalogue/catalogue-duration.ts';
import type { Aggregate, Condition, Selector } from '../definition.ts';

const OCCURRENCES = { first: '案例首个', last: '案例最后一个', each: '每个' } as const;

/** Selected events: `案例首个“opened”事件`. */
export function eventText({ activity, occurrence, where }: Selector): string {
  const which = `${OCCURRENCES[occurrence]}${activity === 'any' ? '' : `“${activity}”`}事件`;
  return where.length === 0 ? which : `${which}（${conditionsText(where)}）`;
}

/** Aggregates by kind, but percentiles. */
export const AGGREGATES: Readonly<Record<string, string>> = {
  sum: '总和',
  mean: '平均值',
  min: '最小值',
  max: '最大值',
  last: '最新值',
};

/** `平均值`, `第90百分位数`. */
export function aggregateText(aggregate: Aggregate): string {
  if (aggregate.kind === 'percentile') return `第${Number((aggregate.q * 100).toFixed(3))}百分位数`;
  return AGGREGATES[aggregate.kind] ?? aggregate.kind;
}

/** Conditions that must all hold. */
export function conditionsText(conditions: readonly Condition[]): string {
  return conditions.map(conditionText).join('且');
}

function conditionText(condition: Condition): string {
  switch (condition.op) {
    case 'in':
      return `${condition.dimension}为${condition.values.join('或')}`;
    case 'not-in':
      return `${condition.dimension}不为${condition.values.join('或')}`;
    case 'prefix':
      return `${condition.dimension}以“${condition.prefix}”开头`;
    case 'not-prefix':
      return `${condition.dimension}不以“${condition.prefix}”开头`;
    case 'any-of':
      return `（${condition.alternatives.map(conditionText).join('或')}）`;
    default:
      return `数值${COMPARISONS[condition.op]}${condition.limit}`;
  }
}

const COMPARISONS = { lt: '小于', lte: '不大于', gt: '大于', gte: '不小于', eq: '等于', ne: '不等于' } as const;

const LENGTHS = { ms: '毫秒', s: '秒', m: '分钟', h: '小时', d: '天' } as const;

/** A length of time in its greatest unit: `90秒`. */
export function lengthText(ms: number): string {
  const { count, unit } = durationParts(ms);
  return `${count}${LENGTHS[unit]}`;
}

/** Calendar units. */
export const TUMBLING = {
  hour: '小时',
  day: '日',
  week: '周',
  month: '月',
  quarter: '季度',
  year: '年',
  'fiscal-month': '财月',
  'fiscal-quarter': '财季',
  'fiscal-year': '财年',
  shift: '班次',
} as const;
