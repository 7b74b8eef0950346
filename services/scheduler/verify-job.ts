import type { Schedule } from '../shared/core/job/schedule.ts';
import { verify } from '../shared/runtime/verify/verify.ts';
import type { KpiCheck } from '../shared/runtime/verify/verify-kpi.ts';
import type { VerifySource } from '../shared/runtime/verify/verify-source.ts';
import type { Job } from './job.ts';

const DAY_MS = 86_400_000;
/** How long a night's check may take. */
const TIMEOUT_MS = 2 * 3_600_000;

/**
 * Checks the values of the UTC day before against the archived events, each night, and totals as they are then. Differences make the run fail, so that
 * its row, the log, status and metrics tell. Of nights that were missed the last one is made up for.
 */
export function verifyJob(schedule: Schedule, source: VerifySource): Job {
  return {
    name: 'verify',
    schedule,
    catchUp: 'latest',
    timeoutMs: TIMEOUT_MS,
    attemptsMax: 1,
    retryAfterMs: TIMEOUT_MS,
    async run({ scheduledMs, signal }) {
      const toMs = Math.floor(scheduledMs / DAY_MS) * DAY_MS;
      const range = { fromMs: toMs - DAY_MS, toMs, totals: true };
      const checks: KpiCheck[] = [];
      for await (const check of verify({ source, range, kpis: [], onPage: () => signal.throwIfAborted() })) {
        checks.push(check);
        signal.throwIfAborted();
      }
      return conclusion(checks);
    },
  };
}

/** What a night's check came to, in a few words. Throws where values differ. */
function conclusion(checks: readonly KpiCheck[]): string {
  const wrong = checks.filter(({ differencesCount }) => differencesCount > 0);
  if (wrong.length > 0) {
    const named = wrong.map(({ kpi, differencesCount }) => `${kpi} (${differencesCount})`).join(', ');
    throw new Error(`values are not what the archived events give: ${named}; takt verify lists them`);
  }
  const windows = checks.reduce((sum, check) => sum + check.windows, 0);
  const unchecked = checks.filter(({ notChecked }) => notChecked !== null).map(({ kpi }) => kpi);
  return `${windows} windows without difference${unchecked.length === 0 ? '' : `; not checked: ${unchecked.join(', ')}`}`;
}
