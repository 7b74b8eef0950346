import { TaktError } from '../core/errors.ts';
import type { EventLog } from '../ports/event-log.ts';
import type { EpochTopicRow } from '../ports/kpi-rows.ts';
import type { KpiStore } from '../ports/kpi-store.ts';

/** The epoch in force: the last one that has topics; 0 before there is any. */
export async function currentEpoch(store: Pick<KpiStore, 'epochTopics'>): Promise<Epoch> {
  const rows = await store.epochTopics();
  const epoch = rows.reduce((latest, row) => Math.max(latest, row.epoch), 0);
  return { epoch, topics: new Map(rows.filter((row) => row.epoch === epoch).map((row) => [row.topic, row])) };
}

/** An epoch: its offsets are of these topics, as they were when it first saw them. */
export interface Epoch {
  readonly epoch: number;
  readonly topics: ReadonlyMap<string, EpochTopicRow>;
}

/**
 * Compares topics with those of the epoch, and writes down those that are new to it. Throws LOG_TOPIC_RECREATED for a
 * topic that is another one, LOG_PARTITIONS_CHANGED, and what log and store throw.
 */
export async function checkEpoch(
  { epoch, topics }: Epoch,
  names: readonly string[],
  { log, store }: { readonly log: Pick<EventLog, 'describeTopic'>; readonly store: Pick<KpiStore, 'insert'> },
): Promise<void> {
  const found: EpochTopicRow[] = [];
  for (const topic of names) {
    const now = await log.describeTopic(topic);
    const known = topics.get(topic);
    if (now === null) throw changed(topic, known === undefined ? 'does not exist' : 'was deleted');
    const { identity, partitions } = now;
    if (known === undefined) {
      const shifts = Array.from({ length: partitions }, () => 0);
      found.push({ epoch, topic, identity, partitions, shifts, version: 0n });
    } else if (known.identity !== identity) throw changed(topic, 'was deleted and made again while takt was off');
    else if (known.partitions !== partitions)
      throw new TaktError(
        'LOG_PARTITIONS_CHANGED',
        `topic ${topic} has ${partitions} partitions, it had ${known.partitions}: its cases no longer are where they were.\nStop all processes of takt and start a new epoch: takt epoch --help.`,
      );
  }
  if (found.length > 0) await store.insert('epoch_topics', found);
}

function changed(topic: string, how: string): TaktError {
  return new TaktError(
    'LOG_TOPIC_RECREATED',
    `topic ${topic} ${how}: its offsets no longer are those of the rows in the store.\nStop all processes of takt and start a new epoch: takt epoch --help.`,
  );
}
