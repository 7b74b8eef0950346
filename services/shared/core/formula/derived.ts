import type { Definition, DerivedMeasure } from '../definition.ts';

/** A definition that is computed from other KPIs, not from events. */
export type DerivedDefinition = Definition & { readonly measure: DerivedMeasure };

/** What a KPI comes to in one window. */
export interface DerivedValue {
  readonly value: number | null;
  /** Of a derived one: how many samples its inputs have together. */
  readonly samples: number;
  /** Why there is no value; null where there is one, or where nothing can be said but that. */
  readonly why: string | null;
}

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
