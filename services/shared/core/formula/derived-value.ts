import type { Definition } from '../definition.ts';
import { type DerivedDefinition, isDerived } from './derived.ts';
import { type Formula, formulaOf } from './formula.ts';
import { sliceStart, TOTAL_END_MS } from '../window/window.ts';

/** What a KPI comes to in one window. */
export interface DerivedValue {
  readonly value: number | null;
  /** Of a derived one: how many samples its inputs have together. */
  readonly samples: number;
  /** Why there is no value; null where there is one, or where nothing can be said but that. */
  readonly why: string | null;
}

/** Gives the value of a measured KPI in the window that ends at `endMs`. */
export type MeasuredAt = (definition: Definition, endMs: number) => DerivedValue;

const formulas = new WeakMap<Definition, Formula>();

/** The value of a derived KPI in the window that ends at `endMs`. */
export function derivedValue(derived: DerivedDefinition, endMs: number, measuredAt: MeasuredAt): DerivedValue {
  const values = new Map<string, number | null>();
  let samples = 0;
  // All of them, also those that the formula does not ask for: whether it is being filled depends on each.
  for (const input of derived.measure.inputs) {
    const of = valueAsOf(input, endMs, measuredAt);
    values.set(input.kpi, of.value);
    samples += of.samples;
  }
  const result = formulaFor(derived).evaluate((name) => values.get(name) ?? null);
  return { ...result, samples };
}

/** The value of a KPI in its last window that ends at `asOfMs` or before. */
function valueAsOf(definition: Definition, asOfMs: number, measuredAt: MeasuredAt): DerivedValue {
  const { window } = definition;
  const endMs = window.kind === 'total' ? TOTAL_END_MS : sliceStart(window, asOfMs);
  return isDerived(definition) ? derivedValue(definition, endMs, measuredAt) : measuredAt(definition, endMs);
}

function formulaFor(derived: DerivedDefinition): Formula {
  let formula = formulas.get(derived);
  if (formula === undefined) {
    const units = new Map(derived.measure.inputs.map(({ kpi, unit }) => [kpi, unit]));
    formulas.set(derived, (formula = formulaOf(derived.measure.expression, (name) => units.get(name) ?? '')));
  }
  return formula;
}
