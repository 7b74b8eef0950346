import type { Definition, FormulaMeasure, WindowSpec } from '../definition.ts';
import { parseFormula } from '../formula/formula-parse.ts';
import { lastEnd, sliceEnd, sliceStart, TOTAL_END_MS, tumbles } from '../window/window.ts';
import { type ComputedValue, slackOf } from './computed-value.ts';
import { formulaRange, type Outcome, widened } from './formula-range.ts';
import { NotChecked, onlyKeys } from './not-checked.ts';

/** A measured KPI that a derived one is computed from, directly or by way of others. */
export interface MeasuredInput {
  readonly definition: Definition;
  /** It has the windows of the derived one all the way: where it has a row that one has one too. */
  readonly isGrid: boolean;
}

/** The value of a measured KPI in the window that ends at `endMs`. */
export type ValueAt = (definition: Definition, endMs: number) => ComputedValue;

/** Windows of an input that one statement gives: with the bounds of a calendar in it, or without. */
const CALENDAR_STEPS_MAX = 1_000;
const STEPS_MAX = 10_000;
/** A part of a number: the roundings of a division of long integers. */
const DIVISION = 2 ** -50;

/** The measured KPIs below a KPI, each once; a measured one is its own. Throws NotChecked. */
export function measuredInputs(definition: Definition): MeasuredInput[] {
  const found = new Map<string, MeasuredInput>();
  collect(definition, true, found);
  return [...found.values()];
}

function collect(definition: Definition, isGrid: boolean, found: Map<string, MeasuredInput>): void {
  if (definition.aggregate.kind !== 'derived') {
    found.set(definition.hash, { definition, isGrid: isGrid || found.get(definition.hash)?.isGrid === true });
    return;
  }
  for (const input of formulaIn(definition).inputs)
    collect(input, isGrid && windowText(input.window) === windowText(definition.window), found);
}

function formulaIn({ measure }: Definition): FormulaMeasure {
  if (measure.kind !== 'formula') throw new NotChecked(measure.kind);
  onlyKeys(measure, ['kind', 'expression', 'inputs'], 'formula');
  return measure;
}

/** The same for equal windows, in whatever order they were written. */
function windowText(window: WindowSpec): string {
  return JSON.stringify(Object.entries(window).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** End of the last window that has ended by `endMs`. */
export function asOf({ window }: Definition, endMs: number): number {
  return window.kind === 'total' ? TOTAL_END_MS : lastEnd(window, endMs);
}

/** Where windows of a measured KPI end that values of a derived one at `endMs` are computed from, each once. */
export function endsOf(definition: Definition, measured: Definition, endMs: number): number[] {
  const ends = formulaIn(definition).inputs.flatMap((input) => {
    const at = asOf(input, endMs);
    if (input.aggregate.kind === 'derived') return endsOf(input, measured, at);
    return input.hash === measured.hash ? [at] : [];
  });
  return [...new Set(ends)];
}

/** How long a page of a derived KPI's windows may be, so that those of each input fit into one statement; milliseconds. */
export function pageMsMax(definition: Definition, fromMs: number): number {
  if (definition.aggregate.kind !== 'derived') return Infinity;
  const lengths = measuredInputs(definition).map(({ definition: { window } }) => {
    if (window.kind === 'total') return Infinity;
    const startMs = sliceStart(window, fromMs);
    const ofCalendar = tumbles(window) || window.kind === 'to-date';
    return (sliceEnd(window, startMs) - startMs) * (ofCalendar ? CALENDAR_STEPS_MAX : STEPS_MAX);
  });
  return Math.min(...lengths);
}

/** What a derived KPI comes to in the window that ends at `endMs`, from the values of its inputs. Throws NotChecked. */
export function derivedFrom(definition: Definition, endMs: number, valueAt: ValueAt): ComputedValue {
  const { expression, inputs } = formulaIn(definition);
  const outcomes = new Map<string, Outcome>();
  let samples = 0;
  for (const input of inputs) {
    const at = asOf(input, endMs);
    const value = input.aggregate.kind === 'derived' ? derivedFrom(input, at, valueAt) : valueAt(input, at);
    samples += value.samples;
    outcomes.set(input.kpi, outcomeOf(input, value));
  }
  const parsed = parseFormula(expression);
  if ('problem' in parsed) throw new NotChecked(`formula: ${parsed.problem.message}`);
  const { range, none } = formulaRange(parsed.root, (name) => outcomes.get(name)!);
  return { value: range === null ? null : (range.low + range.high) / 2, exact: null, samples, range, none };
}

/** How well a value is known: a whole number exactly, another one to its last bits, an estimate within its error. */
function outcomeOf(definition: Definition, { value, exact, range, none }: ComputedValue): Outcome {
  const missing = [`${definition.kpi} has no value`];
  if (range !== undefined) return { range, none: none === undefined || none.length === 0 ? [] : missing };
  if (value === null) return { range: null, none: missing };
  if (exact === null) {
    const slack = slackOf(definition, value);
    return { range: { low: value - slack, high: value + slack }, none: [] };
  }
  const isWhole = Number.isSafeInteger(value) && exact.numerator === BigInt(value) * exact.denominator;
  return { range: isWhole ? { low: value, high: value } : widened({ low: value, high: value }, DIVISION), none: [] };
}
