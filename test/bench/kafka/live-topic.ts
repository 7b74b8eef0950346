import { SystemClock } from '../../../services/shared/adapters/clock/system-clock.ts';
import { KafkaLog } from '../../../services/shared/adapters/log/kafka/kafka-log.ts';
import type { Broker } from './broker.ts';
import { CaseTimes } from './case-times.ts';
import type { Goal } from './completion.ts';
import { messageCodec } from './message-codec.ts';
import { EVENTS } from './takt-topics.ts';

const LIMITS = { recordsMax: 5_000, bytesMax: 4 * 1024 * 1024 };

/** An event of the topic, at its first place. */
export interface PlacedEvent {
  readonly partition: number;
  readonly offset: number;
  /** When it was produced, which is also when it happened; ms since 1970. */
  readonly timeMs: number;
  readonly team: string;
  readonly closes: boolean;
}

/** What a live load has left in the topic. */
export interface LiveTopic extends Goal {
  readonly times: CaseTimes;
  readonly events: readonly PlacedEvent[];
}

/** Reads takt's topic of events as it is now. */
export async function readLiveTopic(broker: Broker): Promise<LiveTopic> {
  const codec = await messageCodec();
  const log = await KafkaLog.open(broker.settings, new SystemClock());
  const times = new CaseTimes();
  const events: PlacedEvent[] = [];
  const lastEnds: number[] = [];
  try {
    for (const [partition, end] of (await broker.ends(EVENTS)).entries()) {
      lastEnds[partition] = 0;
      for (let offset = 0; offset < end;) {
        for (const record of await log.read(EVENTS, partition, offset, LIMITS)) {
          offset = record.offset + 1;
          const message = codec.decode(record.value);
          if (message.type !== 'event') continue;
          lastEnds[partition] = offset;
          const { caseId, activity, timeMs, dimensions } = message.event;
          const [closes, team] = [activity === 'closed', dimensions['team']!];
          const before = times.events;
          times.add(caseId, closes, timeMs, team);
          if (times.events > before) events.push({ partition, offset: record.offset, timeMs, team, closes });
        }
      }
    }
  } finally {
    await log.close();
  }
  return { times, events, ends: lastEnds, closed: times.closed };
}
