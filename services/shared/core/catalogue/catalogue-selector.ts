import type { Workflow } from './catalogue.ts';
import { didYouMean, listed, type Path, type Problems } from './catalogue-problem.ts';
import { mapOf, textOf } from './catalogue-read.ts';
import { readWhere } from './catalogue-where.ts';
import type { Selector } from '../definition.ts';

const OCCURRENCES = ['first', 'last', 'each'] as const;
/** Which events of an activity in a case are meant. */
export type Occurrence = (typeof OCCURRENCES)[number];
/** In place of an activity: every one. */
export const ANY = 'any';

/** Which events a measure means; a plain activity those of `byDefault`. Null when there is a problem. */
export function readSelector(
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
