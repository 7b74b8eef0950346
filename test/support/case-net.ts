import { contributionsOf, type Delta } from '../../services/shared/core/measure/case-folds.ts';
import { CaseState } from '../../services/shared/core/measure/case-state.ts';
import { parseDecimal } from '../../services/shared/core/decimal.ts';
import type { Definition } from '../../services/shared/core/definition.ts';
import { activityRanks, inOrder } from '../../services/shared/core/measure/effective-events.ts';
import type { LoggedEvent } from '../../services/shared/core/event.ts';
import { planWorkflow, type WorkflowPlan } from '../../services/shared/core/measure/workflow-plan.ts';
import { parseCatalogue } from '../../services/shared/runtime/catalogue-file.ts';
import { problemLine } from '../../services/shared/runtime/yaml-document.ts';

const ACTIVITIES = ['a', 'b', 'c'];

/** The definition of a KPI with these lines, in a workflow of activities a, b, c and dimensions team and station. */
export function definitionOf(lines: string): Definition {
  const { catalogue, problems } = catalogueOf(lines);
  if (catalogue === null) throw new Error(problems.map(problemLine).join('\n'));
  return catalogue.kpis.get('k')!.definition;
}

/** What is wrong with such lines. */
export function problemsOf(lines: string): string[] {
  return catalogueOf(lines).problems.map(problemLine);
}

function catalogueOf(lines: string): ReturnType<typeof parseCatalogue> {
  const head = 'version: 1\nworkflows: { w: { activities: [a, b, c], dimensions: [team, station] } }\n';
  return parseCatalogue(`${head}kpis:\n  k: { workflow: w, ${lines} }\n`, 'c.yaml', { calendarVersion: 'test' });
}

/** What happens to a case: an activity at a time in seconds, with its value and dimensions. */
export type Happening = readonly [activity: string, second: number, more?: Partial<Readonly<Record<string, string>>>];

const ANOTHER_CASE: readonly Happening[] = [
  ['a', 0, { value: '6', team: 'x', station: 's' }],
  ['b', 1, { value: '3' }],
  ['a', 1, { value: '4' }],
];

/** The events of a case, with the ids e0, e1 and so on; `value` of `more` is the event's value. */
export function eventsOf(list: readonly Happening[]): LoggedEvent[] {
  return list.map(([activity, second, more = {}], offset) => {
    const { value, ...dimensions } = more;
    return {
      workflow: 'w',
      caseId: 'case',
      id: `e${offset}`,
      kind: 'event',
      activity,
      timeMs: second * 1_000,
      dimensions: dimensions as Record<string, string>,
      value: value === undefined ? null : parseDecimal(value),
      target: null,
      importId: null,
      offset,
      appendMs: 0,
    };
  });
}

/** The withdrawal of an event, or with null of the whole case. */
export function voidOf(target: string | null, offset: number): LoggedEvent {
  const [event] = eventsOf([['', 0]]);
  return { ...event!, id: `void${offset}`, kind: 'void', target, offset };
}

/** The plan of one definition. */
export function planOf(definition: Definition): WorkflowPlan {
  return planWorkflow([definition], activityRanks(ACTIVITIES));
}

/** What a set of events contributes, in no order given: by second, side and labels how much and how often. */
export function netOf(definition: Definition, events: readonly LoggedEvent[]): string[] {
  const plan = planOf(definition);
  return sumOf(contributionsOf(plan, inOrder(events, plan.order)));
}

/** The same after each event, as they come. */
export function netAsTheyCome(definition: Definition, events: readonly LoggedEvent[]): string[][] {
  const plan = planOf(definition);
  const state = new CaseState([]);
  // What another case left behind is gone.
  for (const event of eventsOf(ANOTHER_CASE)) state.add(event, plan);
  state.become([]);
  const deltas: Delta[] = [];
  return events.map((event) => {
    deltas.push(...(state.add(event, plan) ?? []));
    return sumOf(deltas);
  });
}

function sumOf(deltas: readonly Delta[]): string[] {
  const sums = new Map<string, number>();
  for (const { timeMs, labels, amount, part, sign } of deltas) {
    const side = part === 1 ? 'below ' : part === 2 ? 'ends ' : '';
    const key = `${timeMs / 1_000}: ${side}${amount}${labels === '[]' ? '' : ` ${labels}`}`;
    sums.set(key, (sums.get(key) ?? 0) + sign);
  }
  return [...sums].flatMap(([key, times]) => (times === 0 ? [] : [times === 1 ? key : `${key} × ${times}`])).toSorted();
}
