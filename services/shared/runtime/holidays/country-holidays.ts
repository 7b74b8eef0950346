import Holidays from 'date-holidays';
import type { NamedDate } from '../../core/calendar/calendar.ts';
import type { HolidayTable } from '../../core/calendar/holiday-table.ts';

/**
 * Years whose holidays are worked out. Fixed, for a definition's hash covers them: counted from today, every new year
 * would have everything computed again.
 */
const FIRST_YEAR = 2000;
const LAST_YEAR = 2040;
const DAY_MS = 86_400_000;
/** What a day may be shorter than 24 hours by, where the clock goes forward. */
const SHORT_DAY_MS = 2 * 3_600_000;

/**
 * The public holidays of a country (`DE`), a part of it (`DE-BY`) or a part of that (`DE-BY-A`); where there is nothing
 * under the code, the codes of what is there.
 */
export function countryHolidays(code: string): HolidayTable | { readonly legal: readonly string[] } {
  const [country, state, region, ...more] = code.split('-');
  const library = new Holidays();
  const countries = Object.keys(library.getCountries());
  if (country === undefined || !countries.includes(country)) return { legal: countries };
  const states = Object.keys(library.getStates(country) ?? {});
  if (state !== undefined && !states.includes(state))
    return { legal: [country, ...states.map((each) => `${country}-${each}`)] };
  const regions = state === undefined ? [] : Object.keys(library.getRegions(country, state) ?? {});
  if ((region !== undefined && !regions.includes(region)) || more.length > 0)
    return { legal: [`${country}-${state}`, ...regions.map((each) => `${country}-${state}-${each}`)] };
  library.init({ country, ...(state && { state }), ...(region && { region }) });
  return { closed: publicHolidays(library), makeUp: [], lastYear: LAST_YEAR };
}

function publicHolidays(library: Holidays): NamedDate[] {
  const names = new Map<string, string>();
  for (let year = FIRST_YEAR; year <= LAST_YEAR; year++) {
    for (const { date, start, end, type, name } of library.getHolidays(year)) {
      if (type !== 'public') continue;
      // One that begins at noon has no whole day; of three days and a half, three are off.
      const days = Math.floor((end.getTime() - start.getTime() + SHORT_DAY_MS) / DAY_MS);
      for (const each of datesFrom(date.slice(0, 10), days)) names.set(each, names.get(each) ?? name);
    }
  }
  return [...names].map(([date, name]) => ({ date, name })).sort((a, b) => (a.date < b.date ? -1 : 1));
}

function datesFrom(first: string, count: number): string[] {
  const firstMs = Date.parse(`${first}T00:00:00Z`);
  return Array.from({ length: count }, (_, i) => new Date(firstMs + i * DAY_MS).toISOString().slice(0, 10));
}
