import type { WorkingHours } from '../calendar/calendar.ts';
import { CalendarSpans, DAY_MS, MARGIN_DAYS } from '../calendar/calendar-spans.ts';
import { NotChecked } from './not-checked.ts';

/** Working time of one calendar in SQL. */
export interface WorkedTime {
  /** What the statement defines before, `expression AS name` each. */
  readonly tables: readonly string[];
  /** SQL of the working milliseconds between two instants (SQL of milliseconds UTC). */
  between(fromMs: string, toMs: string): string;
  /** SQL of the first instant at which so much working time has passed since another one; it must lie in the tables. */
  after(fromMs: string, workedMs: string): string;
}

/** A statement may have 100,000 characters, of which bounds of windows take a part. */
const TABLE_CHARS_MAX = 60_000;

/**
 * Working time by tables of the calendar, for instants in [firstMs, lastMs]: for each UTC day the pattern of its working
 * spans, and the patterns. Throws NotChecked where that is too many days for a statement.
 */
export function workedTime(hours: WorkingHours, firstMs: number, lastMs: number): WorkedTime {
  const firstDay = Math.floor(firstMs / DAY_MS);
  const { days, patterns } = patternsOf(hours, firstDay, Math.floor(lastMs / DAY_MS));
  const until = (timeMs: string): string => {
    const sinceFirst = `(${timeMs} - ${firstDay * DAY_MS})`;
    const day = `(intDiv(${sinceFirst}, ${DAY_MS}) + 1)`;
    const spans = `work_patterns[work_days[${day}]]`;
    return `(worked_before[${day}] + arraySum(s -> greatest(0, least(s.2, ${sinceFirst} % ${DAY_MS}) - s.1), ${spans}))`;
  };
  return {
    tables: [
      `${patterns} AS work_patterns`,
      `${days} AS work_days`,
      'arrayMap(spans -> arraySum(s -> s.2 - s.1, spans), work_patterns) AS pattern_sums',
      'arrayPushFront(arrayCumSum(arrayMap(n -> pattern_sums[n], work_days)), 0) AS worked_before',
      // Of days on which work is done only: what was worked before them is another number for each.
      'arrayFilter(day -> pattern_sums[work_days[day]] > 0, arrayEnumerate(work_days)) AS worked_days',
      'arrayMap(day -> toInt64(worked_before[day]), worked_days) AS worked_before_days',
    ],
    between: (fromMs, toMs) => `(${until(toMs)} - ${until(fromMs)})`,
    after: (fromMs, workedMs) => {
      const reached = `(${until(fromMs)} + ${workedMs})`;
      // The last working day that begins with less.
      const before = `roundDown(toInt64(${reached} - 1), worked_before_days)`;
      const day = `worked_days[indexOf(worked_before_days, ${before})]`;
      const spans = `work_patterns[work_days[${day}]]`;
      const worked = `arrayCumSum(s -> s.2 - s.1, ${spans})`;
      const at = `arrayFirst(s -> s.1 >= ${reached} - ${before}, arrayZip(${worked}, ${spans}))`;
      const instant = `(${day} - 1) * ${DAY_MS} + ${firstDay * DAY_MS} + ${at}.2.2 - (${at}.1 - (${reached} - ${before}))`;
      return `if(${workedMs} = 0, ${fromMs}, ${instant})`;
    },
  };
}

/** The working spans of each UTC day, cut at its midnights, as array literals. */
function patternsOf(
  hours: WorkingHours,
  firstDay: number,
  lastDay: number,
): { readonly days: string; readonly patterns: string } {
  // Before anything is made of them: timestamps gone wrong may lie centuries apart.
  if ((lastDay - firstDay) * 2 > TABLE_CHARS_MAX) throw tooLong(firstDay, lastDay);
  const spansByDay = new Map<number, string[]>();
  for (const { startMs, endMs } of new CalendarSpans(hours).of(firstDay - MARGIN_DAYS, lastDay + MARGIN_DAYS)) {
    for (let day = Math.floor(startMs / DAY_MS); day * DAY_MS < endMs; day++) {
      const span = `(${Math.max(0, startMs - day * DAY_MS)},${Math.min(DAY_MS, endMs - day * DAY_MS)})`;
      spansByDay.set(day, [...(spansByDay.get(day) ?? []), span]);
    }
  }
  // An empty array alone would have no type.
  const numbers = new Map([['(0,0)', 1]]);
  const days: number[] = [];
  for (let day = firstDay; day <= lastDay; day++) {
    const pattern = spansByDay.get(day)?.join(',') ?? '(0,0)';
    if (!numbers.has(pattern)) numbers.set(pattern, numbers.size + 1);
    days.push(numbers.get(pattern)!);
  }
  const patterns = `CAST([${[...numbers.keys()].map((pattern) => `[${pattern}]`).join(',')}], 'Array(Array(Tuple(Int64, Int64)))')`;
  const table = `[${days.join(',')}]`;
  if (table.length + patterns.length > TABLE_CHARS_MAX) throw tooLong(firstDay, lastDay);
  return { days: table, patterns };
}

function tooLong(firstDay: number, lastDay: number): NotChecked {
  return new NotChecked(`a calendar over the ${lastDay - firstDay + 1} days that the events span`);
}
