import type { WindowSpec } from '../../shared/core/definition.ts';
import type { Judgement } from '../../shared/core/alert/judgement.ts';
import type { Severity } from '../../shared/core/alert/rule.ts';
import { formatUnit } from './format.ts';
import type { Language } from './language.ts';

/** The words of the pages in one language. */
export interface Words {
  readonly live: string;
  readonly connecting: string;
  readonly loading: string;
  readonly judged: Readonly<Record<Judgement, string>>;
  readonly stale: string;
  readonly late: string;
  readonly none: string;
  readonly noneStale: string;
  readonly filling: string;
  readonly quiet: string;
  readonly soFar: string;
  /** Before a share in percent: a new definition of the KPI is being computed. */
  readonly recomputing: string;
  readonly last: string;
  readonly target: string;
  readonly plan: string;
  readonly baseline: string;
  readonly worstOf: (shown: number, all: number) => string;
  readonly offline: (since: string) => string;
  readonly halted: string;
  readonly failing: string;
  readonly starting: string;
  readonly behind: (records: string) => string;
  /** First what is wrong with it, then since when the one before is in force. */
  readonly catalogueRefused: (problem: string, since: string) => string;
  readonly deadLetters: (open: number, quarantined: number) => string;
  readonly screens: string;
  readonly kpis: string;
  readonly generated: string;
  readonly home: string;
  readonly begin: readonly { readonly say: string; readonly type: string }[];
  readonly beginTitle: string;
  readonly refused: (message: string) => string;
  readonly notFound: string;
  readonly needsKey: string;
  readonly history: string;
  readonly time: string;
  readonly value: string;
  readonly state: string;
  readonly states: Readonly<Record<'provisional' | 'final' | 'backfilling', string>>;
  readonly samples: string;
  readonly now: string;
  readonly series: string;
  /** All label sets beyond a KPI's limit. */
  readonly other: string;
  readonly objective: string;
  readonly owner: string;
  readonly source: string;
  readonly asTable: string;
  readonly alerts: string;
  readonly noAlerts: string;
  readonly noRules: string;
  readonly rules: (count: number) => string;
  readonly more: (count: number) => string;
  readonly severities: Readonly<Record<Severity, string>>;
  readonly pending: string;
}

const EN: Words = {
  live: 'Live',
  connecting: 'Connecting …',
  loading: 'Loading …',
  judged: { good: 'On target', near: 'Near target', bad: 'Off target' },
  stale: 'Stale',
  late: 'Late',
  none: 'No events',
  noneStale: 'No data',
  filling: 'Loading',
  quiet: 'No events',
  soFar: 'so far',
  recomputing: 'being recomputed',
  last: 'last',
  target: 'Target',
  plan: 'Plan',
  baseline: 'Baseline',
  worstOf: (shown, all) => (shown === all ? `All ${all}` : `${shown} of ${all}`),
  offline: (since) => `No connection since ${since}. Last values shown.`,
  halted: 'Pipeline down',
  failing: 'Pipeline failing',
  starting: 'Catching up',
  behind: (records) => `Behind by ${records} records`,
  catalogueRefused: (problem, since) =>
    `The changed catalogue was not taken in (${problem}); the one from ${since} stays in force.`,
  deadLetters: (open, quarantined) => {
    const ahead =
      quarantined === 1 ? '1 of them is ahead of its time' : `${quarantined} of them are ahead of their time`;
    return `${open} could not be taken in${quarantined === 0 ? '' : `, ${ahead}`}`;
  },
  screens: 'Screens',
  kpis: 'KPIs',
  generated: 'made from the catalogue',
  home: 'All screens and KPIs',
  beginTitle: 'There are no events yet. How to begin:',
  begin: [
    { say: 'Send an event', type: 'POST /v1/events' },
    { say: 'or import a CSV file', type: 'npx takt import FILE.csv --help' },
    { say: 'or write a catalogue of your own, and check it', type: 'npx takt lint catalogue.yaml' },
  ],
  refused: (message) => `takt refuses: ${message}`,
  notFound: 'There is nothing of this name.',
  needsKey: 'This takt wants a key: add #key=… to the address.',
  history: 'History',
  time: 'Window end',
  value: 'Value',
  state: 'State',
  states: { provisional: 'provisional', final: 'final', backfilling: 'loading history' },
  samples: 'Samples',
  now: 'now',
  series: 'Series',
  other: 'other',
  objective: 'Objective',
  owner: 'Owner',
  source: 'Source',
  asTable: 'As a table',
  alerts: 'Alerts',
  noAlerts: 'No alerts',
  noRules: 'No alert rules',
  rules: (count) => (count === 1 ? '1 rule watches' : `${count} rules watch`),
  more: (count) => `${count} more`,
  severities: { page: 'Page', warning: 'Warning', info: 'Info' },
  pending: 'Pending',
};

const ZH: Words = {
  live: '实时',
  connecting: '正在连接…',
  loading: '正在加载…',
  judged: { good: '达标', near: '接近目标', bad: '未达标' },
  stale: '数据过期',
  late: '数据延迟',
  none: '无事件',
  noneStale: '无数据',
  filling: '补算中',
  quiet: '无事件',
  soFar: '截至目前',
  recomputing: '重新计算中',
  last: '上次',
  target: '目标',
  plan: '计划',
  baseline: '基线',
  worstOf: (_shown, all) => `共 ${all} 项`,
  offline: (since) => `${since} 起连接中断，显示的是最后的数值。`,
  halted: '数据管道已停止',
  failing: '数据管道出错',
  starting: '正在追赶数据',
  behind: (records) => `落后 ${records} 条记录`,
  catalogueRefused: (problem, since) => `修改后的指标目录未生效（${problem}），仍使用 ${since} 的目录。`,
  deadLetters: (open, quarantined) =>
    `${open} 条数据未能接收${quarantined === 0 ? '' : `，其中 ${quarantined} 条的时间尚未到来`}`,
  screens: '大屏',
  kpis: '指标',
  generated: '由目录自动生成',
  home: '全部大屏与指标',
  beginTitle: '还没有事件。可以这样开始：',
  begin: [
    { say: '发送事件', type: 'POST /v1/events' },
    { say: '或导入 CSV 文件', type: 'npx takt import FILE.csv --help' },
    { say: '或编写自己的指标目录并检查', type: 'npx takt lint catalogue.yaml' },
  ],
  refused: (message) => `takt 拒绝了请求：${message}`,
  notFound: '没有这个名称。',
  needsKey: '需要密钥：请在地址后加上 #key=…',
  history: '历史',
  time: '窗口结束',
  value: '数值',
  state: '状态',
  states: { provisional: '暂定', final: '最终', backfilling: '补算中' },
  samples: '样本数',
  now: '当前',
  series: '序列',
  other: '其他',
  objective: '目的',
  owner: '负责人',
  source: '数据来源',
  asTable: '以表格显示',
  alerts: '告警',
  noAlerts: '无告警',
  noRules: '未设告警规则',
  rules: (count) => `${count} 条规则监视中`,
  more: (count) => `另有 ${count} 条`,
  severities: { page: '紧急', warning: '警告', info: '提示' },
  pending: '待触发',
};

/** The words of each language. */
export const WORDS: Readonly<Record<Language, Words>> = { en: EN, 'zh-CN': ZH };

const TUMBLING: Readonly<Record<Language, Readonly<Record<string, string>>>> = {
  en: {
    hour: 'this hour',
    day: 'today',
    week: 'this week',
    month: 'this month',
    quarter: 'this quarter',
    year: 'this year',
    'fiscal-month': 'this fiscal month',
    'fiscal-quarter': 'this fiscal quarter',
    'fiscal-year': 'this fiscal year',
  },
  'zh-CN': {
    hour: '本小时',
    day: '今日',
    week: '本周',
    month: '本月',
    quarter: '本季度',
    year: '今年',
    'fiscal-month': '本财月',
    'fiscal-quarter': '本财季',
    'fiscal-year': '本财年',
  },
};

const SHIFT: Readonly<Record<Language, string>> = { en: 'this shift', 'zh-CN': '本班次' };

const LENGTHS: readonly (readonly [ms: number, unit: string])[] = [
  [86_400_000, 'd'],
  [3_600_000, 'h'],
  [60_000, 'min'],
  [1_000, 's'],
];

/** Over which time a KPI is taken, in few words: `last 4 h`, `today`; in fewer: `4 h`. A level is what is now. */
export function windowWords(window: WindowSpec, language: Language, short = false): string {
  switch (window.kind) {
    case 'rolling': {
      const [ms, unit] = LENGTHS.find(([each]) => window.sizeMs % each === 0) ?? [1, 'ms'];
      const length = `${window.sizeMs / ms} ${formatUnit(unit, language)}`;
      return short ? length : language === 'en' ? `last ${length}` : `近 ${length}`;
    }
    case 'tumbling':
    case 'to-date':
      return window.unit === 'shift' ? SHIFT[language] : (TUMBLING[language][window.unit] ?? '');
    case 'shift':
      return SHIFT[language];
    case 'total':
      return language === 'en' ? 'all time' : '累计';
    case 'instant':
      return WORDS[language].now;
  }
}
