import type { Definition } from '../definition.ts';
import type { EventSpan } from './measure-sql.ts';
import { workedTime } from './sql-worked-time.ts';

/** More than any window lasts. */
const LONGEST_MS = 374 * 86_400_000;

/** What counts as time. */
export interface ClockSql {
  readonly tables: readonly string[];
  /** SQL of the time that has counted since some beginning, by SQL of an instant (ms UTC). */
  readonly at: (timeMs: string) => string;
}

/** The clock of a KPI over what the events of its workflow span, and up to `untilMs`. Throws NotChecked. */
export function clockSql({ measure }: Definition, { firstMs, lastMs }: EventSpan, untilMs: number): ClockSql {
  const hours = 'hours' in measure ? measure.hours : undefined;
  if (hours === undefined) return { tables: [], at: (timeMs) => `toInt256(${timeMs})` };
  const beginMs = firstMs - LONGEST_MS;
  const worked = workedTime(hours, beginMs, Math.max(lastMs, untilMs));
  return { tables: worked.tables, at: (timeMs) => `toInt256(${worked.between(String(beginMs), timeMs)})` };
}

/** SQL of when a contribution counts on the clock: that of an age at its entry, which is its amount. */
export function timesSql({ aggregate }: Definition, clock: ClockSql): string {
  return clock.at(aggregate.kind === 'age' ? 'toInt64(amount * mark)' : 'time');
}
