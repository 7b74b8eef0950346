import type { CutTimes } from '../core/retention.ts';
import type { KpiStore } from '../ports/kpi-store.ts';
import { eventsTopic } from './topics.ts';

/**
 * The earliest end of the past among the partitions of a workflow, as their stored positions have it: no fold will ever
 * read from before it. Null: a partition has none. Throws what the store throws.
 */
export async function storedCut(
  store: Pick<KpiStore, 'position'>,
  workflow: string,
  partitions: number,
): Promise<CutTimes | null> {
  const cuts: CutTimes[] = [];
  for (let partition = 0; partition < partitions; partition++) {
    const row = await store.position('aggregate', eventsTopic(workflow), partition);
    const { cut } = row === null ? {} : (JSON.parse(row.content) as { readonly cut?: CutTimes });
    if (cut === undefined) return null;
    cuts.push(cut);
  }
  const earliest = (time: keyof CutTimes): number => Math.min(...cuts.map((cut) => cut[time]));
  return { lateMs: earliest('lateMs'), frozenMs: earliest('frozenMs') };
}
