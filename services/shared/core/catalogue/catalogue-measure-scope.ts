import type { Calendar } from '../calendar/calendar.ts';
import type { Workflow } from './catalogue.ts';
import type { Problems } from './catalogue-problem.ts';

/** What a measure is read against. */
export interface MeasureScope {
  readonly workflow: Workflow;
  readonly calendars: ReadonlyMap<string, Calendar>;
  readonly problems: Problems;
}
