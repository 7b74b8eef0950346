import type { HolidayLookup } from '../../core/calendar/holiday-table.ts';
import { chineseHolidays } from './chinese-holidays.ts';

/** Mainland China: its make-up days are published by the year, and no rule gives them. */
const CHINA = 'CN';

/**
 * Resolves the holidays of these countries and parts of countries into plain dates. The library of all other countries is
 * large, so it is loaded only when one of them is asked for.
 */
export async function loadHolidays(codes: readonly string[]): Promise<HolidayLookup> {
  const found: [string, ReturnType<HolidayLookup['get']> & object][] = [];
  for (const code of new Set(codes)) {
    if (code === CHINA) found.push([code, chineseHolidays()]);
    else {
      const { countryHolidays } = await import('./country-holidays.ts');
      found.push([code, countryHolidays(code)]);
    }
  }
  return new Map(found);
}
