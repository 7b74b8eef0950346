import { eventOrder } from './effective-events.ts';
import type { LoggedEvent } from './event.ts';
import type { MeasurePlan } from './measure-plan.ts';

/** Definitions that measure the same: what one of them pairs is paired for all. */
export interface PlanGroup {
  /** The one that is folded. */
  readonly plan: MeasurePlan;
  readonly members: readonly MeasurePlan[];
}

/** The definitions of a workflow as the fold uses them; a new object when they change. */
export interface WorkflowPlan {
  readonly plans: readonly MeasurePlan[];
  readonly groups: readonly PlanGroup[];
  readonly order: (a: LoggedEvent, b: LoggedEvent) => number;
}

/** Plans these definitions of one workflow; `ranks`: the catalogue rank of each activity. */
export function planWorkflow(plans: readonly MeasurePlan[], ranks: ReadonlyMap<string, number>): WorkflowPlan {
  return { plans, groups: groupsOf(plans), order: eventOrder(ranks) };
}

/** The same for some of its definitions. */
export function narrowed(plan: WorkflowPlan, plans: readonly MeasurePlan[]): WorkflowPlan {
  return { ...plan, plans, groups: groupsOf(plans) };
}

function groupsOf(plans: readonly MeasurePlan[]): PlanGroup[] {
  const groups = new Map<string, MeasurePlan[]>();
  for (const plan of plans) {
    const { measure, by, where, aggregate, scale } = plan.definition;
    // What a duration emits is the same for every aggregate; what an event emits is not.
    const emitted = measure.kind === 'duration' ? null : [aggregate.kind, scale];
    const key = JSON.stringify([measure, by, where, emitted]);
    groups.set(key, [...(groups.get(key) ?? []), plan]);
  }
  return [...groups.values()].map((members) => ({ plan: members[0]!, members }));
}
