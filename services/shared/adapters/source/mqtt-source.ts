import type { Clock } from '../../ports/clock.ts';
import type { MessageSource, SourceMessage, SourceObserver, SourceState } from '../../ports/message-source.ts';
import { MqttConnection, type MqttEnd, type MqttSettings } from './mqtt-connection.ts';

/** Waits between tries: doubled up to the limit, and drawn at random from their upper half. */
const RETRY_MIN_MS = 500;
const RETRY_MAX_MS = 30_000;
/** A connection that lasted so long was a good one: the next wait is short again. */
const LASTED_MS = 10_000;
/** Another process has taken the session: taking it back at once would go to and fro. */
const TAKEN_OVER_MS = 60_000;
/** Reason codes: of MQTT 3.1.1 and 5 for a version that the broker does not speak, and of a session taken over. */
const VERSION_REFUSED: readonly (number | null)[] = [1, 132];
const SESSION_TAKEN_OVER = 142;

/**
 * Messages of an MQTT broker, at least once: a session of a fixed name that the broker keeps, QoS 1, acknowledged by hand.
 * MQTT 5, or 3.1.1 where the broker does not know it.
 */
export class MqttSource implements MessageSource {
  private readonly options: MqttSourceOptions;
  private readonly stopped = new AbortController();
  private running: Promise<void> = Promise.resolve();
  private connection: MqttConnection | null = null;
  private version: 4 | 5 = 5;
  private current: SourceState;
  private wasConnected = false;
  /** Whether the observer knows that the broker is away. */
  private toldAway = false;

  constructor(options: MqttSourceOptions) {
    this.options = options;
    this.current = { connected: false, sinceMs: options.clock.nowMs(), reason: 'not connected yet' };
  }

  run(receive: (message: SourceMessage) => Promise<void>): Promise<void> {
    this.running = this.connectAgainAndAgain(receive);
    return this.running;
  }

  private async connectAgainAndAgain(receive: (message: SourceMessage) => Promise<void>): Promise<void> {
    const { clock, random } = this.options;
    const { signal } = this.stopped;
    let waitMs = 0;
    while (!signal.aborted) {
      const startedMs = clock.nowMs();
      const end = await this.connectOnce(receive);
      if (signal.aborted) return;
      if (this.version === 5 && VERSION_REFUSED.includes(end.code)) {
        this.version = 4;
        continue;
      }
      this.becameAway(end);
      if (clock.nowMs() - startedMs > LASTED_MS) waitMs = 0;
      waitMs = Math.min(Math.max(waitMs * 2, RETRY_MIN_MS), RETRY_MAX_MS);
      const pauseMs = end.code === SESSION_TAKEN_OVER ? TAKEN_OVER_MS : waitMs;
      await clock.sleep(Math.ceil(pauseMs * (0.5 + random() / 2)), signal);
    }
  }

  private async connectOnce(receive: (message: SourceMessage) => Promise<void>): Promise<MqttEnd> {
    try {
      this.connection = new MqttConnection(this.options.settings, this.version, receive);
    } catch (error) {
      return { reason: (error as Error).message, code: null };
    }
    void this.connection.ready.then((sessionKept) => this.becameConnected(sessionKept));
    return this.connection.ended;
  }

  private becameConnected(sessionKept: boolean): void {
    this.change({ connected: true, reason: '' });
    this.options.observer.connected(sessionKept, this.wasConnected);
    this.wasConnected = true;
    this.toldAway = false;
  }

  private becameAway({ code, reason: said }: MqttEnd): void {
    const reason =
      code === SESSION_TAKEN_OVER
        ? `another client has taken over the session ${this.options.settings.clientId}; only one takt may have this name at the broker`
        : said;
    this.change({ connected: false, reason });
    if (!this.toldAway) this.options.observer.away(reason);
    this.toldAway = true;
  }

  private change(to: Pick<SourceState, 'connected' | 'reason'>): void {
    const sinceMs = to.connected === this.current.connected ? this.current.sinceMs : this.options.clock.nowMs();
    this.current = { ...to, sinceMs };
  }

  state(): SourceState {
    return this.current;
  }

  async stop(): Promise<void> {
    this.stopped.abort('stopped');
    await this.connection?.close();
    await this.running;
    this.change({ connected: false, reason: 'stopped' });
  }
}

export interface MqttSourceOptions {
  readonly settings: MqttSettings;
  readonly clock: Clock;
  readonly observer: SourceObserver;
  /** From 0 to below 1. */
  readonly random: () => number;
}
