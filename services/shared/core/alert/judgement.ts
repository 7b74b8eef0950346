import type { Kpi } from '../catalogue/catalogue.ts';

/** How a value stands to its target: met, missed by little, missed. */
export type Judgement = 'good' | 'near' | 'bad';

/** A target missed by at most this share of it is missed by little. */
const NEAR_SHARE = 0.1;

/** Judges a value by good and bad, never by direction; null where there is no value, target or better side. */
export function judge(value: number | null, target: number | null, better: Kpi['better']): Judgement | null {
  if (value === null || target === null || better === null) return null;
  const missedBy = better === 'lower' ? value - target : target - value;
  if (missedBy <= 0) return 'good';
  return missedBy <= Math.abs(target) * NEAR_SHARE ? 'near' : 'bad';
}

/** Orders values from the worst to the best; without a better side from the highest to the lowest. Null comes last. */
export function byWorst(a: number | null, b: number | null, better: Kpi['better']): number {
  if (a === null || b === null) return (a === null ? 1 : 0) - (b === null ? 1 : 0);
  return better === 'higher' ? a - b : b - a;
}
