import type { Definition, DerivedMeasure } from '../definition.ts';

/** A definition that is computed from other KPIs, not from events. */
export type DerivedDefinition = Definition & { readonly measure: DerivedMeasure };

/** Whether a KPI is computed from others. */
export function isDerived(definition: Definition): definition is DerivedDefinition {
  return definition.aggregate.kind === 'derived';
}

/** The KPIs that a derived one names, in order. */
export function inputsOf({ measure }: DerivedDefinition): readonly Definition[] {
  return measure.inputs;
}

/** The workflows whose events decide the values of a KPI: its time is as far as the slowest of them. */
export function workflowsOf({ workflow, workflows }: Definition): readonly string[] {
  return workflows ?? [workflow];
}
