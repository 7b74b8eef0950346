import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { sentence } from '../../services/shared/core/sentence/sentence.ts';
import { loadCatalogue, parseCatalogue } from '../../services/shared/runtime/catalogue-file.ts';
import { loadHolidays } from '../../services/shared/runtime/holidays/load-holidays.ts';

const options = { calendarVersion: '2025b' };
const load = (name: string) =>
  loadCatalogue(fileURLToPath(new URL(`../catalogues/${name}.yaml`, import.meta.url)), options);

test('the catalogues of the tests load and say themselves', async () => {
  const helpdesk = await load('helpdesk_italian');
  expect(helpdesk.workflows.get('helpdesk')!.activities).toHaveLength(14);
  expect(helpdesk.kpis.size).toBe(23);
  expect(sentence(helpdesk.kpis.get('opened_per_month')!, 'en')).toBe(
    'Tickets opened per month: the number of first events of a case, per month (UTC), in tickets.',
  );
  expect(sentence(helpdesk.kpis.get('resolution_p90')!, 'en')).toBe(
    "Resolution, p90: the 90th percentile of the time from the first event of a case to the last 'Resolve ticket', over all time, in seconds.",
  );
  expect(sentence(helpdesk.kpis.get('open_tickets')!, 'zh-CN')).toBe(
    '未关闭工单：每1小时取值一次，已有案例首个事件而尚无案例最后一个“Closed”事件的案例数量，单位：tickets。',
  );
  const dascen = await load('dascen');
  expect(dascen.workflows.get('dascen')!.activities.slice(-2)).toEqual(['Entry', 'Exit']);
  expect(sentence(dascen.kpis.get('busy_s')!, 'en')).toBe(
    "Busy time: the sum of the time from each 'Entry' of a case to each 'Exit', for each station, only where (object is FAXS or object starts with 'Car-') and station starts with 'WS-', over all time, in seconds.",
  );
});

test('a sentence of each kind of window, ratio and condition', () => {
  const text = `version: 1
workflows: { w: { activities: [a, b], dimensions: [team, region] } }
kpis:
  k:
    name: { zh-CN: 比率 }
    workflow: w
    measure: { ratio: { of: { event: a, aggregate: sum }, to: { event: { last: any, where: { value: { gte: 5 } } } } } }
    by: [{ dimension: team, at: first }, region]
    where: { region: { not: [x, y, z*] } }
    window: { rolling: 90m, every: 1m }
`;
  const kpi = parseCatalogue(text, 'c.yaml', options).catalogue!.kpis.get('k')!;
  expect(sentence(kpi, 'en')).toBe(
    "比率: the sum of the values of 'a' events divided by the number of last events of a case where the value is at least 5, for each team (at the case's first event) and region, only where region is not x or y and region does not start with 'z', over the last 90 minutes, taken every minute.",
  );
  expect(sentence(kpi, 'zh-CN')).toBe(
    '比率：最近90分钟内，每1分钟计算一次，按team（取自案例首个事件）、region分组，仅限region不为x或y且region不以“z”开头，每个“a”事件数值的总和除以案例最后一个事件（数值不小于5）的数量。',
  );
});

test('a sentence of a limit and of a unit so far', () => {
  const text = `version: 1
workflows: { w: { activities: [a, b], dimensions: [team] } }
calendars: { desk: { days: mon-fri } }
kpis:
  k:
    name: { en: In time, zh-CN: 按时率 }
    workflow: w
    measure: { within: { from: a, to: b, limit: { default: 8h, where: [{ team: x, limit: 1h }] }, calendar: desk } }
    window: { to_date: month, every: 1d, zone: Europe/Berlin }
`;
  const kpi = parseCatalogue(text, 'c.yaml', options).catalogue!.kpis.get('k')!;
  expect(sentence(kpi, 'en')).toBe(
    "In time: the share of cases that had the first 'b' within 8 hours (1 hour where team is x) of working time (desk, UTC) of the first 'a', for the month (Europe/Berlin) so far, taken every day.",
  );
  expect(sentence(kpi, 'zh-CN')).toBe(
    '按时率：本月至今（Europe/Berlin），每1天计算一次，在案例首个“a”事件之后8小时（team为x时为1小时）工作时间（desk，UTC）内有案例首个“b”事件的案例占比。',
  );
});

test.each([
  ['rework: { of: a } }, aggregate: count', "how often a case had another 'a'", '案例再次出现“a”事件的次数'],
  [
    'rework: { of: { each: any, where: { team: x } }, same: [team, region], count: cases } }, aggregate: mean',
    'the mean of the values of the second event where team is x with the same team and region of a case',
    '案例首次再次出现（team、region相同的）事件（team为x）时数值的平均值',
  ],
  [
    'rework: { of: b, count: rate } }',
    "how many cases had another 'b' divided by how many had one",
    '再次出现“b”事件的案例数量除以出现过该事件的案例数量',
  ],
  [
    'rework: { of: b, count: rate, to: any } }',
    "how many cases had another 'b' divided by the number of cases",
    '再次出现“b”事件的案例数量除以案例数量',
  ],
  [
    'rework: { of: b, count: rate, to: a } }',
    "how many cases had another 'b' divided by how many had the first 'a'",
    '再次出现“b”事件的案例数量除以出现过案例首个“a”事件的案例数量',
  ],
  [
    'conversion: { from: a, to: { last: b }, within: 30d, count: flow } }',
    "how often it came from the first 'a' of a case to the last 'b' within 30 days, divided by the number of first 'a' events of a case",
    '从案例首个“a”事件起30天之内到达案例最后一个“b”事件的次数除以案例首个“a”事件的数量',
  ],
  [
    'conversion: { from: { each: a }, to: b, after: 1d, within: 7d, count: cohort } }',
    "the share of 'a' events that led to the first 'b' after 1 day to 7 days",
    '每个“a”事件中至少1天之后、7天之内到达案例首个“b”事件的比例（计入起点时间）',
  ],
  [
    'counter: { event: a, rollover: 65536 } }, aggregate: sum',
    "the sum of the increases of the counter read by 'a' events (which starts over at 65536)",
    '每个“a”事件所读计数器（计到65536后归零）增量的总和',
  ],
])('a sentence of %s', (measure, english, chinese) => {
  const head = 'version: 1\nworkflows: { w: { activities: [a, b], dimensions: [team, region] } }\nkpis:\n';
  const text = `${head}  k: { workflow: w, measure: { ${measure}, window: total }\n`;
  const kpi = parseCatalogue(text, 'c.yaml', options).catalogue!.kpis.get('k')!;
  expect([sentence(kpi, 'en'), sentence(kpi, 'zh-CN')]).toEqual([
    `k: ${english}, over all time.`,
    `k：全部时间内，${chinese}。`,
  ]);
});

test('a sentence of different values, and of the last one', () => {
  const said = (lines: string, language: 'en' | 'zh-CN'): string => {
    const text = `version: 1\nworkflows: { w: { activities: [a, b], dimensions: [customer] } }\nkpis:\n  k: { name: K, workflow: w, ${lines}, window: { tumbling: day } }\n`;
    return sentence(parseCatalogue(text, 'c.yaml', options).catalogue!.kpis.get('k')!, language);
  };
  const customers = 'measure: { distinct: { of: customer, event: a } }';
  expect(said(customers, 'en')).toBe("K: the number of different values of customer among 'a' events, per day (UTC).");
  expect(said(customers, 'zh-CN')).toBe('K：每日（UTC），每个“a”事件中不同customer的数量。');
  const cases = 'measure: { distinct: { of: case, approximate: true } }';
  expect(said(cases, 'en')).toBe('K: the approximate number of different cases among events, per day (UTC).');
  expect(said(cases, 'zh-CN')).toBe('K：每日（UTC），每个事件中不同案例的近似数量。');
  const last = 'measure: { event: a }, aggregate: last';
  expect(said(last, 'en')).toBe("K: the last of the values of 'a' events, per day (UTC).");
  expect(said(last, 'zh-CN')).toBe('K：每日（UTC），每个“a”事件数值的最新值。');
});

test('the example of docs/catalogue.md is a catalogue', () => {
  const docs = readFileSync(new URL('../../docs/catalogue.md', import.meta.url), 'utf8');
  const example = /```yaml\n([\s\S]*?)```/.exec(docs)?.[1] ?? '';
  const { catalogue, problems } = parseCatalogue(example, 'docs', options);
  expect(problems).toEqual([]);
  expect([...catalogue!.kpis.keys()]).toEqual(['first_response_time']);
});

test('the calendars of docs/catalogue.md are calendars', async () => {
  const docs = readFileSync(new URL('../../docs/catalogue.md', import.meta.url), 'utf8');
  const example = /```yaml\n(calendars:[\s\S]*?)```/.exec(docs)?.[1] ?? '';
  const holidays = await loadHolidays(['CN', 'DE-BY']);
  const { catalogue, problems } = parseCatalogue(`version: 1\n${example}`, 'docs', { ...options, holidays });
  expect(problems).toEqual([]);
  expect([...catalogue!.calendars.keys()]).toEqual(['support', 'workshop', 'line-3']);
  const { closed, makeUp, special } = catalogue!.calendars.get('workshop')!.hours;
  // The 10th is closed; Saturday the 15th, Assumption, is worked as a Monday; Saturday the 22nd by its own hours.
  expect(closed.filter((date) => date.startsWith('2026-08'))).toEqual(['2026-08-10']);
  expect([makeUp, special.map(({ date }) => date)]).toEqual([['2026-08-15'], ['2026-08-22']]);
});

test('a sentence of what moves with time', () => {
  const text = `version: 1
workflows: { w: { activities: [on, off, end], dimensions: [line, status] } }
calendars: { desk: { days: mon-fri } }
kpis:
  age:
    workflow: w
    measure: { open: { from: on, to: { last: off }, of: age, calendar: desk } }
    aggregate: p90
    unit: h
  gauge:
    workflow: w
    measure: { event: { each: on, where: { line: a } } }
    aggregate: time_weighted_mean
    window: { rolling: 1h, every: 1m }
  states:
    workflow: w
    measure: { state: { to: end } }
    by: [line, state]
    window: { to_date: day, every: 1h }
  share:
    workflow: w
    measure: { state: { of: status, in: [run, set up], event: on, calendar: desk } }
    aggregate: share
    window: { tumbling: day }
`;
  const { kpis } = parseCatalogue(text, 'c.yaml', options).catalogue!;
  const say = (key: string): string[] =>
    (['en', 'zh-CN'] as const).map((language) => sentence(kpis.get(key)!, language));
  expect(say('age')).toEqual([
    "age: the 90th percentile of the working time (desk, UTC) since the first 'on' over cases that have not yet had the last 'off', taken every minute, in hours.",
    'age：每1分钟取值一次，尚无案例最后一个“off”事件的案例自案例首个“on”事件起已过工作时间（desk，UTC）的第90百分位数，单位：小时。',
  ]);
  expect(say('gauge')).toEqual([
    "gauge: the mean of the values of each 'on' where line is a weighted with time, each holding until the next one of its case, over the last 1 hour, taken every minute.",
    'gauge：最近1小时内，每1分钟计算一次，每个“on”事件（line为a）数值按时间加权的平均值（每个数值保持到同一案例的下一个）。',
  ]);
  expect(say('states')).toEqual([
    "states: the time of cases in any state (until each 'end'), for each line and state, for the day (UTC) so far, taken every hour, in seconds.",
    'states：本日至今（UTC），每1小时计算一次，按line、state（状态）分组，案例处于任一状态（到每个“end”事件为止）的时间，单位：秒。',
  ]);
  expect(say('share')).toEqual([
    "share: the share of the observed working time (desk, UTC) of cases in which status is run or set up, as told by each 'on', per day (UTC).",
    'share：每日（UTC），案例status为run或set up（取自每个“on”事件）的工作时间（desk，UTC）占全部观测时间的比例。',
  ]);
});
