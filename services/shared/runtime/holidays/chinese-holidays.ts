import { createRequire } from 'node:module';
import type { NamedDate } from '../../core/calendar/calendar.ts';
import type { HolidayTable } from '../../core/calendar/holiday-table.ts';

/** Dates with `English name,中文名,days`, in no order. */
type Dates = Readonly<Record<string, string>>;

/**
 * The public holidays of mainland China with their make-up days, as the State Council published them, from 2004 on. The
 * library's data file is read, not asked its functions: west of Greenwich those answer for the day before.
 */
export function chineseHolidays(): HolidayTable {
  const require = createRequire(import.meta.url);
  const { holidays, workdays } = require('chinese-days/dist/chinese-days.json') as { holidays: Dates; workdays: Dates };
  const closed = namedDates(holidays);
  return { closed, makeUp: namedDates(workdays), lastYear: Number(closed.at(-1)!.date.slice(0, 4)) };
}

function namedDates(dates: Dates): NamedDate[] {
  const entries = Object.entries(dates).map(([date, names]) => ({ date, name: names.split(',')[1] ?? names }));
  return entries.sort((a, b) => (a.date < b.date ? -1 : 1));
}
