import type { FailingStep } from '../shared/runtime/failing-steps.ts';

/** How long a step may fail before takt calls itself unhealthy, milliseconds: a store that restarts is no reason. */
const FAILING_MS_MAX = 30_000;

/** What GET /healthz says: whether the folds run and get their work done, and why not. */
export function healthOf(
  failing: readonly FailingStep[],
  halted: Error | null,
  nowMs: number,
): { readonly healthy: boolean; readonly reasons: readonly string[] } {
  const reasons = failing
    .filter(({ sinceMs }) => nowMs - sinceMs > FAILING_MS_MAX)
    .map(({ stage, step, reason }) => `${stage} cannot ${step}: ${reason}`);
  if (halted !== null) reasons.unshift(`the folds have halted: ${halted.message}`);
  return { healthy: reasons.length === 0, reasons };
}
