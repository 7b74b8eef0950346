import type { Workflow } from './catalogue.ts';
import { findCalendar } from './catalogue-calendar.ts';
import type { MeasureScope } from './catalogue-measure-scope.ts';
import { didYouMean, listed, type Path, type Problems } from './catalogue-problem.ts';
import { mapOf, textOf, textsOf } from './catalogue-read.ts';
import { ANY, readSelector } from './catalogue-selector.ts';
import { checkDimension } from './catalogue-where.ts';
import type { LabelSpec, Selector, StateMeasure } from '../definition.ts';

/** The `state` of a measure; null when there is a problem. */
export function readState(value: unknown, path: Path, scope: MeasureScope): StateMeasure | null {
  const { workflow, problems } = scope;
  const map = mapOf(value);
  if (map === null) return null;
  const event = readEach(map['event'] ?? ANY, [...path, 'event'], workflow, problems);
  const to = map['to'] === undefined ? null : readEach(map['to'], [...path, 'to'], workflow, problems);
  const of = map['of'] === undefined ? null : textOf(map['of']);
  if (map['of'] !== undefined && (of === null || !checkDimension(of, [...path, 'of'], workflow, problems, false)))
    return null;
  const states = map['in'] === undefined ? null : readStates(map['in'], [...path, 'in'], of, workflow, problems);
  if (event === null || (map['to'] !== undefined && to === null) || (map['in'] !== undefined && states === null))
    return null;
  const measure = { kind: 'state', event, of, in: states, to } as const;
  if (map['calendar'] === undefined) return measure;
  const calendar = findCalendar(map['calendar'], [...path, 'calendar'], scope.calendars, problems);
  return calendar && { ...measure, hours: calendar.hours };
}

/** Events of which every one counts. */
function readEach(value: unknown, path: Path, workflow: Workflow, problems: Problems): Selector | null {
  const event = readSelector(value, 'each', path, workflow, problems);
  if (event === null || event.occurrence === 'each') return event;
  const message = `a state lasts until the next event, and the ${event.occurrence} one of a case is one only`;
  return problems.add(path, message, 'an activity, any, or { each: …, where: … }');
}

function readStates(
  value: unknown,
  path: Path,
  of: string | null,
  workflow: Workflow,
  problems: Problems,
): readonly string[] | null {
  const single = textOf(value);
  const states = single === null ? textsOf(value) : [single];
  if (states === null || of !== null) return states;
  const { name, activities } = workflow;
  const unknown = states.find((state) => !activities.includes(state));
  if (unknown === undefined) return states;
  const message = `workflow '${name}' has no activity '${unknown}'${didYouMean(unknown, activities)}`;
  return problems.add(path, message, `${listed(activities)}; or of: DIMENSION, whose values are the states then`);
}

/** The states as labels, where no dimension has this name. */
export const STATE_LABEL = 'state';

/** Whether the share of the observed time says anything; a problem where it is one always. `path` is the KPI's. */
export function checkShare(measure: StateMeasure, by: readonly LabelSpec[], path: Path, problems: Problems): boolean {
  const here = [...path, 'aggregate'];
  if (measure.in === null) {
    problems.add(here, 'the share of all states is always one', 'in: [STATE] in the measure, or sum');
    return false;
  }
  const label = by.find(({ dimension, at }) => at === 'state' || (at === 'to' && dimension === measure.of));
  if (label === undefined) return true;
  const message = `each value of '${label.dimension}' has only its own time, of which the share is always one or zero`;
  problems.add(here, message, `sum, or by without ${label.dimension}`);
  return false;
}
