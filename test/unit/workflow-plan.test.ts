import { expect, test } from 'vitest';
import type { Definition } from '../../services/shared/core/definition.ts';
import { planWorkflow, type WorkflowPlan } from '../../services/shared/core/measure/workflow-plan.ts';

const selector = (activity: string): object => ({ activity, occurrence: 'first', where: [] });
const DURATION = { kind: 'duration', from: selector('opened'), to: selector('closed') };
const EVENT = { kind: 'event', event: selector('closed') };

function definition(hash: string, differs: object = {}): Definition {
  const window = { kind: 'rolling', sizeMs: 3_600_000, everyMs: 60_000 };
  const all = { hash, measure: DURATION, aggregate: { kind: 'sum' }, by: [], where: [], scale: 0, window, ...differs };
  return all as unknown as Definition;
}

/** The hashes of each group's members, those out of force in brackets. */
function groups({ slices }: WorkflowPlan): string[] {
  return slices.map(({ id, members, inForce }) => {
    const names = members.map(({ definition: { hash } }, i) => (inForce[i] ? hash : `(${hash})`));
    return `${id}: ${names.join(' ')}`;
  });
}

test('definitions that measure the same over slices of the same length are one group, whatever they make of it', () => {
  const plan = planWorkflow(
    [
      definition('sum'),
      definition('p95', { aggregate: { kind: 'percentile', q: 0.95 } }),
      definition('longer', { window: { kind: 'rolling', sizeMs: 7_200_000, everyMs: 60_000 } }),
      definition('coarser', { window: { kind: 'rolling', sizeMs: 3_600_000, everyMs: 120_000 } }),
      definition('total', { window: { kind: 'total' } }),
      definition('by team', { by: [{ dimension: 'team', at: 'to' }] }),
      definition('events', { measure: EVENT, aggregate: { kind: 'count' } }),
      definition('values', { measure: EVENT, aggregate: { kind: 'sum' } }),
    ],
    new Map(),
  );
  expect(groups(plan)).toEqual(['0: sum p95 longer', '1: coarser', '2: total', '3: by team', '4: events', '5: values']);
  // Pairing does not care for windows.
  expect(plan.pairs.map(({ slices }) => slices.map(({ id }) => id))).toEqual([[0, 1, 2], [3], [4], [5]]);
});

test('groups go on: what goes is out of force in its own, what comes is in a new one, also when it comes back', () => {
  const first = planWorkflow([definition('a'), definition('b')], new Map());
  const second = planWorkflow([definition('b'), definition('c')], new Map(), first);
  expect(groups(second)).toEqual(['0: (a) b', '1: c']);
  const third = planWorkflow([definition('a'), definition('b'), definition('c')], new Map(), second);
  expect(groups(third)).toEqual(['0: (a) b', '1: c', '2: a']);
  expect(third.plans.map(({ definition: { hash } }) => hash).toSorted()).toEqual(['a', 'b', 'c']);
  const fourth = planWorkflow([definition('b')], new Map(), third);
  expect(groups(fourth)).toEqual(['0: (a) b']);
  expect(groups(planWorkflow([definition('b'), definition('a')], new Map(), fourth))).toEqual(['0: (a) b', '3: a']);
});
