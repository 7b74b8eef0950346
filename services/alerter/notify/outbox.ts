import type { Codec } from '../../shared/core/codec.ts';
import { notificationText, type KpiWords } from '../../shared/core/notify/notification-text.ts';
import type { Clock } from '../../shared/ports/clock.ts';
import type { EventLog } from '../../shared/ports/event-log.ts';
import type { DeliveryOutcome, Notifier } from '../../shared/ports/notifier.ts';
import type { NotifyTask, Waiting } from './notify-task.ts';
import { type Verdict, verdictOf } from './retry-policy.ts';

/** Most tries at once; one channel has one at a time. */
export const SENDS_MAX = 8;
/** Looks for work at least this often. */
const IDLE_MAX_MS = 1_000;
/** Longest wait for tries under way when takt stops. */
const FINISH_MS_MAX = 3_000;
/** Wait after the log refused a record. */
const APPEND_RETRY_MS = 1_000;

export interface OutboxOptions {
  readonly task: NotifyTask;
  readonly log: Pick<EventLog, 'append'>;
  readonly codec: Codec;
  readonly clock: Clock;
  /** The channel of a name; undefined: the catalogue has none of it. */
  readonly channelOf: (name: string) => Notifier | undefined;
  readonly wordsOf: (kpi: string) => KpiWords;
  /** In [0, 1). */
  readonly random: () => number;
  /** Hears of a failure to append an outcome or a tick; it is tried again. */
  readonly onError?: (error: unknown) => void;
}

/** A try whose outcome the fold does not know yet. */
interface Flight {
  readonly waiting: Waiting;
  /** Null while it is under way. */
  verdict: Verdict | null;
  /** Whether the log has the verdict. */
  appended: boolean;
  /** Resolves when there is a verdict. */
  ended: Promise<void>;
}

/**
 * Sends what the notify fold has decided, and appends what came of it to [transitions]. Nothing is sent before the fold
 * has read all that the log held when it was restored: until then what waits may have been delivered. After a crash
 * between a delivery and its record, the same notification goes out again under the same key.
 */
export class Outbox {
  private readonly options: OutboxOptions;
  private readonly flights = new Map<string, Flight>();
  private tickedForMs: number | null = null;
  private tickedMs = -Infinity;
  private wake = new AbortController();
  private stopping = false;

  constructor(options: OutboxOptions) {
    this.options = options;
  }

  /** Runs until `stop`. */
  async run(): Promise<void> {
    while (!this.stopping) {
      this.wake = new AbortController();
      const pauseMs = await this.step();
      await this.options.clock.sleep(pauseMs, this.wake.signal);
    }
    await this.finish();
  }

  /** Writes down what is still under way, where it ends soon: else it would go out again at the next start. */
  private async finish(): Promise<void> {
    const soon = new AbortController();
    await Promise.race([
      Promise.all([...this.flights.values()].map(({ ended }) => ended)),
      this.options.clock.sleep(FINISH_MS_MAX, soon.signal),
    ]);
    soon.abort();
    await this.appendVerdicts().catch((error: unknown) => this.options.onError?.(error));
  }

  stop(): void {
    this.stopping = true;
    this.wake.abort();
  }

  /** Something may be due. */
  notice(): void {
    this.wake.abort();
  }

  /** Starts what is due and appends what has ended. Gives for how long there is nothing to do, in milliseconds. */
  async step(): Promise<number> {
    const { task, clock } = this.options;
    if (!task.caughtUp) return IDLE_MAX_MS;
    const waiting = task.waiting();
    this.forget(waiting);
    let pauseMs = IDLE_MAX_MS;
    try {
      await this.appendVerdicts();
      pauseMs = Math.min(pauseMs, await this.appendTick());
    } catch (error) {
      this.options.onError?.(error);
      pauseMs = APPEND_RETRY_MS;
    }
    const nowMs = clock.nowMs();
    for (const each of waiting.toSorted((a, b) => a.outgoing.nextMs - b.outgoing.nextMs)) {
      if (this.flights.size >= SENDS_MAX || this.flights.has(laneOf(each)) || this.busy(each.channel)) continue;
      if (each.outgoing.nextMs > nowMs) pauseMs = Math.min(pauseMs, each.outgoing.nextMs - nowMs);
      else this.start(each);
    }
    return pauseMs;
  }

  /** Drops tries whose outcome the fold has applied. */
  private forget(waiting: readonly Waiting[]): void {
    const open = new Map(waiting.map((each) => [laneOf(each), each.outgoing]));
    for (const [lane, flight] of this.flights) {
      const { key, attempts } = flight.waiting.outgoing;
      const now = open.get(lane);
      if (flight.appended && (now === undefined || now.key !== key || now.attempts > attempts))
        this.flights.delete(lane);
    }
  }

  private busy(channel: string): boolean {
    return [...this.flights.values()].some(({ waiting, verdict }) => waiting.channel === channel && verdict === null);
  }

  private start(waiting: Waiting): void {
    const flight: Flight = { waiting, verdict: null, appended: false, ended: Promise.resolve() };
    this.flights.set(laneOf(waiting), flight);
    flight.ended = this.try(waiting).then((verdict) => {
      flight.verdict = verdict;
      this.notice();
    });
  }

  private async try({ channel, outgoing }: Waiting): Promise<Verdict> {
    const { channelOf, clock, random, wordsOf } = this.options;
    const { key, details } = outgoing;
    const notifier = channelOf(channel);
    const gone = { reason: `the catalogue has no channel '${channel}'`, retryable: false, retryAfterMs: null };
    let outcome: DeliveryOutcome = { outcome: 'failed', ...gone };
    if (notifier !== undefined) {
      try {
        outcome = await notifier.send({ key, ...notificationText(details, wordsOf(details.kpi ?? '')), details });
      } catch (error) {
        // The port promises that this does not happen; a lost notification would be the price of trusting it.
        const reason = error instanceof Error ? error.message : String(error);
        outcome = { outcome: 'failed', reason, retryable: true, retryAfterMs: null };
      }
    }
    return verdictOf(outgoing, outcome, clock.nowMs(), random());
  }

  private async appendVerdicts(): Promise<void> {
    const ended = [...this.flights.values()].filter(({ verdict, appended }) => verdict !== null && !appended);
    if (ended.length === 0) return;
    const { codec, log, clock, task } = this.options;
    const timeMs = clock.nowMs();
    const records = ended.map(({ waiting: { rule, channel, outgoing }, verdict }) => ({
      topic: task.topic,
      partition: task.partition,
      key: null,
      value: codec.encode({ type: 'delivery', key: outgoing.key, rule, channel, ...verdict!, timeMs }),
    }));
    await log.append(records);
    for (const flight of ended) flight.appended = true;
  }

  /** A deadline passed and no record has come since: an empty one lets the fold see it. Gives for how long none is needed. */
  private async appendTick(): Promise<number> {
    const { task, clock, codec, log } = this.options;
    const { dueMs } = task;
    if (dueMs === null) return IDLE_MAX_MS;
    const nowMs = clock.nowMs();
    if (dueMs > nowMs) return dueMs - nowMs;
    // The fold needs a moment to apply it.
    if (dueMs === this.tickedForMs && nowMs - this.tickedMs < IDLE_MAX_MS) return IDLE_MAX_MS;
    const { topic, partition } = task;
    await log.append([{ topic, partition, key: null, value: codec.encode({ type: 'tick' }) }]);
    this.tickedForMs = dueMs;
    this.tickedMs = nowMs;
    return IDLE_MAX_MS;
  }
}

function laneOf({ rule, channel }: Waiting): string {
  return JSON.stringify([rule, channel]);
}
