import type { WorkingHours } from '../calendar/calendar.ts';
import { CalendarSpans, DAY_MS, MARGIN_DAYS } from '../calendar/calendar-spans.ts';
import { NotChecked } from './not-checked.ts';

/** Until when working time has to be known, and how far a deadline is at most from its beginning; milliseconds. */
export interface WorkedReach {
  readonly untilMs: number;
  readonly reachMs: number;
}

/** Days that are looked through at most: more than a statement has room for. */
const DAYS_MAX = 30_000;
/** Days whose hours are looked up at once. */
const CHUNK_DAYS = 366;

/** How far limits of up to `limitMs` of working time reach from instants in [firstMs, lastMs]. Throws NotChecked. */
export function workedReach(hours: WorkingHours, firstMs: number, lastMs: number, limitMs: number): WorkedReach {
  const firstDay = Math.floor(firstMs / DAY_MS);
  const days = Math.floor(lastMs / DAY_MS) - firstDay + 1;
  const workedOn = workedDays(hours, firstDay);
  let daysMax = 1;
  // The days after `day` and before `reached` have `sumMs` of work: what began on `day` is over by then.
  let reached = 1;
  let sumMs = 0;
  for (let day = 0; day < days; day++) {
    while (sumMs < limitMs) {
      if (reached > DAYS_MAX) throw new NotChecked(`a limit that takes decades in the calendar ${hours.calendar}`);
      sumMs += workedOn(reached++);
    }
    daysMax = Math.max(daysMax, reached - day);
    if (reached > day + 1) sumMs -= workedOn(day + 1);
    else reached++;
  }
  return { untilMs: (firstDay + days + daysMax) * DAY_MS, reachMs: daysMax * DAY_MS };
}

/** Gives the working time of the UTC days from `firstDay` on, by their number from 0; looked up as they are asked for. */
function workedDays(hours: WorkingHours, firstDay: number): (day: number) => number {
  const spans = new CalendarSpans(hours);
  const worked: number[] = [];
  return (day) => {
    while (worked.length <= day) {
      const fromMs = (firstDay + worked.length) * DAY_MS;
      const chunk = Array.from({ length: CHUNK_DAYS }, () => 0);
      const first = firstDay + worked.length;
      for (const { startMs, endMs } of spans.of(first - MARGIN_DAYS, first + CHUNK_DAYS + MARGIN_DAYS))
        for (let at = Math.max(startMs, fromMs); at < endMs; at = (Math.floor(at / DAY_MS) + 1) * DAY_MS) {
          const nth = Math.floor((at - fromMs) / DAY_MS);
          if (nth < CHUNK_DAYS) chunk[nth]! += Math.min(endMs, (Math.floor(at / DAY_MS) + 1) * DAY_MS) - at;
        }
      worked.push(...chunk);
    }
    return worked[day]!;
  };
}
