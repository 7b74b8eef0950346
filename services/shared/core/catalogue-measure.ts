import type { Calendar } from './calendar.ts';
import type { Workflow } from './catalogue.ts';
import { findCalendar } from './catalogue-calendar.ts';
import { didYouMean, listed, type Path, type Problems } from './catalogue-problem.ts';
import { mapOf, textOf } from './catalogue-read.ts';
import { readWhere } from './catalogue-where.ts';
import { readLimits } from './catalogue-within.ts';
import type { Measure, RatioPart, Selector } from './definition.ts';

const OCCURRENCES = ['first', 'last', 'each'] as const;
type Occurrence = (typeof OCCURRENCES)[number];
/** In place of an activity: every one. */
export const ANY = 'any';

/** What a measure is read against. */
export interface MeasureScope {
  readonly workflow: Workflow;
  readonly calendars: ReadonlyMap<string, Calendar>;
  readonly problems: Problems;
}

/** The measure of a KPI; null when there is a problem. */
export function readMeasure(value: unknown, path: Path, scope: MeasureScope): Measure | null {
  const { workflow, problems } = scope;
  const map = mapOf(value);
  if (map === null) return null;
  const select = (at: unknown, occurrence: Occurrence, ...steps: string[]): Selector | null =>
    readSelector(at, occurrence, [...path, ...steps], workflow, problems);
  if (map['event'] !== undefined) {
    const event = select(map['event'], 'each', 'event');
    return event && { kind: 'event', event };
  }
  for (const kind of ['duration', 'open'] as const) {
    const pair = mapOf(map[kind]);
    if (pair === null) continue;
    const from = select(pair['from'], 'first', kind, 'from');
    const to = select(pair['to'], 'first', kind, 'to');
    if (kind === 'open' || pair['calendar'] === undefined) return from && to && { kind, from, to };
    const calendar = findCalendar(pair['calendar'], [...path, kind, 'calendar'], scope.calendars, problems);
    return from && to && calendar && { kind, from, to, hours: calendar.hours };
  }
  const within = mapOf(map['within']);
  if (within !== null) {
    const from = select(within['from'], 'first', 'within', 'from');
    const to = select(within['to'], 'first', 'within', 'to');
    const limits = readLimits(within['limit'], [...path, 'within', 'limit'], workflow, problems);
    if (within['calendar'] === undefined) return from && to && limits && { kind: 'within', from, to, limits };
    const calendar = findCalendar(within['calendar'], [...path, 'within', 'calendar'], scope.calendars, problems);
    return from && to && limits && calendar && { kind: 'within', from, to, limits, hours: calendar.hours };
  }
  const ratio = mapOf(map['ratio']);
  if (ratio === null) return null;
  const numerator = readPart(ratio['of'], [...path, 'ratio', 'of'], workflow, problems);
  const denominator = readPart(ratio['to'], [...path, 'ratio', 'to'], workflow, problems);
  return numerator && denominator && { kind: 'ratio', numerator, denominator };
}

function readPart(value: unknown, path: Path, workflow: Workflow, problems: Problems): RatioPart | null {
  const map = mapOf(value);
  if (map === null) return null;
  const event = readSelector(map['event'], 'each', [...path, 'event'], workflow, problems);
  const aggregate = map['aggregate'] ?? 'count';
  if (event === null || (aggregate !== 'count' && aggregate !== 'sum')) return null;
  return { event, aggregate };
}

function readSelector(
  value: unknown,
  byDefault: Occurrence,
  path: Path,
  workflow: Workflow,
  problems: Problems,
): Selector | null {
  const plain = textOf(value);
  if (plain !== null) {
    return checkActivity(plain, path, workflow, problems)
      ? { activity: plain, occurrence: byDefault, where: [] }
      : null;
  }
  const map = mapOf(value);
  if (map === null) return null;
  const where = readWhere(map['where'], [...path, 'where'], workflow, problems);
  const named = OCCURRENCES.filter((occurrence) => map[occurrence] !== undefined);
  const [occurrence] = named;
  if (occurrence === undefined || named.length > 1) {
    const message = occurrence === undefined ? 'no activity is named' : `${named.join(' and ')} stand together`;
    return problems.add(path, message, 'exactly one of first, last, each, with an activity');
  }
  const activity = textOf(map[occurrence]);
  const known = activity !== null && checkActivity(activity, [...path, occurrence], workflow, problems);
  return known && where !== null ? { activity, occurrence, where } : null;
}

function checkActivity(name: string, path: Path, workflow: Workflow, problems: Problems): boolean {
  if (name === ANY || workflow.activities.includes(name)) return true;
  const legal = [ANY, ...workflow.activities];
  problems.add(path, `workflow '${workflow.name}' has no activity '${name}'${didYouMean(name, legal)}`, listed(legal));
  return false;
}
