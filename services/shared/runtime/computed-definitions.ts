import type { KpiStore } from '../ports/kpi-store.ts';
import { SLICES_TOPIC } from './topics.ts';

/** Hashes of the definitions whose values are computed for all time in every partition, as far as the store has them. */
export async function computedDefinitions(
  store: Pick<KpiStore, 'position'>,
  partitions: number,
): Promise<ReadonlySet<string>> {
  const counts = new Map<string, number>();
  for (let partition = 0; partition < partitions; partition++) {
    const row = await store.position('roll', SLICES_TOPIC, partition);
    const { done = [] } = row === null ? {} : (JSON.parse(row.content) as { readonly done?: readonly string[] });
    for (const hash of done) counts.set(hash, (counts.get(hash) ?? 0) + 1);
  }
  return new Set([...counts].flatMap(([hash, count]) => (count === partitions ? [hash] : [])));
}
