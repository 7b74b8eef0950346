import type { Kpi } from './catalogue.ts';
import { didYouMean, listed, type Path, type Problems } from './catalogue-problem.ts';
import { mapOf, numberOf, textOf, textsOf } from './catalogue-read.ts';
import { dayStartMs } from '../calendar/date-start.ts';
import type { Definition } from '../definition.ts';
import type { Goal, GoalCase } from '../goal/goal.ts';

/** What a goal is read against. */
export interface GoalScope {
  /** Zone of the dates of a KPI whose windows have none. */
  readonly zone: string;
  readonly problems: Problems;
}

/** Which number of a KPI is read, and the keys of its table. */
interface GoalPlace {
  readonly name: 'target' | 'baseline';
  readonly path: Path;
  readonly labels: readonly string[];
  readonly zone: string;
  readonly problems: Problems;
}

/** `target` and `baseline` of a KPI: numbers, or tables by labels and dates; a wrong one is null, and told. */
export function readGoals(
  map: Readonly<Record<string, unknown>>,
  path: Path,
  { by, window }: Pick<Definition, 'by' | 'window'>,
  { zone, problems }: GoalScope,
): Pick<Kpi, 'target' | 'baseline'> {
  const labels = by.map(({ dimension }) => dimension);
  const read = (name: GoalPlace['name']): Goal | null =>
    readGoal(map[name], {
      name,
      path: [...path, name],
      labels,
      zone: 'zone' in window ? window.zone : zone,
      problems,
    });
  return { target: read('target'), baseline: read('baseline') };
}

function readGoal(value: unknown, place: GoalPlace): Goal | null {
  const map = mapOf(value);
  if (map === null) return numberOf(value);
  const entries: readonly unknown[] = Array.isArray(map['where']) ? map['where'] : [];
  const cases = entries.flatMap((entry, i) => readCase(entry, [...place.path, 'where', i], place) ?? []);
  const byDefault = numberOf(map['default']);
  return cases.length === 0 ? byDefault : { byDefault, cases };
}

function readCase(entry: unknown, path: Path, place: GoalPlace): GoalCase | null {
  const { name, zone, problems } = place;
  const map = mapOf(entry);
  const value = numberOf(map?.[name]);
  if (map === null || value === null) return null;
  const { from, to, [name]: _value, ...written } = map;
  if (Object.keys(map).length === 1)
    return problems.add(path, 'the entry is for all labels and dates', 'write it as default');
  const labels = readLabels(written, path, place);
  const afterMs = from === undefined ? null : dateOf(from, 0, [...path, 'from'], zone, problems);
  const throughMs = to === undefined ? null : dateOf(to, 1, [...path, 'to'], zone, problems);
  if (labels === null || (from !== undefined && afterMs === null) || (to !== undefined && throughMs === null))
    return null;
  if (afterMs !== null && throughMs !== null && throughMs <= afterMs)
    return problems.add([...path, 'to'], 'to is before from', 'a date that is not earlier');
  return { labels, afterMs, throughMs, value };
}

function readLabels(
  written: Readonly<Record<string, unknown>>,
  path: Path,
  { labels: known, problems }: GoalPlace,
): GoalCase['labels'] | null {
  const labels: Record<string, readonly string[]> = {};
  for (const [label, values] of Object.entries(written)) {
    const here = [...path, label];
    if (!known.includes(label))
      return problems.addAtKey(here, `the KPI has no label '${label}'${didYouMean(label, known)}`, listed(known));
    const texts = textOf(values) === null ? textsOf(values) : [textOf(values)!];
    if (texts === null) return problems.add(here, `${label} is no text`, 'a text, or a list of texts');
    labels[label] = texts;
  }
  return labels;
}

/** When a date begins in a zone, so many days later; null, and told, where it is none. */
function dateOf(value: unknown, daysLater: number, path: Path, zone: string, problems: Problems): number | null {
  const ms = dayStartMs(textOf(value) ?? '', daysLater, zone);
  return ms ?? problems.add(path, `'${String(value)}' is no date`, 'a date such as 2026-07-01');
}
