import type { RollupMeasure, WindowSpec } from '../definition.ts';
import { sliceEnd, windowStart } from '../window/window.ts';
import type { DerivedValue } from './derived.ts';

/** The ends of the shorter windows within the longer one that ends at `endMs`, ascending. */
export function* innerEnds(inner: WindowSpec, outer: WindowSpec, endMs: number): Generator<number> {
  for (let at = sliceEnd(inner, windowStart(outer, endMs)); at <= endMs; at = sliceEnd(inner, at)) yield at;
}

/** The end of the longer window that holds the shorter one ending at `endMs`. */
export function outerEnd(outer: WindowSpec, endMs: number): number {
  return Number.isFinite(endMs) ? sliceEnd(outer, endMs - 1) : endMs;
}

/**
 * What a KPI's windows come to within the longer one that ends at `endMs`. `valueAt` gives its value in the window that
 * ends at a time, `isPast` whether a time is over. Windows without events count from the first one with events on, or from
 * the beginning where the longer window before had any; while time goes on, up to the last one with events.
 */
export function rollupValue(
  { inputs: [input], aggregate, empty }: RollupMeasure,
  window: WindowSpec,
  endMs: number,
  valueAt: (endMs: number) => DerivedValue,
  isPast: (timeMs: number) => boolean,
): DerivedValue {
  const all = Array.from(innerEnds(input.window, window, endMs), valueAt);
  let counted = all.filter(hasSamples);
  if (empty === 'zero') {
    const isKnown = hasSamples(all[0]!) || hadSamples(input.window, window, windowStart(window, endMs), valueAt);
    const first = isKnown ? 0 : all.findIndex(hasSamples);
    const last = isPast(endMs) ? all.length - 1 : all.findLastIndex(hasSamples);
    counted = first < 0 ? [] : all.slice(first, last + 1);
  }
  const samples = counted.reduce((sum, each) => sum + each.samples, 0);
  const values = counted.flatMap(({ value }) => value ?? []);
  const value = aggregated(aggregate, values);
  const why = value !== null ? null : `${input.kpi} has no value in any of its windows`;
  return { value, samples, why };
}

function hasSamples({ samples }: DerivedValue): boolean {
  return samples !== 0;
}

function hadSamples(
  inner: WindowSpec,
  outer: WindowSpec,
  endMs: number,
  valueAt: (endMs: number) => DerivedValue,
): boolean {
  for (const at of innerEnds(inner, outer, endMs)) if (hasSamples(valueAt(at))) return true;
  return false;
}

function aggregated(aggregate: RollupMeasure['aggregate'], values: readonly number[]): number | null {
  if (values.length === 0) return null;
  switch (aggregate) {
    case 'sum':
      return finite(sumOf(values));
    case 'mean':
      return finite(sumOf(values) / values.length);
    case 'min':
      return values.reduce((least, value) => Math.min(least, value));
    case 'max':
      return values.reduce((most, value) => Math.max(most, value));
    case 'last':
      return values.at(-1)!;
  }
}

/** With what each addition rounds away added at the end (Neumaier): 0.1 and 0.2 make 0.3. */
function sumOf(values: readonly number[]): number {
  let sum = 0;
  let lost = 0;
  for (const value of values) {
    const next = sum + value;
    lost += Math.abs(sum) >= Math.abs(value) ? sum - next + value : value - next + sum;
    sum = next;
  }
  return sum + lost;
}

function finite(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}
