import { findCalendar } from './catalogue-calendar.ts';
import type { MeasureScope } from './catalogue-measure-scope.ts';
import type { Path } from './catalogue-problem.ts';
import { mapOf } from './catalogue-read.ts';
import { readSelector } from './catalogue-selector.ts';
import type { Measure } from '../definition.ts';

/** The `open` of a measure; null when there is a problem. */
export function readOpen(value: unknown, path: Path, { workflow, calendars, problems }: MeasureScope): Measure | null {
  const map = mapOf(value);
  if (map === null) return null;
  const from = readSelector(map['from'], 'first', [...path, 'from'], workflow, problems);
  const to = readSelector(map['to'], 'first', [...path, 'to'], workflow, problems);
  const calendarPath = [...path, 'calendar'];
  if (map['of'] !== 'age') {
    if (map['calendar'] !== undefined)
      return problems.addAtKey(calendarPath, 'a calendar counts time, and only an age is one', 'of: age beside it');
    return from && to && { kind: 'open', from, to };
  }
  if (map['calendar'] === undefined) return from && to && { kind: 'open', from, to, of: 'age' };
  const calendar = findCalendar(map['calendar'], calendarPath, calendars, problems);
  return from && to && calendar && { kind: 'open', from, to, of: 'age', hours: calendar.hours };
}
