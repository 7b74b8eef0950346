import type { GrowthMeasure } from '../definition.ts';
import { type Outcome, rangeOf, TOO_LARGE, isBounded } from './formula-range.ts';

/** When the earlier window was, for people. */
const WHEN = { previous: 'in the window before', year: 'a year before' } as const;

/** By which share of what it was `then` a KPI has grown, if both numbers are somewhere in their ranges. */
export function growthRange(kpi: string, over: GrowthMeasure['over'], now: Outcome, then: Outcome): Outcome {
  const none: string[] = [];
  if (now.range === null || now.none.length > 0) none.push(`${kpi} has no value`);
  if (now.range === null) return { range: null, none };
  if (then.range === null || then.none.length > 0) none.push(`${kpi} had no value ${WHEN[over]}`);
  if (then.range === null) return { range: null, none };
  const { low, high } = then.range;
  if (low <= 0 && high >= 0) {
    none.push(`${kpi} was zero ${WHEN[over]}`);
    if (low === high) return { range: null, none };
    return { range: { low: -Infinity, high: Infinity }, none: [...none, TOO_LARGE] };
  }
  const shares = [now.range.low, now.range.high].flatMap((to) =>
    [low, high].map((from) => (to - from) / Math.abs(from)),
  );
  const range = rangeOf(shares);
  return isBounded(range) ? { range, none } : { range, none: [...none, TOO_LARGE] };
}
