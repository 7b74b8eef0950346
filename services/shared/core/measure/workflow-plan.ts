import type { Definition, WindowSpec } from '../definition.ts';
import { type EventOrder, eventOrder } from './effective-events.ts';
import { type MeasurePlan, planMeasure } from './measure-plan.ts';

/**
 * Definitions that measure the same over slices of the same length: a contribution to one of them is one to all, so their
 * slices are looked up once. Groups never merge or split: a definition that goes is out of force in its own, and those
 * that come together form new ones.
 */
export interface SliceGroup {
  /** Unique among the plans that follow from one another. */
  readonly id: number;
  readonly members: readonly MeasurePlan[];
  /** By member. */
  readonly inForce: readonly boolean[];
  /** Of all members, as far as slices go. */
  readonly window: WindowSpec;
  /** A level also has a row of its total. */
  readonly isLevel: boolean;
  /** What contributes before this time, ms UTC, does not count: it is in no window. Of a level all that came before does. */
  readonly fromMs: number;
}

/** Definitions that measure the same: what one of them pairs is paired for all. */
export interface PairGroup {
  /** The one that is folded. */
  readonly plan: MeasurePlan;
  readonly slices: readonly SliceGroup[];
}

/** The definitions of a workflow as the fold uses them; a new object when they change. */
export interface WorkflowPlan {
  /** Those in force. */
  readonly plans: readonly MeasurePlan[];
  readonly pairs: readonly PairGroup[];
  readonly slices: readonly SliceGroup[];
  /** How many groups there were in this plan and those before it. */
  readonly groupsEver: number;
  readonly order: EventOrder;
}

/**
 * Plans these definitions of one workflow; `ranks`: the catalogue rank of each activity. `before`: the plan that this one
 * takes the place of, whose groups go on.
 */
export function planWorkflow(
  definitions: readonly Definition[],
  ranks: ReadonlyMap<string, number>,
  before: WorkflowPlan | null = null,
): WorkflowPlan {
  const hashes = new Set(definitions.map(({ hash }) => hash));
  const goingOn = (before?.slices ?? []).flatMap((group) => {
    const inForce = group.members.map(({ definition }, i) => group.inForce[i]! && hashes.has(definition.hash));
    return inForce.includes(true) ? [{ ...group, inForce }] : [];
  });
  const known = new Set(goingOn.flatMap(membersInForce).map(({ definition }) => definition.hash));
  const added = definitions.filter(({ hash }) => !known.has(hash)).map(planMeasure);
  // Not the highest of those that go on: what is left of a group that went must not be taken for another one's.
  const groupsBefore = before?.groupsEver ?? 0;
  const coming = sliceGroups(added, groupsBefore);
  const slices = [...goingOn, ...coming];
  return {
    plans: slices.flatMap(membersInForce),
    slices,
    pairs: pairGroups(slices),
    groupsEver: groupsBefore + coming.length,
    order: eventOrder(ranks),
  };
}

/** The members of a group that are in force. */
export function membersInForce({ members, inForce }: SliceGroup): MeasurePlan[] {
  return members.filter((_, i) => inForce[i]);
}

function sliceGroups(plans: readonly MeasurePlan[], firstId: number): SliceGroup[] {
  const groups = groupBy(plans, (plan) => `${pairingOf(plan)} ${slicingOf(plan.definition)}`);
  return groups.map((members, i) => {
    const { window, aggregate, effectiveMs = -Infinity } = members[0]!.definition;
    const isLevel = aggregate.kind === 'level' || aggregate.kind === 'age' || aggregate.kind === 'integral';
    const fromMs = isLevel ? -Infinity : effectiveMs;
    return { id: firstId + i, members, inForce: members.map(() => true), window, isLevel, fromMs };
  });
}

function pairGroups(slices: readonly SliceGroup[]): PairGroup[] {
  const groups = groupBy(slices, ({ members }) => pairingOf(members[0]!));
  return groups.map((some) => ({ plan: some[0]!.members[0]!, slices: some }));
}

/** What has to be equal for two definitions to emit the same. */
function pairingOf({ definition: { measure, by, admitted, where, aggregate, scale } }: MeasurePlan): string {
  const valued = aggregate.kind === 'level' && aggregate.of !== undefined;
  // What a duration emits is the same for every aggregate; what an event emits is not.
  return JSON.stringify([
    measure,
    by,
    admitted,
    where,
    measure.kind === 'duration' ? null : [aggregate.kind, valued, scale],
  ]);
}

/** What has to be equal for the slices to begin and end alike, and for the same to be in them. */
function slicingOf({ window, effectiveMs }: Definition): string {
  const slices = window.kind === 'rolling' ? { kind: window.kind, everyMs: window.everyMs } : window;
  return JSON.stringify([slices, effectiveMs ?? null]);
}

function groupBy<T>(items: readonly T[], keyOf: (item: T) => string): T[][] {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const key = keyOf(item);
    groups.set(key, [...(groups.get(key) ?? []), item]);
  }
  return [...groups.values()];
}
