import type { Calendar, FiscalWeeks } from '../calendar/calendar.ts';
import { WEEKDAYS } from './catalogue-hours.ts';
import type { Path, Problems } from './catalogue-problem.ts';
import { mapOf, numberOf, textOf } from './catalogue-read.ts';

/** Weeks of the months of a quarter when the catalogue does not say. */
const QUARTERS_DEFAULT = '4-4-5';
const WEEKS_FORM = '{ weeks: 52-53, ends: { nearest: sat, month: 1 } }';

/** The `fiscal_year` of a calendar: from January where it is absent or has a problem. */
export function readFiscalYear(
  value: unknown,
  path: Path,
  problems: Problems,
): Pick<Calendar, 'fiscalMonth' | 'fiscalWeeks'> {
  const map = mapOf(value) ?? {};
  const weeks = ['weeks', 'ends', 'quarters'].filter((key) => map[key] !== undefined);
  const fiscalMonth = numberOf(map['month']) ?? 1;
  if (weeks.length === 0) {
    if (value !== undefined && mapOf(value) !== null && map['month'] === undefined)
      problems.add(path, 'a fiscal year says when it begins, or how its weeks end', `{ month: 4 } or ${WEEKS_FORM}`);
    return { fiscalMonth };
  }
  if (map['month'] !== undefined) {
    problems.addAtKey([...path, 'month'], `month and ${weeks[0]} stand together`, `{ month: 4 } or ${WEEKS_FORM}`);
    return { fiscalMonth };
  }
  const missing = ['weeks', 'ends'].find((key) => map[key] === undefined);
  if (missing !== undefined) {
    problems.add(path, `a fiscal year of weeks has no ${missing}`, WEEKS_FORM);
    return { fiscalMonth };
  }
  const fiscalWeeks = readEnds(mapOf(map['ends']), [...path, 'ends'], problems, textOf(map['quarters']));
  return { fiscalMonth, ...(fiscalWeeks === null ? {} : { fiscalWeeks }) };
}

function readEnds(
  map: Readonly<Record<string, unknown>> | null,
  path: Path,
  problems: Problems,
  quarters: string | null,
): FiscalWeeks | null {
  if (map === null) return null;
  const given = (['last', 'nearest'] as const).filter((key) => map[key] !== undefined);
  const [ends] = given;
  if (ends === undefined || given.length > 1)
    return problems.add(
      path,
      'a fiscal year ends on one weekday',
      '{ nearest: sat, month: 1 } or { last: sat, month: 1 }',
    );
  const weekday = WEEKDAYS.indexOf(textOf(map[ends]) ?? '');
  const month = numberOf(map['month']);
  // What is of the wrong shape was told before.
  if (weekday < 0 || month === null) return null;
  return { ends, weekday, month, quarters: (quarters ?? QUARTERS_DEFAULT).split('-').map(Number) };
}
