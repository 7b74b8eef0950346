import type { Definition } from '../../shared/core/definition.ts';
import { type DerivedDefinition, workflowsOf } from '../../shared/core/formula/derived.ts';
import { type Leaf, leavesOf, stepMaxMs } from '../../shared/core/formula/derived-leaves.ts';
import { sliceStart } from '../../shared/core/window/window.ts';
import { activeFromMs, isWhole, reachMs } from './series-range.ts';

/** A derived KPI, and the measured ones below it. */
export interface DerivedPlan {
  readonly definition: DerivedDefinition;
  readonly leaves: readonly Leaf[];
}

/**
 * KPIs that are computed from one another, directly or by way of others: of a label set their series are in memory
 * together or not at all, and from the same time on.
 */
export interface DerivedGroup {
  /** Measured KPIs. */
  readonly members: readonly Definition[];
  readonly derived: readonly DerivedPlan[];
  readonly workflows: readonly string[];
  /** Whether they are of use only as a whole. */
  readonly isWhole: boolean;
}

/** The groups of these derived KPIs. */
export function groupsOf(definitions: readonly DerivedDefinition[]): DerivedGroup[] {
  let groups: DerivedGroup[] = [];
  for (const definition of definitions) {
    const plan = { definition, leaves: leavesOf(definition) };
    const hashes = new Set(plan.leaves.map((leaf) => leaf.definition.hash));
    const joined = groups.filter(({ members }) => members.some(({ hash }) => hashes.has(hash)));
    groups = [...groups.filter((group) => !joined.includes(group)), merge(joined, plan)];
  }
  return groups;
}

function merge(groups: readonly DerivedGroup[], plan: DerivedPlan): DerivedGroup {
  const members = new Map(groups.flatMap((group) => group.members.map((each) => [each.hash, each])));
  for (const { definition } of plan.leaves) members.set(definition.hash, definition);
  const all = [...members.values()];
  return {
    members: all,
    derived: [...groups.flatMap(({ derived }) => derived), plan],
    workflows: [...new Set(all.flatMap(workflowsOf))],
    isWhole: all.some(isWhole),
  };
}

/**
 * From which time on a group has rows that time alone will change, at the lowest watermark of its workflows: each of its
 * series from the slice on that holds it.
 */
export function groupActiveFromMs({ members, derived }: DerivedGroup, watermarkMs: number | null): number {
  const settleMs = Math.max(...derived.map(({ definition }) => definition.settleMs));
  // The windows of a rollup are longer than those of any member.
  const all = [...members, ...derived.map(({ definition }) => definition)];
  return Math.min(...all.map((each) => activeFromMs({ ...each, settleMs }, watermarkMs)));
}

/** The slice that holds a time, by its start; without a bound for a KPI that is of use only as a whole. */
export function alignedMs(definition: Definition, timeMs: number): number {
  if (isWhole(definition) || timeMs === -Infinity) return -Infinity;
  return sliceStart(definition.window, timeMs);
}

/** How much earlier slices of a member begin that are needed beside those from a time on: also for what lags behind. */
export function groupReachMs({ derived }: DerivedGroup, member: Definition): number {
  const uses = derived.flatMap(({ leaves }) => leaves.filter(({ definition }) => definition.hash === member.hash));
  const lagMs = Math.max(0, ...uses.map((use) => use.lagMs));
  return reachMs(member) + (lagMs === 0 ? 0 : lagMs + stepMaxMs(member.window));
}
