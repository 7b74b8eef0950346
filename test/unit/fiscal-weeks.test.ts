import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { FiscalWeeks } from '../../services/shared/core/calendar/calendar.ts';
import { sentence } from '../../services/shared/core/sentence/sentence.ts';
import { unitMsMax, unitSlice } from '../../services/shared/core/window/window-to-date.ts';
import { sliceEnd, sliceStart, windowStart } from '../../services/shared/core/window/window.ts';
import { parseCatalogue } from '../../services/shared/runtime/catalogue-file.ts';
import { problemLine } from '../../services/shared/runtime/yaml-document.ts';
import { formatPeriod } from '../../services/wallboard/web/format.ts';

const DAY_MS = 86_400_000;
const at = (text: string): number => Date.parse(text);
const date = (ms: number): string => new Date(ms).toISOString().slice(0, 10);
type Unit = 'fiscal-month' | 'fiscal-quarter' | 'fiscal-year';

/** That of the National Retail Federation: the Saturday nearest to the end of January, 4-5-4. */
const RETAIL: FiscalWeeks = { ends: 'nearest', weekday: 5, month: 1, quarters: [4, 5, 4] };
/** The last Saturday of September. */
const SEPTEMBER: FiscalWeeks = { ends: 'last', weekday: 5, month: 9, quarters: [4, 4, 5] };

test.each([
  // Published calendars: 53 weeks in 2006, 2012, 2017 and 2023.
  [RETAIL, 'fiscal-year', '2024-02-03', '2023-01-29', '2024-02-04'],
  [RETAIL, 'fiscal-year', '2024-02-04', '2024-02-04', '2025-02-02'],
  [RETAIL, 'fiscal-year', '2026-01-31', '2025-02-02', '2026-02-01'],
  [RETAIL, 'fiscal-year', '2017-06-01', '2017-01-29', '2018-02-04'],
  [RETAIL, 'fiscal-year', '2012-06-01', '2012-01-29', '2013-02-03'],
  [RETAIL, 'fiscal-year', '2006-06-01', '2006-01-29', '2007-02-04'],
  [RETAIL, 'fiscal-quarter', '2023-04-30', '2023-04-30', '2023-07-30'],
  [RETAIL, 'fiscal-quarter', '2024-02-03', '2023-10-29', '2024-02-04'],
  [RETAIL, 'fiscal-month', '2023-02-26', '2023-02-26', '2023-04-02'],
  [RETAIL, 'fiscal-month', '2024-02-01', '2023-12-31', '2024-02-04'],
  [SEPTEMBER, 'fiscal-year', '2023-09-30', '2022-09-25', '2023-10-01'],
  [SEPTEMBER, 'fiscal-year', '2023-10-01', '2023-10-01', '2024-09-29'],
  [SEPTEMBER, 'fiscal-quarter', '2022-12-24', '2022-09-25', '2022-12-25'],
  [SEPTEMBER, 'fiscal-month', '2023-09-30', '2023-08-20', '2023-10-01'],
] as const)('%j: the %s of %s', (fiscalWeeks, unit, day, first, end) => {
  const window = { kind: 'tumbling', unit, zone: 'UTC', fiscalWeeks } as const;
  const startMs = sliceStart(window, at(day) + DAY_MS - 1);
  expect([startMs, sliceEnd(window, startMs)].map(date)).toEqual([first, end]);
});

/** Every day on which a fiscal year ends, found by going through all of them. */
function yearEnds({ ends, weekday, month }: FiscalWeeks): number[] {
  const found: number[] = [];
  for (let ms = at('1988-01-01'); ms < at('2032-01-01'); ms += DAY_MS) {
    const day = new Date(ms);
    if ((day.getUTCDay() + 6) % 7 !== weekday) continue;
    const near = ends === 'last' ? [0, 1, 2, 3, 4, 5, 6] : [-3, -2, -1, 0, 1, 2, 3];
    const isMonthEnd = (at_: Date): boolean =>
      at_.getUTCMonth() + 1 === month && new Date(at_.getTime() + DAY_MS).getUTCDate() === 1;
    if (near.some((days) => isMonthEnd(new Date(ms + days * DAY_MS)))) found.push(ms);
  }
  return found;
}

const ARBITRARY = fc.record({
  ends: fc.constantFrom('last' as const, 'nearest' as const),
  weekday: fc.integer({ min: 0, max: 6 }),
  month: fc.integer({ min: 1, max: 12 }),
  quarters: fc.constantFrom([4, 4, 5], [4, 5, 4], [5, 4, 4]),
});

test('years end where a walk through all days says, in 52 or 53 weeks, cut into quarters and months', () => {
  fc.assert(
    fc.property(
      ARBITRARY,
      fc.integer({ min: at('1992-01-01') / DAY_MS, max: at('2028-01-01') / DAY_MS }),
      (fiscalWeeks, day) => {
        const ends = yearEnds(fiscalWeeks);
        const timeMs = day * DAY_MS;
        const last = ends.findIndex((ms) => ms >= timeMs);
        const yearMs = ends[last - 1]! + DAY_MS;
        const nextMs = ends[last]! + DAY_MS;
        expect([52, 53]).toContain((nextMs - yearMs) / DAY_MS / 7);
        const bounds = (unit: Unit): number[] => {
          const window = { kind: 'tumbling', unit, zone: 'UTC', fiscalWeeks } as const;
          const startMs = sliceStart(window, timeMs);
          return [startMs, sliceEnd(window, startMs)];
        };
        expect(bounds('fiscal-year')).toEqual([yearMs, nextMs]);
        for (const [unit, lengths] of [
          ['fiscal-quarter', [13, 13, 13]],
          ['fiscal-month', [0, 1, 2, 3].flatMap(() => fiscalWeeks.quarters).slice(0, -1)],
        ] as const) {
          const starts = lengths.reduce((all, weeks) => [...all, all.at(-1)! + weeks * 7 * DAY_MS], [yearMs]);
          const n = starts.findLastIndex((ms) => ms <= timeMs);
          expect(bounds(unit)).toEqual([starts[n], starts[n + 1] ?? nextMs]);
        }
      },
    ),
    { numRuns: 300 },
  );
});

test('units of weeks so far lie within them, in zones where clocks change', () => {
  const zones = fc.constantFrom('UTC', 'Europe/Berlin', 'America/New_York', 'Australia/Lord_Howe', 'Pacific/Apia');
  const units = fc.constantFrom<Unit>('fiscal-month', 'fiscal-quarter', 'fiscal-year');
  const time = fc.integer({ min: at('1995-01-01'), max: at('2030-01-01') });
  fc.assert(
    fc.property(ARBITRARY, zones, units, time, (fiscalWeeks, zone, unit, timeMs) => {
      const window = { kind: 'to-date', unit, zone, fiscalWeeks, everyMs: DAY_MS } as const;
      const whole = unitSlice(window, timeMs);
      expect(whole.startMs <= timeMs && timeMs < whole.endMs).toBe(true);
      expect(whole.endMs - whole.startMs).toBeLessThanOrEqual(unitMsMax(window));
      expect(unitSlice(window, whole.endMs).startMs).toBe(whole.endMs);
      expect(windowStart(window, sliceEnd(window, sliceStart(window, timeMs)))).toBe(whole.startMs);
    }),
    { numRuns: 500 },
  );
});

const catalogue = (fiscalYear: string, window: string): string => `version: 1
calendars: { shop: { zone: America/New_York, fiscal_year: ${fiscalYear} } }
workflows: { w: { activities: [sold] } }
kpis: { k: { workflow: w, measure: { event: sold }, aggregate: count, window: ${window} } }
`;
const read = (fiscalYear: string, window = '{ tumbling: fiscal-year, calendar: shop }') =>
  parseCatalogue(catalogue(fiscalYear, window), 'c.yaml', { calendarVersion: '2025b' });

test('a KPI per fiscal year of weeks says so', () => {
  const said = (fiscalYear: string, window?: string): string[] => {
    const kpi = read(fiscalYear, window).catalogue!.kpis.get('k')!;
    return [sentence(kpi, 'en'), sentence(kpi, 'zh-CN')];
  };
  expect(said('{ weeks: 52-53, ends: { nearest: sat, month: 1 }, quarters: 4-5-4 }')).toEqual([
    "k: the number of 'sold' events, per fiscal year (years of 52 or 53 weeks that end on the Saturday nearest to the end of January, America/New_York).",
    'k：每财年（财年为52或53周，止于1月月底最近的周六，America/New_York），每个“sold”事件的数量。',
  ]);
  expect(
    said('{ weeks: 52-53, ends: { last: sun, month: 9 } }', '{ to_date: fiscal-month, calendar: shop, every: 1d }'),
  ).toEqual([
    "k: the number of 'sold' events, for the fiscal month (years of 52 or 53 weeks that end on the last Sunday of September, quarters of 4-4-5, America/New_York) so far, taken every day.",
    'k：本财月至今（财年为52或53周，止于9月最后一个周日，每季4-4-5周，America/New_York），每1天计算一次，每个“sold”事件的数量。',
  ]);
  const { window } = read('{ weeks: 52-53, ends: { nearest: sat, month: 1 }, quarters: 4-5-4 }').catalogue!.kpis.get(
    'k',
  )!.definition;
  expect(window).toEqual({ kind: 'tumbling', unit: 'fiscal-year', zone: 'America/New_York', fiscalWeeks: RETAIL });
});

test.each([
  ['{}', /says when it begins, or how its weeks end; allowed: \{ month: 4 \} or/],
  ['{ month: 4, weeks: 52-53 }', /month and weeks stand together/],
  ['{ weeks: 52-53 }', /a fiscal year of weeks has no ends/],
  ['{ ends: { last: sat, month: 1 } }', /a fiscal year of weeks has no weeks/],
  ['{ weeks: 52-53, ends: { month: 1 } }', /ends on one weekday; allowed: \{ nearest: sat, month: 1 \}/],
  ['{ weeks: 52-53, ends: { last: sat, nearest: sat, month: 1 } }', /ends on one weekday/],
  ['{ weeks: 52-53, ends: { last: saturday, month: 1 } }', /saturday.*mon, tue/],
  ['{ weeks: 52-53, ends: { last: sat, month: 1 }, quarters: 3-5-5 }', /3-5-5.*4-4-5/],
])('refused: fiscal_year %s', (fiscalYear, message) => {
  expect(read(fiscalYear).problems.map(problemLine)).toEqual([expect.stringMatching(message)]);
});

test('a window of fiscal weeks that is over is named by its days', () => {
  const window = { kind: 'tumbling', unit: 'fiscal-quarter', zone: 'UTC', fiscalWeeks: RETAIL } as const;
  const text = formatPeriod(window, at('2023-10-29'), at('2024-02-04'), 'en');
  expect(text.replaceAll(/\s*[–-]\s*/gu, '–')).toBe('29 Oct 2023–3 Feb 2024');
});
