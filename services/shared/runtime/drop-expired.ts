import { ARCHIVE_PERIOD_MS, DAY_MS, firstPeriod } from '../core/retention.ts';
import type { KpiStore } from '../ports/kpi-store.ts';
import { storedCut } from './stored-cuts.ts';

/** Periods that no fold reads any more stay so long: an owner that was out of touch and writes late finds them whole. */
const GRACE_MS = DAY_MS;

/**
 * Removes the periods of a workflow's archive that are no part of it any more in any partition. Gives how many. Throws
 * what the store throws; to be repeated is harmless.
 */
export async function dropExpired(
  store: Pick<KpiStore, 'position' | 'dropPeriods'>,
  workflow: string,
  partitions: number,
  { graceMs, periodMs } = { graceMs: GRACE_MS, periodMs: ARCHIVE_PERIOD_MS },
): Promise<number> {
  const cut = await storedCut(store, workflow, partitions);
  if (cut === null) return 0;
  return store.dropPeriods(workflow, firstPeriod({ ...cut, frozenMs: cut.frozenMs - graceMs }, periodMs));
}

/** The same for several workflows, one after the other until `signal` is aborted. */
export async function dropAllExpired(
  store: Pick<KpiStore, 'position' | 'dropPeriods'>,
  workflows: Iterable<string>,
  partitions: number,
  signal: AbortSignal,
): Promise<number> {
  let dropped = 0;
  for (const workflow of workflows) if (!signal.aborted) dropped += await dropExpired(store, workflow, partitions);
  return dropped;
}
