import type { Workflow } from './catalogue.ts';
import type { Path, Problems } from './catalogue-problem.ts';
import { mapOf, textsOf } from './catalogue-read.ts';
import { readSelector } from './catalogue-selector.ts';
import { checkDimension } from './catalogue-where.ts';
import type { ReworkMeasure, Selector } from '../definition.ts';

const COUNTS: readonly unknown[] = ['repeats', 'cases', 'rate'] satisfies ReworkMeasure['count'][];

/** The `rework` of a measure; null when there is a problem. */
export function readRework(value: unknown, path: Path, workflow: Workflow, problems: Problems): ReworkMeasure | null {
  const map = mapOf(value);
  if (map === null) return null;
  const of = readSelector(map['of'], 'each', [...path, 'of'], workflow, problems);
  const count = map['count'] ?? 'repeats';
  const same = readSame(map['same'], [...path, 'same'], workflow, problems);
  const to = readBase(map, path, workflow, problems);
  if (of !== null && of.occurrence !== 'each') {
    const message = `the ${of.occurrence} event of a case is one only: nothing comes again`;
    return problems.add([...path, 'of'], message, 'an activity, or { each: …, where: … }');
  }
  if (of === null || same === null || to === undefined || !COUNTS.includes(count)) return null;
  return { kind: 'rework', of, count: count as ReworkMeasure['count'], same, to };
}

function readSame(value: unknown, path: Path, workflow: Workflow, problems: Problems): readonly string[] | null {
  const names = value === undefined ? [] : textsOf(value);
  if (names === null) return null;
  const known = names.map((name, index) => checkDimension(name, [...path, index], workflow, problems, false));
  return known.includes(false) ? null : names;
}

/** What a rate divides by; null where the catalogue does not say, undefined when there is a problem. */
function readBase(
  map: Readonly<Record<string, unknown>>,
  path: Path,
  workflow: Workflow,
  problems: Problems,
): Selector | null | undefined {
  if (map['to'] === undefined) return null;
  const to = readSelector(map['to'], 'first', [...path, 'to'], workflow, problems);
  if (map['count'] !== 'rate') {
    problems.addAtKey([...path, 'to'], 'only a rate is divided by something', '`count: rate` beside it');
    return undefined;
  }
  if (map['same'] !== undefined) {
    const message = 'with `same` a case may count several times, but by `to` it is divided once';
    problems.addAtKey([...path, 'to'], message, 'one of the two');
    return undefined;
  }
  if (to !== null && to.occurrence !== 'first') {
    const message = 'a rate divides by cases, and each counts at its first event';
    problems.add([...path, 'to'], message, 'an activity, any, or { first: …, where: … }');
    return undefined;
  }
  return to ?? undefined;
}
