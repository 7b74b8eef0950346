import type { DaySpan, WorkingHours } from '../calendar/calendar.ts';
import type { Path, Problems } from './catalogue-problem.ts';
import { mapOf, textOf } from './catalogue-read.ts';

/** Names of the weekdays in a catalogue, Monday first. */
export const WEEKDAYS: readonly string[] = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'];
const EVERY_DAY: readonly number[] = [0, 1, 2, 3, 4, 5, 6];
const DAY_MINUTES = 1440;
const WHOLE_DAY: DaySpan = { fromMinute: 0, toMinute: DAY_MINUTES };
const ALWAYS = '24/7';
const RANGE = /^([01]\d|2[0-3]):([0-5]\d)-(24:00|([01]\d|2[0-3]):([0-5]\d))$/;

type Week = WorkingHours['week'];
type Entries = Readonly<Record<string, unknown>>;

/** The week of a calendar by its `days`, `hours` and `shifts`; null when there is a problem or a part of the wrong shape. */
export function readWeek(map: Entries, path: Path, problems: Problems): Week | null {
  const { hours, shifts } = map;
  const table = mapOf(hours);
  const days = map['days'] === undefined ? EVERY_DAY : readDays(map['days']);
  if (hours !== undefined && shifts !== undefined)
    return problems.add([...path, 'hours'], 'hours and shifts stand together', 'one of them: shifts say the hours');
  if (map['days'] !== undefined && (table !== null || hours === ALWAYS))
    return problems.add([...path, 'days'], 'days stand beside hours that say the days themselves', 'leave days away');
  const at: Path = [...path, shifts === undefined ? 'hours' : 'shifts'];
  let week: Week | null;
  if (table !== null) week = readTable(table, at, problems);
  else {
    const spans = shifts === undefined ? readHours(hours, at, problems) : readShifts(mapOf(shifts), at, problems);
    week = spans && days && WEEKDAYS.map((_, day) => (days.includes(day) ? spans : []));
  }
  if (week === null) return null;
  if (week.every((spans) => spans.length === 0)) return problems.add(at, 'no day has working time', 'at least one');
  return overlapsNextDay(week, at, problems) ? null : week;
}

/** The spans of `09:00-17:00` or of a list of such; the whole day where they are absent. Null when there is a problem. */
export function readHours(value: unknown, path: Path, problems: Problems): readonly DaySpan[] | null {
  if (value === undefined || value === ALWAYS) return [WHOLE_DAY];
  const texts: readonly unknown[] = Array.isArray(value) ? value : [value];
  const spans = texts.map((text, i) => readRange(text, Array.isArray(value) ? [...path, i] : path, problems));
  return spans.every((span) => span !== null) ? apart(spans, path, problems) : null;
}

function readShifts(map: Entries | null, path: Path, problems: Problems): readonly DaySpan[] | null {
  if (map === null) return null;
  const spans = Object.entries(map).map(([shift, range]) => {
    const span = readRange(range, [...path, shift], problems);
    return span && { ...span, shift };
  });
  return spans.every((span) => span !== null) ? apart(spans, path, problems) : null;
}

function readTable(map: Entries, path: Path, problems: Problems): Week | null {
  const week: (readonly DaySpan[] | null)[] = WEEKDAYS.map(() => null);
  let complete = true;
  for (const [key, value] of Object.entries(map)) {
    const spans = readHours(value, [...path, key], problems);
    complete &&= spans !== null;
    for (const day of daysOf(key) ?? []) {
      if (week[day] !== null) problems.addAtKey([...path, key], `${WEEKDAYS[day]} has hours twice`, 'each day once');
      complete &&= week[day] === null;
      week[day] = spans;
    }
  }
  return complete ? week.map((spans) => spans ?? []) : null;
}

function readDays(value: unknown): readonly number[] | null {
  const days = (Array.isArray(value) ? value : [value]).map(daysOf);
  return days.every((some) => some !== null) ? days.flat() : null;
}

/** The weekdays of `mon` or `sun-thu`, 0 for Monday; null for anything else. */
function daysOf(value: unknown): readonly number[] | null {
  const [from, to, ...more] = (textOf(value) ?? '').split('-').map((name) => WEEKDAYS.indexOf(name));
  if (from === undefined || from < 0 || to === -1 || more.length > 0) return null;
  const count = to === undefined ? 1 : ((to - from + 7) % 7) + 1;
  return EVERY_DAY.slice(0, count).map((day) => (from + day) % 7);
}

function readRange(value: unknown, path: Path, problems: Problems): DaySpan | null {
  const match = RANGE.exec(textOf(value) ?? '');
  if (match === null) return null;
  const fromMinute = Number(match[1]) * 60 + Number(match[2]);
  const endMinute = match[3] === '24:00' ? DAY_MINUTES : Number(match[4]) * 60 + Number(match[5]);
  if (endMinute === fromMinute)
    return problems.add(path, `'${match[0]}' ends when it begins`, 'another end; a whole day is 00:00-24:00');
  return { fromMinute, toMinute: endMinute > fromMinute ? endMinute : endMinute + DAY_MINUTES };
}

/** Spans in order, with a problem where two of them overlap. */
function apart(spans: readonly DaySpan[], path: Path, problems: Problems): readonly DaySpan[] | null {
  const sorted = spans.toSorted((a, b) => a.fromMinute - b.fromMinute);
  const late = sorted.find((span, i) => i > 0 && span.fromMinute < sorted[i - 1]!.toMinute);
  if (late === undefined) return sorted;
  return problems.add(path, `what begins at ${timeOf(late.fromMinute)} overlaps what is before it`, 'spans apart');
}

function overlapsNextDay(week: Week, path: Path, problems: Problems): boolean {
  const day = week.findIndex((spans, i) => {
    const next = week[(i + 1) % 7]![0];
    return next !== undefined && spans.some(({ toMinute }) => toMinute - DAY_MINUTES > next.fromMinute);
  });
  if (day < 0) return false;
  const message = `what begins on ${WEEKDAYS[day]} goes on into what begins on ${WEEKDAYS[(day + 1) % 7]}`;
  problems.add(path, message, 'spans apart');
  return true;
}

function timeOf(minute: number): string {
  return [Math.floor(minute / 60), minute % 60].map((part) => String(part).padStart(2, '0')).join(':');
}
