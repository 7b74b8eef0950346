import type { Calendar, WorkingHours } from '../calendar/calendar.ts';
import type { Definition } from '../definition.ts';
import type { Plan } from '../goal/plan.ts';
import { readPlanFile } from '../goal/plan-file.ts';
import { findCalendar } from './catalogue-calendar.ts';
import type { Path, Problems } from './catalogue-problem.ts';
import { mapOf, textOf } from './catalogue-read.ts';

/** The text of a file that a catalogue names, or why it cannot be read. */
export type NamedFile = { readonly text: string } | { readonly unreadable: string };

/** What plans are read against. */
export interface PlanScope {
  readonly calendars: ReadonlyMap<string, Calendar>;
  /** Zone of the dates of a KPI whose windows have none. */
  readonly zone: string;
  /** The files of plans, by their names in the catalogue. */
  readonly plans: ReadonlyMap<string, NamedFile>;
  readonly problems: Problems;
}

/** The file that the `plan` of a KPI names; null: none, or it has another form. */
export function planNamed(kpi: unknown): string | null {
  const plan = mapOf(kpi)?.['plan'];
  return textOf(plan) ?? textOf(mapOf(plan)?.['file']);
}

/** The files that the KPIs of a parsed catalogue name as plans, each once. */
export function plansNamed(parsed: unknown): string[] {
  const kpis = Object.values(mapOf(mapOf(parsed)?.['kpis']) ?? {});
  return [...new Set(kpis.flatMap((kpi) => planNamed(kpi) ?? []))];
}

/** The plan of a KPI; null where it has none, or a wrong one, which is told. */
export function readPlan(
  map: Readonly<Record<string, unknown>>,
  path: Path,
  { by, window }: Pick<Definition, 'by' | 'window'>,
  { calendars, zone, plans, problems }: PlanScope,
): Plan | null {
  const file = planNamed(map);
  if (file === null) return null;
  const here = [...path, 'plan'];
  if (window.kind === 'total' || window.kind === 'instant')
    return problems.add(
      here,
      'a plan is for spans of time, and the KPI has no windows that begin',
      'a rolling, tumbling or to_date window',
    );
  const written = mapOf(map['plan'])?.['calendar'];
  let hours: WorkingHours | null = null;
  if (written !== undefined) {
    const calendar = findCalendar(written, [...here, 'calendar'], calendars, problems);
    if (calendar === null) return null;
    ({ hours } = calendar);
  }
  const place = mapOf(map['plan']) === null ? here : [...here, 'file'];
  const found = plans.get(file) ?? { unreadable: `The plan ${file} cannot be read here.` };
  if ('unreadable' in found) return problems.add(place, found.unreadable);
  const labels = by.map(({ dimension }) => dimension);
  const read = readPlanFile(found.text, { labels, zone: 'zone' in window ? window.zone : zone });
  if ('series' in read) return { file, series: read.series, hours };
  for (const { line, column, message, allowed } of read.problems)
    problems.add(place, `${file}:${line}:${column}: ${message}`, allowed);
  return null;
}
