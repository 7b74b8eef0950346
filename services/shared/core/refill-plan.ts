import { didYouMean, listed } from './catalogue/catalogue-problem.ts';
import type { Definition } from './definition.ts';
import { TaktError } from './errors.ts';
import { leavesOf } from './formula/derived-leaves.ts';
import { isDerived } from './formula/derived.ts';

/** What is computed again where some KPIs are to be. */
export interface RefillPlan {
  /** The measured definitions that are filled from the archive. */
  readonly filled: readonly Definition[];
  /** All whose values may change by it: those, and what is computed from them. */
  readonly touched: readonly Definition[];
}

/** Plans it for KPIs by key, all where none is named; `inForce`: every definition that has values. Throws KPI_UNKNOWN. */
export function refillPlan(names: readonly string[], inForce: readonly Definition[]): RefillPlan {
  const known = [...new Set(inForce.map(({ kpi }) => kpi))];
  const unknown = names.find((name) => !known.includes(name));
  if (unknown !== undefined)
    throw new TaktError(
      'KPI_UNKNOWN',
      `there is no KPI ${JSON.stringify(unknown)}${didYouMean(unknown, known)}; known: ${listed(known)}.`,
    );
  const named = inForce.filter(({ kpi }) => names.length === 0 || names.includes(kpi));
  const filled = new Map(named.flatMap(measuredBelow).map((definition) => [definition.hash, definition]));
  const touched = inForce.filter((definition) => measuredBelow(definition).some(({ hash }) => filled.has(hash)));
  return { filled: [...filled.values()], touched };
}

function measuredBelow(definition: Definition): readonly Definition[] {
  return isDerived(definition) ? leavesOf(definition).map((leaf) => leaf.definition) : [definition];
}
