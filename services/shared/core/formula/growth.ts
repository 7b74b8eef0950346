import type { GrowthMeasure, WindowSpec } from '../definition.ts';
import { earlierEnd } from '../window/window-earlier.ts';
import type { DerivedValue } from './derived.ts';

/** When the earlier window was, for people. */
const WHEN = { previous: 'in the window before', year: 'a year before' } as const;

/**
 * By which share of its earlier value a KPI has grown; negative where it fell, also of a value below zero. `valueAt` gives
 * its value in the window that ends at a time.
 */
export function growthValue(
  { inputs: [{ kpi }], over }: GrowthMeasure,
  window: WindowSpec,
  endMs: number,
  valueAt: (endMs: number) => DerivedValue,
): DerivedValue {
  const then = valueAt(earlierEnd(window, endMs, over));
  const now = valueAt(endMs);
  const samples = now.samples + then.samples;
  const none = (why: string): DerivedValue => ({ value: null, samples, why });
  if (now.value === null) return none(`${kpi} has no value`);
  if (then.value === null) return none(`${kpi} had no value ${WHEN[over]}`);
  if (then.value === 0) return none(`${kpi} was zero ${WHEN[over]}`);
  const value = (now.value - then.value) / Math.abs(then.value);
  return Number.isFinite(value) ? { value, samples, why: null } : none('the result is too large');
}
