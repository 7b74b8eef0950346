import type { Workflow } from './catalogue.ts';
import type { Path, Problems } from './catalogue-problem.ts';
import { mapOf, textOf } from './catalogue-read.ts';
import { STATE_LABEL } from './catalogue-state.ts';
import { checkDimension } from './catalogue-where.ts';
import type { LabelAnchor, LabelSpec, Measure } from '../definition.ts';

const ANCHORS: readonly string[] = ['from', 'to', 'first', 'last'] satisfies LabelAnchor[];

/** Of measures that count what has not ended: what that is. */
const UNENDED: Readonly<Partial<Record<Measure['kind'], string>>> = {
  open: 'an open case',
  within: 'an open case',
  conversion: 'a case that did not convert',
};

/** The `by` of a KPI of this measure, none when it is absent; null when there is a problem. */
export function readBy(
  value: unknown,
  path: Path,
  kind: Measure['kind'],
  workflow: Workflow,
  problems: Problems,
): LabelSpec[] | null {
  if (value === undefined) return [];
  if (!Array.isArray(value)) return null;
  const specs: LabelSpec[] = [];
  let sound = true;
  for (const [index, entry] of (value as readonly unknown[]).entries()) {
    const spec = readLabel(entry, [...path, index], kind, workflow, problems);
    if (spec === null) sound = false;
    else if (specs.some(({ dimension }) => dimension === spec.dimension)) {
      problems.add([...path, index], `'${spec.dimension}' is named twice`, 'each dimension once');
    } else specs.push(spec);
  }
  return sound ? specs : null;
}

function readLabel(
  entry: unknown,
  path: Path,
  kind: Measure['kind'],
  workflow: Workflow,
  problems: Problems,
): LabelSpec | null {
  const map = mapOf(entry);
  const dimension = textOf(map === null ? entry : map['dimension']);
  if (dimension === null) return null;
  if (kind === 'state' && dimension === STATE_LABEL && !workflow.dimensions.includes(dimension)) {
    if (map?.['at'] === undefined) return { dimension, at: 'state' };
    return problems.add(
      [...path, 'at'],
      'the state is that of its own time, and no dimension of an event',
      STATE_LABEL,
    );
  }
  const place = map === null ? path : [...path, 'dimension'];
  const known = checkDimension(dimension, place, workflow, problems, false);
  const unended = UNENDED[kind];
  const at = map?.['at'] ?? (unended === undefined ? 'to' : 'from');
  if (typeof at !== 'string' || !ANCHORS.includes(at)) return null;
  if (unended !== undefined && at === 'to') {
    const message = `${unended} has no closing event to take a dimension from`;
    return problems.add([...path, 'at'], message, 'from, first, last');
  }
  return known ? { dimension, at: at as LabelAnchor } : null;
}
