import { windowStart } from '../window/window.ts';
import { plannedIn } from './planned.ts';
import type { PlanFactor, PlanLimit } from './plan.ts';

/** What is compared with in the window that ends then; null: nothing is planned for it. */
export function planLimitAt({ plan, window, factor, labels }: PlanLimit, endMs: number): number | null {
  const planned = plannedIn(plan, labels ?? '', windowStart(window, endMs), endMs);
  return planned === null || factor === null ? planned : applied(planned, factor);
}

/** A number with `+`, `-` or `*` and another one. */
export function applied(from: number, [sign, operand]: PlanFactor): number {
  if (sign === '+') return from + operand;
  return sign === '-' ? from - operand : from * operand;
}
