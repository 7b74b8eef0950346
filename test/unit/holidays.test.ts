import { afterEach, expect, test } from 'vitest';
import { BusinessTime } from '../../services/shared/core/calendar/business-time.ts';
import type { HolidayTable } from '../../services/shared/core/calendar/holiday-table.ts';
import { parseCatalogue } from '../../services/shared/runtime/catalogue-file.ts';
import { loadHolidays } from '../../services/shared/runtime/holidays/load-holidays.ts';

const zoneBefore = process.env['TZ'];
afterEach(() => {
  if (zoneBefore === undefined) delete process.env['TZ'];
  else process.env['TZ'] = zoneBefore;
});

async function tableOf(code: string): Promise<HolidayTable> {
  const found = (await loadHolidays([code])).get(code);
  if (found === undefined || 'legal' in found) throw new Error(`nothing is known of ${code}`);
  return found;
}

const of = (dates: readonly { readonly date: string }[], year: number): string[] =>
  dates.map(({ date }) => date).filter((date) => date.startsWith(`${year}-`));

test('the holidays and make-up days of China in 2025 and 2026 are those that the State Council published', async () => {
  const china = await tableOf('CN');
  expect(of(china.makeUp, 2025)).toEqual(['2025-01-26', '2025-02-08', '2025-04-27', '2025-09-28', '2025-10-11']);
  expect(of(china.makeUp, 2026)).toEqual([
    '2026-01-04',
    '2026-02-14',
    '2026-02-28',
    '2026-05-09',
    '2026-09-20',
    '2026-10-10',
  ]);
  expect(of(china.closed, 2025)).toEqual([
    '2025-01-01',
    ...['01-28', '01-29', '01-30', '01-31', '02-01', '02-02', '02-03', '02-04'].map((day) => `2025-${day}`),
    ...['04-04', '04-05', '04-06', '05-01', '05-02', '05-03', '05-04', '05-05'].map((day) => `2025-${day}`),
    ...['05-31', '06-01', '06-02'].map((day) => `2025-${day}`),
    ...['10-01', '10-02', '10-03', '10-04', '10-05', '10-06', '10-07', '10-08'].map((day) => `2025-${day}`),
  ]);
  expect(of(china.closed, 2026)).toHaveLength(33);
  expect(china.closed.find(({ date }) => date === '2026-02-17')?.name).toBe('春节');
  expect(china.lastYear).toBeGreaterThanOrEqual(2026);
});

test('public holidays of other countries, of their parts, and of parts of these', async () => {
  const germany = of((await tableOf('DE')).closed, 2026);
  const nation = ['01-01', '04-03', '04-06', '05-01', '05-14', '05-25', '10-03', '12-25', '12-26'];
  expect(germany).toEqual(nation.map((day) => `2026-${day}`));
  const bavaria = of((await tableOf('DE-BY')).closed, 2026);
  expect(bavaria.filter((date) => !germany.includes(date))).toEqual(['2026-01-06', '2026-06-04', '2026-11-01']);
  expect(of((await tableOf('DE-BY-A')).closed, 2026)).toContain('2026-08-08');
  const days = [
    '01-01',
    '01-19',
    '02-16',
    '05-25',
    '06-19',
    '07-03',
    '07-04',
    '09-07',
    '10-12',
    '11-11',
    '11-26',
    '12-25',
  ];
  expect(of((await tableOf('US')).closed, 2026)).toEqual(days.map((day) => `2026-${day}`));
});

test('a holiday of several days is each of them, and one that begins at noon is none', async () => {
  // Ramazan Bayramı is ninety hours there.
  const turkey = of((await tableOf('TR')).closed, 2026);
  expect(turkey).toEqual(expect.arrayContaining(['2026-03-20', '2026-03-21', '2026-03-22']));
  expect(turkey).not.toContain('2026-03-23');
  // A day of 23 hours is a day.
  expect(of((await tableOf('AL')).closed, 2025)).toContain('2025-03-30');
  expect(of((await tableOf('IS')).closed, 2026)).not.toContain('2026-12-24');
});

test.each(['America/Los_Angeles', 'Pacific/Apia', 'Pacific/Kiritimati'])(
  'the machine is in %s: the same',
  async (zone) => {
    process.env['TZ'] = 'UTC';
    const before = [await tableOf('CN'), await tableOf('AE'), await tableOf('US')];
    process.env['TZ'] = zone;
    expect([await tableOf('CN'), await tableOf('AE'), await tableOf('US')]).toEqual(before);
  },
);

test('what is unknown comes with what is known', async () => {
  const found = await loadHolidays(['XX', 'DE-XX', 'DE-BY-XX', 'DE-BY-A-B', 'CN', 'CN-XZ']);
  expect(found.get('XX')).toMatchObject({ legal: expect.arrayContaining(['DE', 'US', 'JP']) });
  expect(found.get('DE-XX')).toMatchObject({ legal: expect.arrayContaining(['DE', 'DE-BY', 'DE-BE']) });
  expect(found.get('DE-BY-XX')).toMatchObject({ legal: ['DE-BY', 'DE-BY-A', 'DE-BY-KATH', 'DE-BY-EVANG'] });
  expect(found.get('DE-BY-A-B')).toHaveProperty('legal');
  expect(found.get('CN')).toHaveProperty('lastYear');
  expect(found.get('CN-XZ')).toEqual({ legal: ['CN'] });
});

test('an office in Shanghai works on make-up days and not on holidays', async () => {
  const text = `version: 1
timezone: Asia/Shanghai
calendars:
  office: { days: mon-fri, hours: ["09:00-12:00", "13:30-18:00"], holidays: CN }
`;
  const holidays = await loadHolidays(['CN']);
  const { catalogue, problems } = parseCatalogue(text, 'c.yaml', { calendarVersion: 'test', holidays });
  expect(problems).toEqual([]);
  const office = catalogue!.calendars.get('office')!;
  const time = new BusinessTime(office.hours);
  const hoursOf = (date: string): number => {
    const startMs = Date.parse(`${date}T00:00+08:00`);
    return time.businessMs(startMs, startMs + 86_400_000) / 3_600_000;
  };
  // Sundays and Saturdays in exchange, usual ones, holidays, a usual Monday.
  const dates = ['2025-01-26', '2025-10-11', '2026-01-04', '2025-01-25', '2025-10-12', '2025-10-01', '2026-02-16'];
  expect([...dates, '2026-03-02'].map(hoursOf)).toEqual([7.5, 7.5, 7.5, 0, 0, 0, 0, 7.5]);
  // 17:30 on the last day before the Spring Festival of 2025, and three hours of work.
  expect(time.instantAfter(Date.parse('2025-01-27T17:30+08:00'), 3 * 3_600_000)).toBe(
    Date.parse('2025-02-05T11:30+08:00'),
  );
  expect(office.holidays.filter(({ date }) => date.startsWith('2026-10')).map(({ name }) => name)[0]).toBe('国庆节');
});
