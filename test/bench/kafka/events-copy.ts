import { SystemClock } from '../../../services/shared/adapters/clock/system-clock.ts';
import { KafkaLog } from '../../../services/shared/adapters/log/kafka/kafka-log.ts';
import { partitionOf } from '../../../services/shared/core/partition.ts';
import type { MessageCodec } from '../../../services/shared/runtime/codec.ts';
import type { Broker } from './broker.ts';
import { CaseTimes } from './case-times.ts';
import { messageCodec } from './message-codec.ts';
import { readRivalTopic, type RivalEvent } from './rival-records.ts';
import { EVENTS, WORKFLOW } from './takt-topics.ts';

/** Bytes of one partition that go into a record batch: as many as the rivals' generator has in one. */
const BATCH_BYTES = 64 * 1024;

/**
 * Copies the rivals' events into takt's topic, which must be there: same keys, partitions, order and duplicates, in takt's
 * schema. The number that an event has beside its time is left out: no engine looks at it. Gives the cases' times.
 * Throws where takt would look for a case in another partition.
 */
export async function copyEvents(broker: Broker, from: string): Promise<CaseTimes> {
  const codec = await messageCodec();
  const log = await KafkaLog.open(broker.settings, new SystemClock());
  const partitions = (await broker.ends(EVENTS)).length;
  const times = new CaseTimes();
  try {
    await readRivalTopic(broker, from, async (partition, records) => {
      let batch: { topic: string; partition: number; key: Buffer; value: Buffer }[] = [];
      let bytes = 0;
      for (const { key, event } of records) {
        if (partitionOf(event.case, partitions) !== partition || key.toString() !== event.case)
          throw new Error(`case ${event.case} is in partition ${partition}: takt has it elsewhere`);
        times.add(event.case, event.activity === 'CLOSED', event.at, event.team);
        const value = encode(codec, event);
        bytes += key.length + value.length;
        batch.push({ topic: EVENTS, partition, key, value });
        if (bytes < BATCH_BYTES) continue;
        await log.append(batch);
        [batch, bytes] = [[], 0];
      }
      if (batch.length > 0) await log.append(batch);
    });
    return times;
  } finally {
    await log.close();
  }
}

/** An event of the rivals as takt's message. */
export function encode(codec: MessageCodec, { id, case: caseId, activity, at, team }: RivalEvent): Buffer {
  return codec.encode({
    type: 'event',
    event: {
      workflow: WORKFLOW,
      caseId,
      id,
      kind: 'event',
      activity: activity === 'CLOSED' ? 'closed' : 'opened',
      timeMs: at,
      dimensions: { team },
      value: null,
      target: null,
      importId: null,
    },
  });
}
