import type { ShiftWindow } from '../window/window-shift.ts';
import type { Definition, LabelSpec, Limits, RatioPart, WindowSpec } from '../definition.ts';
import { shownFormula } from '../formula/formula-parse.ts';
import { instantText } from './instant-text.ts';
import { conversionText, reworkText, sessionText } from './sentence-chinese-case.ts';
import { growthText, rollupText } from './sentence-chinese-derived.ts';
import {
  AGGREGATES,
  aggregateText,
  conditionsText,
  eventText,
  lengthText,
  TUMBLING,
} from './sentence-chinese-parts.ts';
import { ageText, stateText, timeText, weightedText } from './sentence-chinese-time.ts';

/** A definition as one Chinese sentence behind its name. */
export function chineseSentence(name: string, definition: Definition): string {
  const { by, where, window, unit, effectiveMs } = definition;
  const parts = [windowText(window)];
  if (effectiveMs !== undefined) parts.push(`自${instantText(effectiveMs, window)}起`);
  if (by.length > 0) parts.push(`按${by.map(labelText).join('、')}分组`);
  if (where.length > 0) parts.push(`仅限${conditionsText(where)}`);
  parts.push(measureText(definition));
  if (unit !== '') parts.push(`单位：${UNITS[unit] ?? unit}`);
  return `${name}：${parts.join('，')}。`;
}

const UNITS: Readonly<Record<string, string>> = { ms: '毫秒', s: '秒', min: '分钟', h: '小时', d: '天' };

function measureText({ measure, aggregate }: Definition): string {
  switch (measure.kind) {
    case 'event':
      if (aggregate.kind === 'count') return `${eventText(measure.event)}的数量`;
      if (aggregate.kind === 'integral') return weightedText(measure.event);
      return `${eventText(measure.event)}数值的${aggregateText(aggregate)}`;
    case 'duration': {
      const span = `同一案例从${eventText(measure.from)}到${eventText(measure.to)}`;
      return aggregate.kind === 'count'
        ? `${span}的次数`
        : `${span}所用${timeText(measure.hours)}的${aggregateText(aggregate)}`;
    }
    case 'open':
      if (aggregate.kind === 'age') return ageText(measure, aggregate);
      if (aggregate.kind === 'level' && aggregate.of !== undefined)
        return `尚无${eventText(measure.to)}的案例其${eventText(measure.from)}数值的${AGGREGATES[aggregate.of]}`;
      return `已有${eventText(measure.from)}而尚无${eventText(measure.to)}的案例数量`;
    case 'within':
      return `在${eventText(measure.from)}之后${limitsText(measure.limits)}${measure.hours === undefined ? '' : timeText(measure.hours)}内有${eventText(measure.to)}的案例占比`;
    case 'distinct': {
      const what = measure.dimension === null ? '不同案例' : `不同${measure.dimension}`;
      const about = aggregate.kind === 'distinct' && aggregate.approximate ? '近似数量' : '数量';
      return `${eventText(measure.event)}中${what}的${about}`;
    }
    case 'ratio':
      return `${ratioText(measure.numerator)}除以${ratioText(measure.denominator)}`;
    case 'rework':
      return reworkText(measure, aggregate);
    case 'conversion':
      return conversionText(measure);
    case 'counter': {
      const startsOver = measure.rollover === null ? '' : `（计到${measure.rollover}后归零）`;
      const increases = `${eventText(measure.event)}所读计数器${startsOver}增量`;
      return `${increases}的${aggregate.kind === 'count' ? '个数' : aggregateText(aggregate)}`;
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

function limitsText({ defaultMs, where }: Limits): string {
  const others = where.map(({ conditions, limitMs }) => `${conditionsText(conditions)}时为${lengthText(limitMs)}`);
  return `${lengthText(defaultMs)}${others.length === 0 ? '' : `（${others.join('；')}）`}`;
}

function ratioText({ event, aggregate }: RatioPart): string {
  return aggregate === 'count' ? `${eventText(event)}的数量` : `${eventText(event)}数值的总和`;
}

const ANCHORS = {
  from: '（取自起始事件）',
  to: '',
  first: '（取自案例首个事件）',
  last: '（取自案例最后一个事件）',
  state: '（状态）',
} as const;

function labelText({ dimension, at }: LabelSpec): string {
  return `${dimension}${ANCHORS[at]}`;
}

const WEEKDAYS = ['周一', '周二', '周三', '周四', '周五', '周六', '周日'] as const;

function fiscalText({ unit, fiscalMonth: month, fiscalWeeks }: Extract<WindowSpec, { readonly zone: string }>): string {
  if (fiscalWeeks !== undefined) {
    const { ends, weekday, month: of, quarters } = fiscalWeeks;
    const day = `${of}月${ends === 'last' ? '最后一个' : '月底最近的'}${WEEKDAYS[weekday]}`;
    return `财年为52或53周，止于${day}${unit === 'fiscal-month' ? `，每季${quarters.join('-')}周` : ''}，`;
  }
  return month === undefined ? '' : `财年始于${month}月，`;
}

function shiftText({ only, hours }: ShiftWindow): string {
  return `${only === undefined ? '' : only.join('、')}班次（${hours.calendar}，${hours.zone}）`;
}

function windowText(window: WindowSpec): string {
  switch (window.kind) {
    case 'rolling':
      return `最近${lengthText(window.sizeMs)}内，每${lengthText(window.everyMs)}计算一次`;
    case 'tumbling':
      return `每${TUMBLING[window.unit]}（${fiscalText(window)}${window.zone}）`;
    case 'to-date':
      if (window.unit === 'shift') return `本${shiftText(window)}至今，每${lengthText(window.everyMs)}计算一次`;
      return `本${TUMBLING[window.unit]}至今（${fiscalText(window)}${window.zone}），每${lengthText(window.everyMs)}计算一次`;
    case 'shift':
      return `每${shiftText(window)}`;
    case 'total':
      return '全部时间内';
    case 'instant':
      return `每${lengthText(window.everyMs)}取值一次`;
  }
}
