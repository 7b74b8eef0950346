import type { Codec } from '../core/codec.ts';
import type { Definition } from '../core/definition.ts';
import { refillPlan } from '../core/refill-plan.ts';
import type { EventLog } from '../ports/event-log.ts';
import type { KpiStore } from '../ports/kpi-store.ts';
import { eventsTopic } from './topics.ts';

/** A record that ended definitions in a partition. */
export interface RefillRecord {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  /** Hashes of those that were in force there. */
  readonly definitions: readonly string[];
}

/**
 * Has KPIs computed again from the archive, all where none is named. Their definitions are put out of force with one record in
 * each partition; whoever has the partition finds them missing, puts them in force again and fills them. Nobody else has to
 * live through it. Gives these records. Throws KPI_UNKNOWN, and what log and store throw.
 */
export async function refill(
  names: readonly string[],
  inForce: readonly Definition[],
  { log, store, codec }: { readonly log: EventLog; readonly store: Pick<KpiStore, 'position'>; readonly codec: Codec },
): Promise<RefillRecord[]> {
  const { filled } = refillPlan(names, inForce);
  const hashes = new Set(filled.map(({ hash }) => hash));
  const records: RefillRecord[] = [];
  for (const workflow of new Set(filled.map((definition) => definition.workflow))) {
    const topic = eventsTopic(workflow);
    const { partitions } = (await log.describeTopic(topic)) ?? { partitions: 0 };
    for (let partition = 0; partition < partitions; partition++) {
      const row = await store.position('aggregate', topic, partition);
      // What was never stored has no rows that could be wrong.
      if (row === null) continue;
      const { definitions } = JSON.parse(row.content) as { readonly definitions: readonly string[] };
      const [ended, rest] = [true, false].map((is) => definitions.filter((hash) => hashes.has(hash) === is));
      if (ended!.length === 0) continue;
      const value = codec.encode({ type: 'control', definitions: rest!, filling: [] });
      const [offset] = await log.append([{ topic, partition, key: null, value }]);
      records.push({ topic, partition, offset: offset!, definitions: ended! });
    }
  }
  return records;
}
