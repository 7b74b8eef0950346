import type { Codec } from '../../shared/core/codec.ts';
import { notificationText, type KpiWords } from '../../shared/core/notify/notification-text.ts';
import type { Failure, Outgoing } from '../../shared/core/notify/notify-lane.ts';
import {
  NOTIFY_START,
  nextDueMs,
  type NotifyEffect,
  type NotifyState,
  stepNotify,
} from '../../shared/core/notify/notify-state.ts';
import { decodeNotifyState, encodeNotifyState } from '../../shared/core/notify/notify-state-json.ts';
import { TaktError } from '../../shared/core/errors.ts';
import { offsetOf, versionOf } from '../../shared/core/version.ts';
import type { EventLog, LogRecord } from '../../shared/ports/event-log.ts';
import type { NotificationRow } from '../../shared/ports/kpi-rows.ts';
import type { KpiStore } from '../../shared/ports/kpi-store.ts';
import type { Checkpoint, FoldTask, Publication } from '../../shared/runtime/fold/fold-task.ts';
import { TRANSITIONS_TOPIC } from '../../shared/runtime/topics.ts';

/** A notification on its way, and to where. */
export interface Waiting {
  readonly rule: string;
  readonly channel: string;
  readonly outgoing: Outgoing;
}

/** A notification that was given up, and where it was to go. */
export interface Failed extends Failure {
  readonly rule: string;
  readonly channel: string;
}

export interface NotifyTaskOptions {
  readonly epoch: number;
  readonly log: Pick<EventLog, 'endOffset'>;
  readonly store: Pick<KpiStore, 'position'>;
  readonly codec: Codec;
  /** How people call a KPI. */
  readonly wordsOf: (kpi: string) => KpiWords;
  /** Hears of every decision that was made, and why: for the log and the counters. */
  readonly onEffect?: (effect: NotifyEffect) => void;
  /** Hears that records were applied: something may be due. */
  readonly onApplied?: () => void;
}

/**
 * The notify fold: groups transitions and decides who is told what (core/notify/notify-state.ts). Its whole state is the content
 * of its position, so it is exact at that record; `notifications` is what people read, written again by a replay with the
 * same keys. What it decides is sent by the outbox (outbox.ts), whose outcomes come back as records.
 */
export class NotifyTask implements FoldTask {
  readonly stage = 'notify';
  readonly topic = TRANSITIONS_TOPIC;
  readonly partition = 0;
  readonly publishDue = false;
  nextOffset = 0;
  private state: NotifyState = NOTIFY_START;
  private pending = new Map<string, NotificationRow>();
  private storedOffset = -1;
  private catchUpOffset = Infinity;
  private readonly options: NotifyTaskOptions;

  constructor(options: NotifyTaskOptions) {
    this.options = options;
  }

  async restore(): Promise<void> {
    const { store, log } = this.options;
    this.catchUpOffset = Infinity;
    const row = await store.position(this.stage, this.topic, this.partition);
    const endOffset = await log.endOffset(this.topic, this.partition);
    this.nextOffset = row === null ? 0 : offsetOf(row.version) + 1;
    this.storedOffset = this.nextOffset - 1;
    this.state = row === null ? NOTIFY_START : decodeNotifyState(row.content);
    this.pending = new Map();
    this.catchUpOffset = endOffset;
  }

  async apply(records: readonly LogRecord[]): Promise<void> {
    for (const { offset, appendMs, value } of records) {
      const message = this.options.codec.decode(value);
      if (message.type !== 'transition' && message.type !== 'delivery' && message.type !== 'tick')
        throw new TaktError('RECORD_UNREADABLE', `[${this.topic}] holds a ${message.type} at offset ${offset}.`);
      const { state, effects } = stepNotify(this.state, message, appendMs);
      this.state = state;
      for (const effect of effects) this.note(effect, offset);
      this.nextOffset = offset + 1;
    }
    this.options.onApplied?.();
  }

  private note(effect: NotifyEffect, offset: number): void {
    const { rule, channel, state, outgoing } = effect;
    const { key, details, attempts, nextMs, reason } = outgoing;
    this.pending.set(`${key} ${channel}`, {
      key,
      channel,
      rule,
      state,
      attempts,
      nextMs: state === 'pending' ? nextMs : null,
      createdMs: details.timeMs,
      ...notificationText(details, this.options.wordsOf(details.kpi ?? '')),
      reason,
      version: versionOf(this.options.epoch, offset),
    });
    // A replay decides again what was decided before.
    if (offset >= this.catchUpOffset) this.options.onEffect?.(effect);
  }

  /** Whether everything that the log held at the restore is known. Before that, what waits may have been delivered. */
  get caughtUp(): boolean {
    return this.nextOffset >= this.catchUpOffset;
  }

  /** The notifications on their way, at most one for each rule and channel. */
  waiting(): Waiting[] {
    return [...this.state.groups].flatMap(([rule, { lanes }]) =>
      [...lanes].flatMap(([channel, { current }]) => (current === null ? [] : [{ rule, channel, outgoing: current }])),
    );
  }

  /** Rules and channels whose last notification was given up, the latest first. */
  failures(): Failed[] {
    return [...this.state.groups]
      .flatMap(([rule, { lanes }]) =>
        [...lanes].flatMap(([channel, { failure }]) => (failure === null ? [] : [{ rule, channel, ...failure }])),
      )
      .sort((a, b) => b.timeMs - a.timeMs);
  }

  /** When a record must come so that what is due then is made; null: nothing waits for time. */
  get dueMs(): number | null {
    return nextDueMs(this.state);
  }

  collectPublication(): Publication {
    return { records: [], keys: [] };
  }

  published(): void {}

  unpublish(): void {}

  storeDue(): boolean {
    return this.nextOffset - 1 > this.storedOffset;
  }

  collectCheckpoint(): Checkpoint {
    const notifications = [...this.pending.values()];
    this.pending = new Map();
    const { stage, topic, partition } = this;
    const version = versionOf(this.options.epoch, this.nextOffset - 1);
    return {
      rows: { notifications },
      position: { stage, topic, partition, version, content: encodeNotifyState(this.state) },
    };
  }

  stored({ position }: Checkpoint): void {
    if (position !== null) this.storedOffset = Math.max(this.storedOffset, offsetOf(position.version));
  }

  unstore({ rows }: Checkpoint): void {
    const newer = this.pending;
    this.pending = new Map((rows.notifications ?? []).map((row) => [`${row.key} ${row.channel}`, row]));
    for (const [place, row] of newer) this.pending.set(place, row);
  }

  get backlogRows(): number {
    return this.pending.size;
  }

  /** How far it is, for status. */
  get progress(): { readonly storedOffset: number } {
    return { storedOffset: this.storedOffset };
  }
}
