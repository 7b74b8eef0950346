import type { Definition, FormulaMeasure, GrowthMeasure, RollupMeasure } from '../definition.ts';
import { parseFormula } from '../formula/formula-parse.ts';
import { isEffective } from '../window/effective.ts';
import { earlierEnd } from '../window/window-earlier.ts';
import { lastEnd, TOTAL_END_MS, windowStart } from '../window/window.ts';
import { type ComputedValue, slackOf } from './computed-value.ts';
import { derivedMeasure, endsWithin } from './derived-inputs.ts';
import { formulaRange, type Outcome, widened } from './formula-range.ts';
import { growthRange } from './growth-range.ts';
import { NotChecked } from './not-checked.ts';
import { rollupRange } from './rollup-range.ts';

/** The value of a measured KPI in the window that ends at `endMs`. */
export type ValueAt = (definition: Definition, endMs: number) => ComputedValue;

/** A part of a number: the roundings of a division of long integers. */
const DIVISION = 2 ** -50;

/**
 * What a derived KPI comes to in the window that ends at `endMs`, which is past, from the values of the measured ones below
 * it. Throws NotChecked.
 */
export function derivedFrom(definition: Definition, endMs: number, valueAt: ValueAt): ComputedValue {
  const measure = derivedMeasure(definition);
  switch (measure.kind) {
    case 'formula':
      return formulaFrom(measure, endMs, valueAt);
    case 'growth':
      return growthFrom(measure, definition, endMs, valueAt);
    case 'rollup':
      return rollupFrom(measure, definition, endMs, valueAt);
  }
}

/** Of a window that begins before its KPI is effective. */
const NOT_EFFECTIVE: ComputedValue = { value: null, exact: null, samples: 0 };

function valueOf(input: Definition, endMs: number, valueAt: ValueAt): ComputedValue {
  if (!isEffective(input, endMs)) return NOT_EFFECTIVE;
  return input.aggregate.kind === 'derived' ? derivedFrom(input, endMs, valueAt) : valueAt(input, endMs);
}

function computed({ range, none }: Outcome, samples: number): ComputedValue {
  return { value: range === null ? null : (range.low + range.high) / 2, exact: null, samples, range, none };
}

function formulaFrom({ expression, inputs }: FormulaMeasure, endMs: number, valueAt: ValueAt): ComputedValue {
  const outcomes = new Map<string, Outcome>();
  let samples = 0;
  for (const input of inputs) {
    const at = input.window.kind === 'total' ? TOTAL_END_MS : lastEnd(input.window, endMs);
    const value = valueOf(input, at, valueAt);
    samples += value.samples;
    outcomes.set(input.kpi, outcomeOf(input, value));
  }
  const parsed = parseFormula(expression);
  if ('problem' in parsed) throw new NotChecked(`formula: ${parsed.problem.message}`);
  return computed(
    formulaRange(parsed.root, (name) => outcomes.get(name)!),
    samples,
  );
}

function growthFrom(
  { inputs: [input], over }: GrowthMeasure,
  { window }: Definition,
  endMs: number,
  valueAt: ValueAt,
): ComputedValue {
  const now = valueOf(input, endMs, valueAt);
  const then = valueOf(input, earlierEnd(window, endMs, over), valueAt);
  const range = growthRange(input.kpi, over, outcomeOf(input, now), outcomeOf(input, then));
  return computed(range, now.samples + then.samples);
}

/** Of windows without events count those after the first one with some, or all where the longer window before had any. */
function rollupFrom(
  { inputs: [input], aggregate, empty }: RollupMeasure,
  { window }: Definition,
  endMs: number,
  valueAt: ValueAt,
): ComputedValue {
  const within = (at: number): ComputedValue[] =>
    endsWithin(input.window, window, at).map((each) => valueOf(input, each, valueAt));
  const hasEvents = ({ samples }: ComputedValue): boolean => samples !== 0;
  let counted = within(endMs);
  if (empty === 'skip') counted = counted.filter(hasEvents);
  else if (!within(windowStart(window, endMs)).some(hasEvents)) {
    const first = counted.findIndex(hasEvents);
    counted = first === -1 ? [] : counted.slice(first);
  }
  const outcomes = counted.map((value) => outcomeOf(input, value));
  const samples = counted.reduce((sum, value) => sum + value.samples, 0);
  return computed(rollupRange(input.kpi, aggregate, outcomes), samples);
}

/** How well a value is known: a whole number exactly, another one to its last bits, an estimate within its error. */
function outcomeOf(definition: Definition, computedValue: ComputedValue): Outcome {
  const { value, exact, range, none } = computedValue;
  const missing = [`${definition.kpi} has no value`];
  if (range !== undefined) return { range, none: none === undefined || none.length === 0 ? [] : missing };
  if (value === null) return { range: null, none: missing };
  if (exact === null) {
    const slack = slackOf(definition, computedValue);
    return { range: { low: value - slack, high: value + slack }, none: [] };
  }
  const isWhole = Number.isSafeInteger(value) && exact.numerator === BigInt(value) * exact.denominator;
  return { range: isWhole ? { low: value, high: value } : widened({ low: value, high: value }, DIVISION), none: [] };
}
