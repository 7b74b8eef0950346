import { refillPlan } from '../../shared/core/refill-plan.ts';
import { inForce } from '../../shared/runtime/verify/verify.ts';
import type { RefillRecord } from '../../shared/runtime/refill.ts';
import { awaitRefill } from '../backfill/await-refill.ts';
import { changedCount, COMPARED_VALUES_MAX, valueMarks } from '../backfill/value-marks.ts';
import { verifySourceOf } from '../verify/session-source.ts';
import type { StatusReport, Wiring } from '../wiring.ts';
import type { CommonOptions } from './options.ts';
import { call, closeSession, openToRead, type Session } from './session.ts';
import { settled } from './settled.ts';

/** How often it says how far it is. */
const SAY_EVERY_MS = 2_000;

/** What a backfill came to. */
interface BackfillReport {
  /** Keys of the KPIs that were computed again, and of those that are computed from them. */
  readonly kpis: readonly string[];
  /** Windows that were complete when it began, and those in which something else stands now; null: too many to compare. */
  readonly windows: number | null;
  readonly changed: number | null;
}

/**
 * `takt backfill`: KPIs are computed again from the archived events, all where none is named, while events go on coming in. Says
 * how many values are other than before. Throws KPI_UNKNOWN, and what log and store throw.
 */
export async function backfillCommand(
  wiring: Wiring,
  kpis: readonly string[],
  options: CommonOptions & { readonly json?: boolean },
): Promise<void> {
  const session = await openToRead(wiring, options);
  try {
    await settled(session);
    const source = verifySourceOf(session);
    const status = (): Promise<StatusReport> => statusOf(session);
    const { touched } = refillPlan(kpis, await inForce(source, []));
    const hashes = touched.map(({ hash }) => hash);
    const untilMs = completeUntilMs(await status());
    const before = await valueMarks(source, hashes, untilMs);
    await awaitRefill(await refill(session, kpis), source, status, shareTeller());
    const after = before === null ? null : await valueMarks(source, hashes, untilMs);
    const windows = after === null ? null : new Set([...before!.keys(), ...after.keys()]).size;
    const changed = after === null ? null : changedCount(before!, after);
    const report = { kpis: [...new Set(touched.map(({ kpi }) => kpi))], windows, changed };
    process.stdout.write(options.json === true ? `${JSON.stringify(report, null, 2)}\n` : textOf(report));
  } finally {
    await closeSession(session);
  }
}

async function statusOf(session: Session): Promise<StatusReport> {
  return session.url === null ? session.takt.status() : ((await call(session.url, '/v1/status')) as StatusReport);
}

async function refill(session: Session, kpis: readonly string[]): Promise<readonly RefillRecord[]> {
  if (session.url === null) return session.takt.refill(kpis);
  return ((await call(session.url, '/v1/backfill', { kpis })) as { records: readonly RefillRecord[] }).records;
}

/** Event time up to which all windows are complete, ms UTC: what comes later changes by itself. */
function completeUntilMs({ tasks }: StatusReport): number {
  const watermarks = tasks.filter(({ stage }) => stage === 'roll').map(({ watermarkMs }) => watermarkMs ?? 0);
  return Math.min(Number.MAX_SAFE_INTEGER, ...watermarks);
}

/** Says on stderr now and then how far the archive is read. */
function shareTeller(): (share: number) => void {
  let [saidMs, said] = [0, ''];
  return (share) => {
    const text = `${Math.floor(share * 100)}% of the archived events are in\n`;
    if (text === said || Date.now() - saidMs < SAY_EVERY_MS) return;
    [saidMs, said] = [Date.now(), text];
    process.stderr.write(text);
  };
}

function textOf({ kpis, windows, changed }: BackfillReport): string {
  const what = `Computed again: ${kpis.join(', ')}.\n`;
  if (windows === null)
    return `${what}They have more than ${COMPARED_VALUES_MAX} values, which is too many to say how many changed.\n`;
  return `${what}${changed} of ${windows} values in complete windows are other than before.\n`;
}
