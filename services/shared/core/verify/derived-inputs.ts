import type { Definition, DerivedMeasure, WindowSpec } from '../definition.ts';
import { earlierEnd } from '../window/window-earlier.ts';
import { lastEnd, nextEnd, sliceEnd, sliceStart, TOTAL_END_MS, tumbles, windowStart } from '../window/window.ts';
import { NotChecked, onlyKeys } from './not-checked.ts';
import type { WindowEnds } from './window-ends.ts';

/** A measured KPI that a derived one is computed from, directly or by way of others. */
export interface MeasuredInput {
  readonly definition: Definition;
  /** Whether the derived one has rows because this one has some. */
  readonly givesRows: boolean;
  /** Where it has them because this one has one that ends at `endMs`. */
  rowsFor(endMs: number): readonly number[];
}

/** A window of an input of a derived KPI, by its end. */
export interface InputWindow {
  readonly input: Definition;
  readonly endMs: number;
}

/** Windows of an input that are read for one page: with the bounds of a calendar in the statement, or without. */
const CALENDAR_STEPS_MAX = 1_000;
const STEPS_MAX = 10_000;
/** Where a clock is put forward or back a later window may be held against an earlier end: by less than this. */
const SHIFT_MS = 2 * 3_600_000;

/** A KPI that is computed from others, as its catalogue says. Throws NotChecked. */
export function derivedMeasure({ measure }: Definition): DerivedMeasure {
  switch (measure.kind) {
    case 'formula':
      onlyKeys(measure, ['kind', 'expression', 'inputs'], 'formula');
      return measure;
    case 'rollup':
      onlyKeys(measure, ['kind', 'inputs', 'aggregate', 'empty'], 'rollup');
      return measure;
    case 'growth':
      onlyKeys(measure, ['kind', 'inputs', 'over'], 'growth');
      return measure;
    default:
      throw new NotChecked(measure.kind);
  }
}

type RowFor = (endMs: number) => number;

/** The measured KPIs below a KPI, each once; a measured one is its own. Throws NotChecked. */
export function measuredInputs(definition: Definition): MeasuredInput[] {
  const found = new Map<string, { readonly definition: Definition; readonly ways: RowFor[] }>();
  collect(definition, (endMs) => endMs, found);
  return [...found.values()].map(({ definition: input, ways }) => ({
    definition: input,
    givesRows: ways.length > 0,
    rowsFor: (endMs) => ways.map((rowFor) => rowFor(endMs)),
  }));
}

/** `rowFor`: where the outermost KPI has a row because this one has; null: it gives it none. */
function collect(
  definition: Definition,
  rowFor: RowFor | null,
  found: Map<string, { readonly definition: Definition; readonly ways: RowFor[] }>,
): void {
  if (definition.aggregate.kind !== 'derived') {
    const { ways } = found.get(definition.hash) ?? { ways: [] };
    found.set(definition.hash, { definition, ways: rowFor === null ? ways : [...ways, rowFor] });
    return;
  }
  const { window } = definition;
  const { kind, inputs } = derivedMeasure(definition);
  for (const input of inputs) {
    const alike = windowText(input.window) === windowText(window);
    const around: RowFor | null = kind === 'rollup' ? (endMs) => sliceEnd(window, endMs - 1) : null;
    collect(input, rowFor && (alike ? rowFor : around && ((endMs) => rowFor(around(endMs)))), found);
  }
}

/** The same for equal windows, in whatever order they were written. */
function windowText(window: WindowSpec): string {
  return JSON.stringify(Object.entries(window).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** End of the last window that has ended by `endMs`. */
function asOf({ window }: Definition, endMs: number): number {
  return window.kind === 'total' ? TOTAL_END_MS : lastEnd(window, endMs);
}

/** The ends of the shorter windows in the longer one that ends at `endMs`, ascending. */
export function endsWithin(inner: WindowSpec, outer: WindowSpec, endMs: number): number[] {
  const ends: number[] = [];
  for (let at = sliceEnd(inner, windowStart(outer, endMs)); at <= endMs; at = sliceEnd(inner, at)) ends.push(at);
  return ends;
}

/** The windows of its inputs that a derived KPI is computed from in the window that ends at `endMs`. */
function windowsUsed(definition: Definition, endMs: number): InputWindow[] {
  const measure = derivedMeasure(definition);
  const { window } = definition;
  switch (measure.kind) {
    case 'formula':
      return measure.inputs.map((input) => ({ input, endMs: asOf(input, endMs) }));
    case 'growth': {
      const [input] = measure.inputs;
      return [endMs, earlierEnd(window, endMs, measure.over)].map((at) => ({ input, endMs: at }));
    }
    case 'rollup': {
      const [input] = measure.inputs;
      const outer = measure.empty === 'zero' ? [windowStart(window, endMs), endMs] : [endMs];
      return outer.flatMap((at) => endsWithin(input.window, window, at)).map((at) => ({ input, endMs: at }));
    }
  }
}

/** Where windows of a measured KPI end that values of a derived one at `endMs` are computed from, each once. */
export function endsOf(definition: Definition, measured: Definition, endMs: number): number[] {
  const ends = windowsUsed(definition, endMs).flatMap(({ input, endMs: at }) => {
    if (input.aggregate.kind === 'derived') return endsOf(input, measured, at);
    return input.hash === measured.hash ? [at] : [];
  });
  return [...new Set(ends)];
}

/** Window ends from one through another, both of which are some. */
export type EndSpan = readonly [fromMs: number, throughMs: number];

/** Spans that hold all window ends of a measured KPI that windows of a derived one ending in `ends` are computed from; ascending, apart. */
export function spansOf(definition: Definition, measured: Definition, { afterMs, untilMs }: WindowEnds): EndSpan[] {
  const { window } = definition;
  const span: EndSpan =
    window.kind === 'total' ? [TOTAL_END_MS, TOTAL_END_MS] : [nextEnd(window, afterMs), lastEnd(window, untilMs)];
  const joined: [number, number][] = [];
  if (span[0] > span[1]) return joined;
  for (const [fromMs, throughMs] of spansIn(definition, measured, span).sort((a, b) => a[0] - b[0])) {
    const last = joined.at(-1);
    if (last === undefined || fromMs > last[1]) joined.push([fromMs, throughMs]);
    else last[1] = Math.max(last[1], throughMs);
  }
  return joined;
}

function spansIn(definition: Definition, measured: Definition, span: EndSpan): EndSpan[] {
  if (definition.hash === measured.hash) return [span];
  if (definition.aggregate.kind !== 'derived') return [];
  const [fromMs, throughMs] = span;
  const measure = derivedMeasure(definition);
  const { window } = definition;
  switch (measure.kind) {
    case 'formula':
      return measure.inputs.flatMap((input) => spansIn(input, measured, [asOf(input, fromMs), asOf(input, throughMs)]));
    case 'growth': {
      const [input] = measure.inputs;
      const [first, last] = [fromMs, throughMs].map((endMs) => earlierEnd(window, endMs, measure.over));
      const earlier: EndSpan = [lastEnd(window, first! - SHIFT_MS), lastEnd(window, last! + SHIFT_MS)];
      return [span, earlier].flatMap((each) => spansIn(input, measured, each));
    }
    case 'rollup': {
      const [input] = measure.inputs;
      const startMs = windowStart(window, fromMs);
      const beginMs = measure.empty === 'zero' ? windowStart(window, startMs) : startMs;
      return spansIn(input, measured, [sliceEnd(input.window, beginMs), lastEnd(input.window, throughMs)]);
    }
  }
}

/** How long a page of a derived KPI's windows may be, so that not too many of each input are read for it; milliseconds. */
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
