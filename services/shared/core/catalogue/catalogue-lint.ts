import type { Catalogue } from './catalogue.ts';
import { didYouMean } from './catalogue-problem.ts';

/** Advice on a part of a catalogue that is legal, but lacks something. */
export interface LintWarning {
  /** The KPI, `workflow NAME` or `calendar NAME`. */
  readonly place: string;
  readonly message: string;
}

/** One warning per calendar whose holidays of the year after `year` are not known, in the order of the catalogue. */
export function lintHolidays({ calendars }: Catalogue, year: number): LintWarning[] {
  const behind = [...calendars].filter(([, { holidaysUntil }]) => holidaysUntil !== null && holidaysUntil <= year);
  return behind.map(([name, { holidaysUntil }]) => {
    const now = `its holidays are known to the end of ${holidaysUntil} only; after that its weekdays decide`;
    return { place: `calendar ${name}`, message: `${now}: update takt, or list those of ${year + 1}` };
  });
}

/** How many events of an activity there are. */
export interface ActivityCount {
  readonly workflow: string;
  readonly activity: string;
  readonly events: number;
}

/** Most activities of a workflow that are named in warnings: a mapping gone wrong makes one of every cell. */
const UNLISTED_SHOWN_MAX = 10;

/** One warning per activity that events have and the catalogue does not list, in the order given. */
export function lintActivities({ workflows }: Catalogue, counts: readonly ActivityCount[]): LintWarning[] {
  return [...workflows.values()].flatMap(({ name, activities }) => {
    const unlisted = counts.filter(({ workflow, activity }) => workflow === name && !activities.includes(activity));
    const place = `workflow ${name}`;
    const warnings = unlisted.slice(0, UNLISTED_SHOWN_MAX).map(({ activity, events }) => {
      const shown = JSON.stringify(activity.slice(0, 60));
      const message = `${events} events are ${shown}, which activities does not list${didYouMean(activity, activities)}; they count for any`;
      return { place, message };
    });
    const more = unlisted.length - warnings.length;
    return more === 0 ? warnings : [...warnings, { place, message: `and ${more} more activities are not listed` }];
  });
}
