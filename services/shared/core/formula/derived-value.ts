import type { Definition, FormulaMeasure } from '../definition.ts';
import { type DerivedDefinition, type DerivedValue, isDerived } from './derived.ts';
import { type Formula, formulaOf } from './formula.ts';
import { growthValue } from './growth.ts';
import { rollupValue } from './rollup.ts';
import { isEffective } from '../window/effective.ts';
import { lastEnd, TOTAL_END_MS } from '../window/window.ts';

/** What derived KPIs are computed from. */
export interface Measured {
  /** The value of a measured KPI in the window that ends at `endMs`. */
  at(definition: Definition, endMs: number): DerivedValue;
  /** Whether the events up to a time are in, late ones aside. */
  isPast(timeMs: number): boolean;
}

const formulas = new WeakMap<FormulaMeasure, Formula>();

/** The value of a derived KPI in the window that ends at `endMs`. */
export function derivedValue({ measure, window }: DerivedDefinition, endMs: number, measured: Measured): DerivedValue {
  const valueAt = (at: number): DerivedValue => valueIn(measure.inputs[0]!, at, measured);
  switch (measure.kind) {
    case 'formula':
      return formulaValue(measure, endMs, measured);
    case 'rollup':
      return rollupValue(measure, window, endMs, valueAt, (timeMs) => measured.isPast(timeMs));
    case 'growth':
      return growthValue(measure, window, endMs, valueAt);
  }
}

function formulaValue(measure: FormulaMeasure, endMs: number, measured: Measured): DerivedValue {
  const values = new Map<string, number | null>();
  let samples = 0;
  // All of them, also those that the formula does not ask for: whether it is being filled depends on each.
  for (const input of measure.inputs) {
    const of = valueAsOf(input, endMs, measured);
    values.set(input.kpi, of.value);
    samples += of.samples;
  }
  const result = formulaFor(measure).evaluate((name) => values.get(name) ?? null);
  return { ...result, samples };
}

/** The value of a KPI in its last window that ends at `asOfMs` or before. */
function valueAsOf(definition: Definition, asOfMs: number, measured: Measured): DerivedValue {
  const { window } = definition;
  return valueIn(definition, window.kind === 'total' ? TOTAL_END_MS : lastEnd(window, asOfMs), measured);
}

/** Before a KPI is effective it has no value; what its events there were of another version. */
const NOT_EFFECTIVE: DerivedValue = { value: null, samples: 0, why: null };

function valueIn(definition: Definition, endMs: number, measured: Measured): DerivedValue {
  if (!isEffective(definition, endMs)) return NOT_EFFECTIVE;
  return isDerived(definition) ? derivedValue(definition, endMs, measured) : measured.at(definition, endMs);
}

function formulaFor(measure: FormulaMeasure): Formula {
  let formula = formulas.get(measure);
  if (formula === undefined) {
    const units = new Map(measure.inputs.map(({ kpi, unit }) => [kpi, unit]));
    formulas.set(measure, (formula = formulaOf(measure.expression, (name) => units.get(name) ?? '')));
  }
  return formula;
}
