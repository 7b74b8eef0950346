// The other process: produces live events into takt's topic. Arguments: the broker, events per second, seconds.
import { SystemClock } from '../../../services/shared/adapters/clock/system-clock.ts';
import { KafkaLog } from '../../../services/shared/adapters/log/kafka/kafka-log.ts';
import { KAFKA_DEFAULTS } from '../../../services/shared/adapters/log/kafka/kafka-settings.ts';
import { partitionOf } from '../../../services/shared/core/partition.ts';
import type { AppendRecord } from '../../../services/shared/ports/event-log.ts';
import { encode } from './events-copy.ts';
import { LiveEvents } from './live-events.ts';
import { messageCodec } from './message-codec.ts';
import { EVENTS } from './takt-topics.ts';

/** As the rivals' producer lingers. */
const LINGER_MS = 5;

const [broker, rate, seconds] = [process.argv[2]!, Number(process.argv[3]), Number(process.argv[4])];
const codec = await messageCodec();
const settings = { ...KAFKA_DEFAULTS, brokers: [broker], clientId: 'takt-bench-live' };
const log = await KafkaLog.open(settings, new SystemClock());
const { partitions } = (await log.describeTopic(EVENTS))!;
const events = new LiveEvents();
const startMs = performance.now();
const total = rate * seconds;
let made = 0;
let failure: unknown = null;

/** The records that are due by now. */
function due(): AppendRecord[] {
  const records: AppendRecord[] = [];
  const allowed = Math.min(total, Math.floor(((performance.now() - startMs) * rate) / 1_000));
  for (; made < allowed; made++) {
    const event = events.next(Date.now());
    const partition = partitionOf(event.case, partitions);
    const record = { topic: EVENTS, partition, key: Buffer.from(event.case), value: encode(codec, event) };
    records.push(record);
    if (!events.isRepeated()) continue;
    records.push(record);
    made++;
  }
  return records;
}

while (made < total && failure === null) {
  const records = due();
  // On schedule, whether the broker answers or not: what it delays counts against whoever is measured.
  if (records.length > 0) log.append(records).catch((error: unknown) => (failure = error));
  await new Promise((resolve) => setTimeout(resolve, LINGER_MS));
}
// Finishes what is under way.
await log.close();
if (failure !== null) throw failure as Error;
