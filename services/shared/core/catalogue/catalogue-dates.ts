import type { DaySpan } from '../calendar/calendar.ts';
import { readHours } from './catalogue-hours.ts';
import type { Path, Problems } from './catalogue-problem.ts';
import { mapOf, textOf } from './catalogue-read.ts';
import { daysOfDate } from '../calendar/wall-time.ts';

const DATE = /^(\d{4})-(\d\d)-(\d\d)$/;

/** A date that a calendar lists. */
export interface ListedDate {
  /** `2026-10-10`. */
  readonly date: string;
  readonly name: string | null;
  /** Its own hours; null where it names none. */
  readonly spans: readonly DaySpan[] | null;
  readonly path: Path;
}

/** Whether a text has the form of a date. */
export function isDate(text: string): boolean {
  return DATE.test(text);
}

/** The dates of a list; an entry of the wrong shape is left out, and one that is no date is a problem. */
export function readDates(value: unknown, path: Path, problems: Problems): ListedDate[] {
  const list: readonly unknown[] = Array.isArray(value) ? value : [];
  return list.flatMap((entry, index) => readDate(entry, [...path, index], problems) ?? []);
}

/** A date, or `{ date, name, hours }`; null when there is a problem or it has the wrong shape. */
export function readDate(value: unknown, path: Path, problems: Problems): ListedDate | null {
  const map = mapOf(value);
  const at: Path = map === null ? path : [...path, 'date'];
  const date = textOf(map === null ? value : map['date']);
  const match = DATE.exec(date ?? '');
  if (date === null || match === null) return null;
  if (daysOfDate(Number(match[1]), Number(match[2]), Number(match[3])) === null)
    return problems.add(at, `there is no ${date}`, 'a date such as 2026-10-10');
  const hours = map?.['hours'];
  const spans = hours === undefined ? null : readHours(hours, [...path, 'hours'], problems);
  return { date, name: textOf(map?.['name']), spans, path: at };
}
