import { expect, test } from 'vitest';
import type { Calendar } from '../../services/shared/core/calendar/calendar.ts';
import { calendarsOf } from '../../services/shared/core/catalogue/catalogue-compile.ts';
import { lintHolidays } from '../../services/shared/core/catalogue/catalogue-lint.ts';
import type { Definition } from '../../services/shared/core/definition.ts';
import type { HolidayLookup } from '../../services/shared/core/calendar/holiday-table.ts';
import { sentence } from '../../services/shared/core/sentence/sentence.ts';
import { parseCatalogue } from '../../services/shared/runtime/catalogue-file.ts';
import { problemLine } from '../../services/shared/runtime/yaml-document.ts';

const named = (...dates: readonly string[]): { date: string; name: string }[] =>
  dates.map((date) => ({ date, name: `of ${date}` }));
/** A country whose Tuesday the 3rd is off, whose Saturday the 7th is worked, and whose Sunday the 8th is off anyway. */
const holidays: HolidayLookup = new Map<string, HolidayLookup extends ReadonlyMap<string, infer T> ? T : never>([
  ['QQ', { closed: named('2026-03-03', '2026-03-08'), makeUp: named('2026-03-07'), lastYear: 2026 }],
  ['QR', { closed: named('2026-03-04'), makeUp: [], lastYear: 2025 }],
  ['QX', { legal: ['QQ', 'QR'] }],
]);
const options = { calendarVersion: '2025b', holidays };
const HEAD = 'version: 1\ntimezone: Asia/Shanghai\ncalendars:\n';

function calendar(lines: string): Calendar {
  const { catalogue, problems } = parseCatalogue(`${HEAD}  c: { ${lines} }\n`, 'c.yaml', options);
  expect(problems).toEqual([]);
  return catalogue!.calendars.get('c')!;
}

function bad(lines: string): string[] {
  const result = parseCatalogue(`${HEAD}  c: { ${lines} }\n`, 'c.yaml', options);
  expect(result.catalogue).toBeNull();
  return result.problems.map(problemLine);
}

const WHOLE = { fromMinute: 0, toMinute: 1440 };
const MORNING = { fromMinute: 540, toMinute: 720 };
const AFTERNOON = { fromMinute: 810, toMinute: 1080 };
const NIGHT = { fromMinute: 1320, toMinute: 1800 };

test('a calendar has its defaults: around the clock, in the zone of the catalogue, from January', () => {
  expect(calendar('')).toEqual({
    hours: {
      calendar: 'c',
      zone: 'Asia/Shanghai',
      week: Array.from({ length: 7 }, () => [WHOLE]),
      closed: [],
      makeUp: [],
      special: [],
    },
    fiscalMonth: 1,
    holidays: [],
    holidaysUntil: null,
  });
  expect(calendar('hours: 24/7, zone: europe/berlin, holidays: none, fiscal_year: { month: 4 }')).toMatchObject({
    hours: { zone: 'Europe/Berlin', week: Array.from({ length: 7 }, () => [WHOLE]) },
    fiscalMonth: 4,
    holidaysUntil: null,
  });
});

test.each([
  ['days: mon-fri, hours: ["13:30-18:00", "09:00-12:00"]', [...Array(5).fill([MORNING, AFTERNOON]), [], []]],
  ['days: [mon, wed-thu], hours: 09:00-12:00', [[MORNING], [], [MORNING], [MORNING], [], [], []]],
  ['days: sun-mon', [[WHOLE], [], [], [], [], [], [WHOLE]]],
  ['hours: { mon-thu: ["22:00-06:00"], sat: 09:00-12:00, sun: [] }', [...Array(4).fill([NIGHT]), [], [MORNING], []]],
  ['hours: ["00:00-24:00"]', Array(7).fill([WHOLE])],
  [
    'days: sat, shifts: { night: "22:00-06:00", am: "09:00-12:00" }',
    [
      ...Array(5).fill([]),
      [
        { ...MORNING, shift: 'am' },
        { ...NIGHT, shift: 'night' },
      ],
      [],
    ],
  ],
])('the week of %s', (lines, week) => {
  expect(calendar(lines).hours.week).toEqual(week);
});

test('holidays, make-up days, open and closed dates: what changes nothing is left out, and what is said here wins', () => {
  const office = 'days: mon-fri, hours: ["09:00-12:00"]';
  expect(calendar(`${office}, holidays: QQ`)).toMatchObject({
    hours: { closed: ['2026-03-03'], makeUp: ['2026-03-07'], special: [] },
    holidays: named('2026-03-03', '2026-03-08'),
    holidaysUntil: 2026,
  });
  const more =
    'open: [2026-03-03, { date: 2026-03-14, hours: 22:00-06:00 }, 2026-03-02], closed: [2026-03-07, 2026-03-09]';
  expect(calendar(`${office}, holidays: QQ, ${more}`).hours).toMatchObject({
    closed: ['2026-03-09'],
    makeUp: [],
    special: [{ date: '2026-03-14', spans: [NIGHT] }],
  });
  const both = 'holidays: [QQ, QR, 2026-03-05, { date: 2026-03-06, name: Works outing }]';
  expect(calendar(`${office}, ${both}`)).toMatchObject({
    hours: { closed: ['2026-03-03', '2026-03-04', '2026-03-05', '2026-03-06'] },
    holidaysUntil: 2026,
  });
  expect(calendar(`${office}, ${both}`).holidays.at(-2)).toEqual({ date: '2026-03-06', name: 'Works outing' });
  // A make-up day works as the first working weekday does, whatever its own hours are.
  const table = 'hours: { tue-fri: 09:00-12:00, sat: 13:30-18:00 }, holidays: QQ';
  expect(calendar(table).hours).toMatchObject({ makeUp: ['2026-03-07'], special: [] });
  expect(calendar('holidays: 2026-03-05').holidaysUntil).toBe(2026);
  const until = (list: string): unknown => calendar(`holidays: ${list}`).holidaysUntil;
  // What two countries know both, or what is listed beyond.
  expect(['[QQ, QR]', '[QQ, 2024-03-05]', '[QQ, 2027-01-01]'].map(until)).toEqual([2025, 2026, 2027]);
  expect(calendar('closed: [2026-03-09, 2026-03-04]').hours.closed).toEqual(['2026-03-04', '2026-03-09']);
});

test.each([
  ['zone', 'zone: Mars/Base', /^c\.yaml:4:14: 'Mars\/Base' is not a known time zone/],
  ['key', 'hollidays: CN', /unknown key 'hollidays' in calendars\.c, did you mean 'holidays'\?; allowed: zone, days/],
  ['day', 'days: mon-fry', /calendars\.c\.days is 'mon-fry'; allowed: working days: mon, mon-fri or/],
  ['day of a list', 'days: [mon, Tue]', /calendars\.c\.days\.1 is 'Tue'; allowed: mon, tue, wed, thu, fri, sat, sun/],
  ['hour', 'hours: 9-17', /calendars\.c\.hours is '9-17'; allowed: hours such as 09:00-17:30/],
  ['hour of a list', 'hours: ["25:00-26:00"]', /hours\.0 is '25:00-26:00'; allowed: from and to such as 09:00-17:30/],
  ['hours of no length', 'hours: ["09:00-09:00"]', /'09:00-09:00' ends when it begins; allowed: .*00:00-24:00/],
  ['overlap', 'hours: ["09:00-12:00", "11:00-13:00"]', /4:\d+: what begins at 11:00 overlaps what is before it/],
  ['overlap of shifts', 'shifts: { a: "06:00-14:00", b: "13:45-22:00" }', /what begins at 13:45 overlaps/],
  ['overlap over midnight', 'hours: ["06:00-12:00", "22:00-07:00"]', /begins on mon goes on into what begins on tue/],
  ['overlap over the week', 'hours: { mon: 06:00-12:00, sun: 22:00-07:00 }', /on sun goes on into what begins on mon/],
  ['day twice', 'hours: { mon-fri: 09:00-12:00, fri: 09:00-11:00 }', /^c\.yaml:4:39: fri has hours twice/],
  ['no work at all', 'hours: { mon: [] }', /no day has working time/],
  ['hours and shifts', 'hours: 09:00-12:00, shifts: { a: "06:00-14:00" }', /hours and shifts stand together/],
  ['days and a table', 'days: mon-fri, hours: { mon: 09:00-12:00 }', /days stand beside hours that say the days/],
  ['days and 24/7', 'days: mon-fri, hours: 24/7', /days stand beside hours that say the days/],
  ['country', 'holidays: QX', /^c\.yaml:4:18: no holidays are known of 'QX', did you mean 'QQ'\?; allowed: QQ, QR/],
  ['country in a list', 'holidays: [QQ, QX]', /^c\.yaml:4:23: no holidays are known of 'QX'/],
  ['form of a country', 'holidays: Germany', /holidays is 'Germany'; allowed: a country such as CN, a part .* DE-BY/],
  ['none in a list', 'holidays: [none, QQ]', /'none' stands in a list/],
  ['date', 'closed: [2026-02-30]', /there is no 2026-02-30; allowed: a date such as 2026-10-10/],
  ['holiday', 'holidays: [{ date: 2026-13-01, name: x }]', /there is no 2026-13-01/],
  [
    'form of a date',
    'closed: [1.5.2026]',
    /calendars\.c\.closed\.0 is '1\.5\.2026'; allowed: a date such as 2026-10-10/,
  ],
  ['open and closed', 'open: [2026-03-07], closed: [2026-03-07]', /2026-03-07 is both open and closed/],
  ['open hours', 'open: [{ date: 2026-03-07, hours: 9-10 }]', /hours is '9-10'; allowed: hours such as 09:00-12:00/],
  ['fiscal year', 'fiscal_year: { month: 13 }', /month is 13; allowed: 1 to 12/],
])('refused: %s', (_, lines, message) => {
  const found = bad(lines);
  expect(found).toHaveLength(1);
  expect(found[0]).toMatch(message);
});

const KPI = `workflows:
  desk: { activities: [opened, replied] }
calendars:
  office: { days: mon-fri, hours: ["09:00-12:00"], holidays: QQ, fiscal_year: { month: 4 }, zone: Europe/Berlin }
kpis:
  k:
    workflow: desk
    aggregate: p90
`;
const definition = (text: string, more = options): Definition => {
  const { catalogue, problems } = parseCatalogue(`version: 1\n${text}`, 'c.yaml', more);
  expect(problems).toEqual([]);
  return catalogue!.kpis.get('k')!.definition;
};
const IN_OFFICE = `${KPI}    measure: { duration: { from: opened, to: replied, calendar: office } }\n    window: total\n`;

test('a duration has the hours of its calendar, and its hash covers them', () => {
  const { measure, hash } = definition(IN_OFFICE);
  expect(measure).toMatchObject({ kind: 'duration', hours: { calendar: 'office', closed: ['2026-03-03'] } });
  const other = (text: string): string => definition(text).hash;
  expect(other(IN_OFFICE.replace('holidays: QQ', 'holidays: [QQ, 2026-03-05]'))).not.toBe(hash);
  expect(other(IN_OFFICE.replace('12:00', '12:30'))).not.toBe(hash);
  expect(other(IN_OFFICE.replace('Berlin', 'Paris'))).not.toBe(hash);
  expect(other(IN_OFFICE.replace(', calendar: office', ''))).not.toBe(hash);
  expect(definition(IN_OFFICE, { ...options, calendarVersion: '2026a' }).hash).not.toBe(hash);
  // What does not decide when work is done does not decide what a duration is; nor does a holiday on a Sunday.
  expect(other(IN_OFFICE.replace('month: 4', 'month: 7'))).toBe(hash);
  expect(other(IN_OFFICE.replace('holidays: QQ', 'holidays: [QQ, 2026-03-15]'))).toBe(hash);
  const utc = IN_OFFICE.replace('Europe/Berlin', 'UTC');
  expect(definition(utc, { ...options, calendarVersion: '2026a' }).hash).toBe(other(utc));
});

test('a KPI in business time and one per fiscal year say so', () => {
  const said = (text: string): string[] => {
    const kpi = parseCatalogue(`version: 1\n${text}`, 'c.yaml', options).catalogue!.kpis.get('k')!;
    return [sentence(kpi, 'en'), sentence(kpi, 'zh-CN')];
  };
  expect(said(IN_OFFICE)).toEqual([
    "k: the 90th percentile of the working time (office, Europe/Berlin) from the first 'opened' of a case to the first 'replied', over all time, in seconds.",
    'k：全部时间内，同一案例从案例首个“opened”事件到案例首个“replied”事件所用工作时间（office，Europe/Berlin）的第90百分位数，单位：秒。',
  ]);
  const fiscal = (unit: string): string =>
    `${KPI}    measure: { event: opened }\n    window: { tumbling: ${unit}, calendar: office }\n`.replace(
      'p90',
      'count',
    );
  expect(said(fiscal('fiscal-quarter'))).toEqual([
    "k: the number of 'opened' events, per fiscal quarter (years from April, Europe/Berlin).",
    'k：每财季（财年始于4月，Europe/Berlin），每个“opened”事件的数量。',
  ]);
  expect(definition(fiscal('fiscal-year')).window).toEqual({
    kind: 'tumbling',
    unit: 'fiscal-year',
    zone: 'Europe/Berlin',
    fiscalMonth: 4,
  });
  expect(definition(fiscal('day')).window).toEqual({ kind: 'tumbling', unit: 'day', zone: 'Europe/Berlin' });
});

test.each([
  ['calendar: offce', 'total', /:10:65: unknown calendar 'offce', did you mean 'office'\?; allowed: office/],
  [
    '',
    '{ tumbling: fiscal-year }',
    /a fiscal-year names no calendar; allowed: { tumbling: fiscal-year, calendar: NAME/,
  ],
  ['', '{ tumbling: day, calendar: offce }', /:11:40: unknown calendar 'offce'/],
  ['', '{ tumbling: day, calendar: office, zone: UTC }', /zone and calendar stand together/],
  ['', '{ rolling: 1h, every: 1m, calendar: office }', /a window of rolling and every and calendar does not exist/],
])('refused in a KPI: %s window %s', (extra, window, message) => {
  const measure = `    measure: { duration: { from: opened, to: replied, ${extra} } }\n`;
  const { problems } = parseCatalogue(`version: 1\n${KPI}${measure}    window: ${window}\n`, 'c.yaml', options);
  expect(problems.map(problemLine)).toEqual([expect.stringMatching(message)]);
});

test('what is open, unless as an age, has no calendar; a KPI on a calendar with a problem has none of its own', () => {
  const open = `${KPI.replace('    aggregate: p90\n', '')}    measure: { open: { from: opened, to: replied, calendar: office } }\n`;
  const told = (text: string): string[] =>
    parseCatalogue(`version: 1\n${text}`, 'c.yaml', options).problems.map(problemLine);
  expect(told(open)[0]).toMatch(/a calendar counts time, and only an age is one/);
  expect(told(IN_OFFICE.replace('12:00', '09:00'))).toEqual([expect.stringMatching(/ends when it begins/)]);
});

test('lint misses the holidays of the next year', () => {
  const text = `${HEAD}  a: { holidays: QQ }\n  b: { holidays: QR }\n  c: {}\n  d: { holidays: [2027-01-01] }\n`;
  const { catalogue } = parseCatalogue(text, 'c.yaml', options);
  const places = (year: number): string[] => lintHolidays(catalogue!, year).map(({ place }) => place);
  expect([places(2024), places(2025), places(2026)]).toEqual([[], ['calendar b'], ['calendar a', 'calendar b']]);
  expect(lintHolidays(catalogue!, 2026)[0]!.message).toMatch(/known to the end of 2026 only.*list those of 2027/);
});

test('calendars of another file are in the zone of that file, whatever is wrong with it', () => {
  const parsed = { timezone: 'Europe/Berlin', calendars: { a: { holidays: 'QQ', days: 7 }, b: null } };
  const found = calendarsOf(parsed, options);
  expect([...found.keys()]).toEqual(['a']);
  expect(found.get('a')!.hours).toMatchObject({ zone: 'Europe/Berlin', closed: ['2026-03-03', '2026-03-08'] });
});

const SHIFTS = `calendars:
  line: { days: mon-fri, shifts: { late: "14:00-22:00", early: "06:00-14:00", night: "22:00-06:00" }, zone: Europe/Berlin, holidays: QQ }
  office: { hours: "09:00-12:00" }
workflows: { w: { activities: [made] } }
kpis:
  k:
    workflow: w
    measure: { event: made }
    aggregate: count
`;
const byShift = (window: string): string => `version: 1\n${SHIFTS}    window: ${window}\n`;

test('a KPI per shift holds the calendar, says so, and is another one when its hours or holidays change', () => {
  const kpiOf = (text: string, with_ = options) => parseCatalogue(text, 'c.yaml', with_).catalogue!.kpis.get('k')!;
  const all = kpiOf(byShift('{ shift: line }'));
  expect(all.definition.window).toMatchObject({ kind: 'shift', hours: { calendar: 'line', closed: ['2026-03-03'] } });
  expect(all.definition.window).not.toHaveProperty('only');
  expect([sentence(all, 'en'), sentence(all, 'zh-CN')]).toEqual([
    "k: the number of 'made' events, per shift (line, Europe/Berlin).",
    'k：每班次（line，Europe/Berlin），每个“made”事件的数量。',
  ]);
  const some = kpiOf(byShift('{ shift: line, only: [night, early] }'));
  expect(some.definition.window).toMatchObject({ only: ['early', 'night'] });
  expect([sentence(some, 'en'), sentence(some, 'zh-CN')]).toEqual([
    "k: the number of 'made' events, per early or night shift (line, Europe/Berlin).",
    'k：每early、night班次（line，Europe/Berlin），每个“made”事件的数量。',
  ]);
  const hashOf = (text: string, with_ = options): string => kpiOf(text, with_).definition.hash;
  expect(hashOf(byShift('{ shift: line, only: [late, night, early] }'))).toBe(all.definition.hash);
  expect(hashOf(byShift('{ shift: line, only: [early, night] }'))).toBe(some.definition.hash);
  const others = [
    byShift('{ shift: line }').replace('06:00-14:00', '06:30-14:00'),
    byShift('{ shift: line }').replace('holidays: QQ', 'holidays: none'),
    byShift('{ shift: line, only: [night] }'),
  ].map((text) => hashOf(text));
  const elsewhere = hashOf(byShift('{ shift: line }'), { ...options, calendarVersion: '2026a' });
  expect(new Set([all.definition.hash, some.definition.hash, elsewhere, ...others]).size).toBe(6);
});

test.each([
  ['{ shift: lin }', /unknown calendar 'lin', did you mean 'line'/],
  ['{ shift: office }', /calendar 'office' has no shifts; allowed: line/],
  [
    '{ shift: line, only: [nigth] }',
    /calendar 'line' has no shift 'nigth', did you mean 'night'\?; allowed: early, late, night/,
  ],
  ['{ shift: line, zone: UTC }', /a window of shift and zone does not exist here/],
  ['{ shift: line, only: [] }', /only/],
])('refused: window %s', (window, message) => {
  const { problems } = parseCatalogue(byShift(window), 'c.yaml', options);
  expect(problems.map(problemLine)).toEqual([expect.stringMatching(message)]);
});
