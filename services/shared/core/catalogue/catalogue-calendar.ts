import type { Calendar, DaySpan, NamedDate, WorkingHours } from '../calendar/calendar.ts';
import { dayOf, makeUpSpans, weekdayOf } from '../calendar/calendar-spans.ts';
import { type ListedDate, readDates } from './catalogue-dates.ts';
import { type Holidays, readHolidays } from './catalogue-holidays.ts';
import { readFiscalYear } from './catalogue-fiscal.ts';
import { readWeek } from './catalogue-hours.ts';
import { didYouMean, listed, type Path, type Problems } from './catalogue-problem.ts';
import { mapOf, textOf } from './catalogue-read.ts';
import { readZone } from './catalogue-zone.ts';
import type { HolidayLookup } from '../calendar/holiday-table.ts';

/** What calendars are read against. */
export interface CalendarScope {
  /** Zone of those that name none. */
  readonly zone: string;
  /** What is known of the countries that they name. */
  readonly holidays: HolidayLookup;
  readonly problems: Problems;
}

/** In place of a week with a problem, so that what uses the calendar is read all the same. */
const ALWAYS: WorkingHours['week'] = Array.from({ length: 7 }, () => [{ fromMinute: 0, toMinute: 1440 }]);

/** The calendars of a catalogue by name; those that are no map are left out. */
export function readCalendars(value: unknown, path: Path, scope: CalendarScope): Map<string, Calendar> {
  const calendars = new Map<string, Calendar>();
  for (const [name, entry] of Object.entries(mapOf(value) ?? {})) {
    const map = mapOf(entry);
    if (map !== null) calendars.set(name, readCalendar(name, map, [...path, name], scope));
  }
  return calendars;
}

/** The calendar of this name; null, with a problem, when there is none. */
export function findCalendar(
  value: unknown,
  path: Path,
  calendars: ReadonlyMap<string, Calendar>,
  problems: Problems,
): Calendar | null {
  const name = textOf(value);
  if (name === null) return null;
  const found = calendars.get(name);
  if (found !== undefined) return found;
  const names = [...calendars.keys()];
  return problems.add(path, `unknown calendar '${name}'${didYouMean(name, names)}`, listed(names));
}

function readCalendar(
  name: string,
  map: Readonly<Record<string, unknown>>,
  path: Path,
  { zone: byDefault, holidays: lookup, problems }: CalendarScope,
): Calendar {
  const zone = map['zone'] === undefined ? byDefault : readZone(map['zone'], [...path, 'zone'], problems);
  const week = readWeek(map, path, problems) ?? ALWAYS;
  const holidays = readHolidays(map['holidays'], [...path, 'holidays'], lookup, problems);
  const open = readDates(map['open'], [...path, 'open'], problems);
  const closed = readDates(map['closed'], [...path, 'closed'], problems);
  for (const { date, path: at } of closed) {
    if (open.some((other) => other.date === date))
      problems.add(at, `${date} is both open and closed`, 'one of the two');
  }
  return {
    hours: { calendar: name, zone: zone ?? byDefault, week, ...exceptions(week, holidays, open, closed) },
    ...readFiscalYear(map['fiscal_year'], [...path, 'fiscal_year'], problems),
    holidays: namedHolidays(holidays),
    holidaysUntil: holidays.until,
  };
}

/** What the dates work that are not as their weekday: the later ones here win over those before. */
function exceptions(
  week: WorkingHours['week'],
  { tables, listed: own }: Holidays,
  open: readonly ListedDate[],
  closed: readonly ListedDate[],
): Pick<WorkingHours, 'closed' | 'makeUp' | 'special'> {
  const makeUp = makeUpSpans(week);
  const works = new Map<string, readonly DaySpan[]>();
  for (const table of tables) for (const { date } of table.closed) works.set(date, []);
  for (const table of tables) for (const { date } of table.makeUp) works.set(date, makeUp);
  for (const { date } of own) works.set(date, []);
  for (const { date, spans } of open) works.set(date, spans ?? makeUp);
  for (const { date } of closed) works.set(date, []);
  // Those that change nothing are left out: the definition's hash must not follow a holiday on a Sunday.
  const changed = [...works].filter(([date, spans]) => !sameSpans(spans, week[weekdayOf(dayOf(date))]!));
  changed.sort(([a], [b]) => (a < b ? -1 : 1));
  const isMakeUp = (spans: readonly DaySpan[]): boolean => sameSpans(spans, makeUp);
  return {
    closed: changed.filter(([, spans]) => spans.length === 0).map(([date]) => date),
    makeUp: changed.filter(([, spans]) => isMakeUp(spans)).map(([date]) => date),
    special: changed
      .filter(([, spans]) => spans.length > 0 && !isMakeUp(spans))
      .map(([date, spans]) => ({ date, spans })),
  };
}

function sameSpans(a: readonly DaySpan[], b: readonly DaySpan[]): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

function namedHolidays({ tables, listed: own }: Holidays): NamedDate[] {
  const names = new Map([...tables.flatMap(({ closed }) => closed), ...own].map(({ date, name }) => [date, name]));
  return [...names].map(([date, name]) => ({ date, name })).sort((a, b) => (a.date < b.date ? -1 : 1));
}
