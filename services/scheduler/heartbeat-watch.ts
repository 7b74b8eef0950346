import { HEARTBEAT_START, type HeartbeatInput, silence, stepHeartbeat } from '../shared/core/job/heartbeat-watch.ts';
import type { Clock } from '../shared/ports/clock.ts';
import type { HeartbeatMessage, HeartbeatReceiver } from '../shared/ports/heartbeat-receiver.ts';

/** How often it looks; core counts at most a few of these at once. */
const LOOK_EVERY_MS = 1_000;
/** Pauses before a message is sent again. */
const RETRY_MIN_MS = 2_000;
const RETRY_MAX_MS = 30_000;
/** Tries of a message that all is well: the next one follows with the next beat. */
const RUNNING_ATTEMPTS_MAX = 2;

export interface HeartbeatWatchOptions {
  /** Null: nobody outside watches; health tells all the same. */
  readonly receiver: HeartbeatReceiver | null;
  readonly clock: Clock;
  /** The line counts as stopped when no beat came through for this long. */
  readonly stoppedAfterMs: number;
  /** Whether beats can be expected yet; until then no time counts. */
  readonly ready: () => boolean;
  readonly observer: HeartbeatObserver;
}

/** What the watch tells about its work, for metrics and logs. */
export interface HeartbeatObserver {
  /** A beat came through. */
  beat(roundTripMs: number, timeMs: number): void;
  changed(state: 'stopped' | 'back', reason: string): void;
  told(outcome: 'delivered' | 'failed', state: HeartbeatMessage['state'], reason: string): void;
}

/** Where the heartbeat is, for status; times in milliseconds UTC. */
export interface HeartbeatStatus {
  readonly stopped: boolean;
  readonly lastBeatMs: number | null;
  readonly roundTripMs: number | null;
  /** Why the line stands, or the last beat did not come through; empty when all is well. */
  readonly reason: string;
  /** Whether the receiver took the last message; null when there is none or nothing was sent. */
  readonly receiverHears: boolean | null;
}

interface Outgoing {
  readonly message: HeartbeatMessage;
  readonly attempts: number;
  readonly notBeforeMs: number;
}

/** Watches over the beats, and tells the receiver outside. Only the newest message is kept: it says all that matters. */
export class HeartbeatWatch {
  private readonly options: HeartbeatWatchOptions;
  private readonly stopping = new AbortController();
  private wake = new AbortController();
  private state = HEARTBEAT_START;
  private sending: Promise<void> | null = null;
  private outgoing: Outgoing | null = null;
  private lastBeatMs: number | null = null;
  private roundTripMs: number | null = null;
  private receiverHears: boolean | null = null;

  constructor(options: HeartbeatWatchOptions) {
    this.options = options;
  }

  /** A beat came through the line. */
  beat(roundTripMs: number): void {
    this.lastBeatMs = this.options.clock.nowMs();
    this.roundTripMs = roundTripMs;
    this.options.observer.beat(roundTripMs, this.lastBeatMs);
    this.step({ type: 'beat' });
  }

  /** A beat did not come through. */
  failed(reason: string): void {
    this.step({ type: 'failed', reason });
  }

  /** No beat can come through any more; told at once. */
  halted(reason: string): void {
    this.step({ type: 'halted', reason });
  }

  status(): HeartbeatStatus {
    const { stopped, reason } = this.state;
    const { lastBeatMs, roundTripMs, receiverHears } = this;
    return { stopped, lastBeatMs, roundTripMs, reason: stopped ? silence(this.state) : reason, receiverHears };
  }

  /** Looks every second, and sends what is to be sent, until `stop`. */
  async run(): Promise<void> {
    const { clock, ready } = this.options;
    const { signal } = this.stopping;
    const wakeUp = (): void => this.wake.abort();
    signal.addEventListener('abort', wakeUp);
    while (!signal.aborted) {
      this.wake = new AbortController();
      if (ready()) this.step({ type: 'look' });
      // Beside the looks: a receiver that takes its time must not make the silence look shorter.
      this.sending ??= this.send().finally(() => (this.sending = null));
      if (!signal.aborted) await clock.sleep(LOOK_EVERY_MS, this.wake.signal);
    }
    signal.removeEventListener('abort', wakeUp);
    // The last word, where there is one: takt ends because the line has. Nothing else is worth waiting for.
    if (this.outgoing?.message.state !== 'stopped') return;
    await this.sending;
    if (this.outgoing?.message.state === 'stopped') await this.send();
  }

  stop(): void {
    this.stopping.abort();
  }

  private step(input: HeartbeatInput): void {
    const { clock, stoppedAfterMs, observer, receiver } = this.options;
    const nowMs = clock.nowMs();
    const { state, tell, reason } = stepHeartbeat(this.state, input, nowMs, stoppedAfterMs);
    this.state = state;
    if (tell === null) return;
    if (tell !== 'running') observer.changed(tell, reason);
    if (receiver === null) return;
    const message = { state: tell, reason, timeMs: nowMs, roundTripMs: this.roundTripMs };
    this.outgoing = { message, attempts: 0, notBeforeMs: nowMs };
    this.wake.abort();
  }

  private async send(): Promise<void> {
    const { receiver, clock, observer } = this.options;
    const { outgoing } = this;
    if (receiver === null || outgoing === null) return;
    // Farther away than any pause: the clock was put back.
    const pauseMs = outgoing.notBeforeMs - clock.nowMs();
    if (pauseMs > 0 && pauseMs <= RETRY_MAX_MS) return;
    const { message } = outgoing;
    const result = await receiver.tell(message);
    this.receiverHears = result.outcome === 'delivered';
    observer.told(result.outcome, message.state, result.outcome === 'failed' ? result.reason : '');
    // A newer one may have come meanwhile.
    if (this.outgoing !== outgoing) return;
    const attempts = outgoing.attempts + 1;
    const enough = message.state === 'running' && attempts >= RUNNING_ATTEMPTS_MAX;
    if (result.outcome === 'delivered' || enough) this.outgoing = null;
    else {
      const retryMs = Math.min(RETRY_MIN_MS * 2 ** (attempts - 1), RETRY_MAX_MS);
      this.outgoing = { message, attempts, notBeforeMs: clock.nowMs() + retryMs };
    }
  }
}
