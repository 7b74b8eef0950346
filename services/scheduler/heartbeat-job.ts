import { BEAT_RULE, beatEvents, beatWindowEnd, type BeatEvent } from '../shared/core/catalogue/built-in.ts';
import type { Codec } from '../shared/core/codec.ts';
import type { Schedule } from '../shared/core/job/schedule.ts';
import type { Clock } from '../shared/ports/clock.ts';
import type { EventLog } from '../shared/ports/event-log.ts';
import { TRANSITIONS_TOPIC } from '../shared/runtime/topics.ts';
import type { HeartbeatWatch } from './heartbeat-watch.ts';
import type { Job } from './job.ts';

const LIMITS = { recordsMax: 1_000, bytesMax: 1024 * 1024 };
/** Looks for transitions at least this often, should nobody call. */
const LOOK_EVERY_MS = 1_000;

export interface HeartbeatJobOptions {
  readonly schedule: Schedule;
  /** How long a beat may take from ingest to transition. */
  readonly timeoutMs: number;
  /** Partitions of [events.takt]: a beat goes through each of them. */
  readonly partitions: number;
  /** Takes events as a client's request would bring them; resolves when the log has them. */
  readonly send: (events: readonly BeatEvent[]) => Promise<void>;
  readonly log: Pick<EventLog, 'endOffset' | 'read' | 'onAppend'>;
  readonly codec: Pick<Codec, 'decode'>;
  readonly clock: Clock;
  readonly watch: HeartbeatWatch;
  /** Where the line stands, in a few words. */
  readonly whereStopped: () => Promise<string>;
}

/**
 * Sends a beat through the whole line, from ingest to transition, and waits for the transition that it must cause. Only
 * the latest beat matters: one that was missed tells nothing about now.
 */
export function heartbeatJob(options: HeartbeatJobOptions): Job {
  const { schedule, timeoutMs, watch } = options;
  return {
    name: 'heartbeat',
    schedule,
    catchUp: 'latest',
    timeoutMs,
    attemptsMax: 1,
    retryAfterMs: timeoutMs,
    async run({ signal }) {
      try {
        const roundTripMs = await beat(options, signal);
        watch.beat(roundTripMs);
        return `round trip ${roundTripMs} ms`;
      } catch (error) {
        watch.failed((error as Error).message);
        throw error;
      }
    },
  };
}

/** How long the beat took. Throws where it got stuck, also when `signal` is aborted. */
async function beat(options: HeartbeatJobOptions, signal: AbortSignal): Promise<number> {
  const { partitions, send, log, clock, whereStopped } = options;
  const fromOffset = await log.endOffset(TRANSITIONS_TOPIC, 0);
  const sentMs = clock.nowMs();
  const sending = send(beatEvents(sentMs, partitions));
  const taken = await Promise.race([sending.then(() => true), aborted(signal)]);
  if (!taken) {
    sending.catch(() => {});
    throw new Error('ingest has not taken the beat: the log does not answer');
  }
  if (await comesBack(options, fromOffset, sentMs, signal)) return Math.max(0, clock.nowMs() - sentMs);
  throw new Error(`the beat is in the log, but no transition came: ${await whereStopped()}`);
}

function aborted(signal: AbortSignal): Promise<false> {
  if (signal.aborted) return Promise.resolve(false);
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(false), { once: true }));
}

/** Whether the beat's transition is there before `signal` is aborted. */
async function comesBack(
  { log, codec, clock }: HeartbeatJobOptions,
  fromOffset: number,
  sentMs: number,
  signal: AbortSignal,
): Promise<boolean> {
  let wake = new AbortController();
  const wakeUp = (): void => wake.abort();
  const remove = log.onAppend((topic) => {
    if (topic === TRANSITIONS_TOPIC) wakeUp();
  });
  signal.addEventListener('abort', wakeUp);
  let offset = fromOffset;
  try {
    while (!signal.aborted) {
      wake = new AbortController();
      const records = await log.read(TRANSITIONS_TOPIC, 0, offset, LIMITS);
      for (const record of records) {
        offset = record.offset + 1;
        const message = codec.decode(record.value);
        if (message.type !== 'transition' || message.rule !== BEAT_RULE) continue;
        if (message.to === 'firing' && message.timeMs === beatWindowEnd(sentMs)) return true;
      }
      if (records.length === 0 && !signal.aborted) await clock.sleep(LOOK_EVERY_MS, wake.signal);
    }
    return false;
  } finally {
    remove();
    signal.removeEventListener('abort', wakeUp);
  }
}
