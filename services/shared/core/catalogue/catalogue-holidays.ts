import type { NamedDate } from '../calendar/calendar.ts';
import { isDate, readDate } from './catalogue-dates.ts';
import { didYouMean, listed, type Path, type Problems } from './catalogue-problem.ts';
import { mapOf, textOf } from './catalogue-read.ts';
import type { HolidayLookup, HolidayTable } from '../calendar/holiday-table.ts';

/** A calendar that has no holidays. */
const NONE = 'none';

/** The holidays of a calendar: those of the countries that it names and the dates that it lists. */
export interface Holidays {
  readonly tables: readonly HolidayTable[];
  readonly listed: readonly NamedDate[];
  /** The last year for which they are known or listed; null where there are none. */
  readonly until: number | null;
}

/** The codes of countries that the calendars of a parsed file name, whatever is wrong with it. */
export function holidayCodesOf(parsed: unknown): string[] {
  const calendars = Object.values(mapOf(mapOf(parsed)?.['calendars']) ?? {});
  return calendars.flatMap((calendar) =>
    entriesOf(mapOf(calendar)?.['holidays']).flatMap((entry) => codeOf(entry) ?? []),
  );
}

/** Reads `holidays`: a country, a date, or a list of them; `none` and absent are the same. */
export function readHolidays(value: unknown, path: Path, lookup: HolidayLookup, problems: Problems): Holidays {
  const tables: HolidayTable[] = [];
  const dates: NamedDate[] = [];
  for (const [index, entry] of entriesOf(value).entries()) {
    const at: Path = Array.isArray(value) ? [...path, index] : path;
    const code = codeOf(entry);
    const table = code === null ? null : findTable(code, at, lookup, problems);
    if (table !== null) tables.push(table);
    if (entry === NONE && Array.isArray(value))
      problems.add(at, `'none' stands in a list`, 'countries and dates, or none alone');
    const date = code === null ? readDate(entry, at, problems) : null;
    if (date !== null) dates.push({ date: date.date, name: date.name ?? date.date });
  }
  // Whoever lists dates of a year that a country's data does not reach has seen to that year.
  const years = dates.map(({ date }) => Number(date.slice(0, 4)));
  if (tables.length > 0) years.push(Math.min(...tables.map(({ lastYear }) => lastYear)));
  const until = years.length === 0 ? null : Math.max(...years);
  return { tables, listed: dates, until };
}

function entriesOf(value: unknown): readonly unknown[] {
  if (value === undefined) return [];
  return Array.isArray(value) ? value : [value];
}

function codeOf(entry: unknown): string | null {
  const text = textOf(entry);
  return text === null || text === NONE || isDate(text) ? null : text;
}

function findTable(code: string, path: Path, lookup: HolidayLookup, problems: Problems): HolidayTable | null {
  const found = lookup.get(code);
  // Nothing was looked up for a text of the wrong shape.
  if (found === undefined) return null;
  if (!('legal' in found)) return found;
  return problems.add(path, `no holidays are known of '${code}'${didYouMean(code, found.legal)}`, listed(found.legal));
}
