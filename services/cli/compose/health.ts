import type { FailingStep } from '../../shared/runtime/failing-steps.ts';
import type { StatusReport } from '../wiring.ts';

/** How long a step may fail before takt calls itself unhealthy, milliseconds: a store that restarts is no reason. */
const FAILING_MS_MAX = 30_000;

/** How far the clock may be behind what the log has seen of it before it is told: the system corrects it by less. */
const BEHIND_MS_MAX = 1_000;

/** What health depends on, now. */
export interface HealthInput {
  readonly failing: readonly FailingStep[];
  /** What made the folds stop, or null. */
  readonly halted: Error | null;
  readonly nowMs: number;
  /** The latest append time in the log: it never falls. */
  readonly logMs: number;
  /** Where the heartbeat stops, or null. */
  readonly stoppedLine: string | null;
  readonly sources: StatusReport['sources'];
  /** What is wrong with the catalogue's files, or null. */
  readonly catalogueProblem: string | null;
}

/**
 * What GET /healthz says: whether the folds run, get their work done and let the heartbeat through, and why not. A clock
 * that had jumped ahead is told too, a broker that is away, and a catalogue with errors, but takt stays healthy: nothing is lost, and starting it
 * again would not help.
 */
export function healthOf({ failing, halted, nowMs, logMs, stoppedLine, sources, catalogueProblem }: HealthInput): {
  readonly healthy: boolean;
  readonly reasons: readonly string[];
} {
  const reasons = failing
    .filter(({ sinceMs }) => nowMs - sinceMs > FAILING_MS_MAX)
    .map(({ stage, step, reason }) => `${stage} cannot ${step}: ${reason}`);
  if (stoppedLine !== null) reasons.push(stoppedLine);
  if (halted !== null) reasons.unshift(`the folds have halted: ${halted.message}`);
  const healthy = reasons.length === 0;
  if (catalogueProblem !== null)
    reasons.push(`the catalogue's files have errors, the one before stays in force: ${catalogueProblem}`);
  for (const { source, address, reason } of sources)
    if (reason !== '') reasons.push(`nothing comes from ${source} ${address}: ${reason}`);
  if (logMs - nowMs > BEHIND_MS_MAX) {
    const seconds = Math.round((logMs - nowMs) / 1000);
    reasons.push(
      `the clock had jumped ahead and went back by ${seconds} s: until ${new Date(logMs).toISOString()} time stands still here, windows do not end`,
    );
  }
  return { healthy, reasons };
}
