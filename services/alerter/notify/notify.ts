import type { Catalogue } from '../../shared/core/catalogue/catalogue.ts';
import type { Codec } from '../../shared/core/codec.ts';
import { BODY_BYTES_MAX, type KpiWords } from '../../shared/core/notify/notification-text.ts';
import { ENDED_MEMBERS_MAX } from '../../shared/core/notify/notify-state.ts';
import type { Clock } from '../../shared/ports/clock.ts';
import type { EventLog } from '../../shared/ports/event-log.ts';
import type { KpiStore } from '../../shared/ports/kpi-store.ts';
import type { Notifier } from '../../shared/ports/notifier.ts';
import { FoldLoop } from '../../shared/runtime/fold/fold-loop.ts';
import type { FoldObserver } from '../../shared/runtime/fold/fold-observer.ts';
import { FoldRunner } from '../../shared/runtime/fold/fold-runner.ts';
import { TRANSITIONS_TOPIC } from '../../shared/runtime/topics.ts';
import type { NotifyObserver } from './notify-observer.ts';
import { type Failed, NotifyTask } from './notify-task.ts';
import { Outbox, SENDS_MAX } from './outbox.ts';
import { AGE_MS_MAX, ATTEMPTS_MAX, BACKOFF_MAX_MS, RETRY_AFTER_MS_MAX } from './retry-policy.ts';

const STORE_EVERY_MS = 1_000;
/** Given-up notifications that a status lists. */
const FAILED_LISTED_MAX = 20;

/** Limits in force, by name, for the metrics. */
export const NOTIFY_LIMITS: Readonly<Record<string, number>> = {
  notification_attempts: ATTEMPTS_MAX,
  notification_age_ms: AGE_MS_MAX,
  notification_backoff_ms: BACKOFF_MAX_MS,
  notification_retry_after_ms: RETRY_AFTER_MS_MAX,
  notification_sends: SENDS_MAX,
  notification_body_bytes: BODY_BYTES_MAX,
  notification_ended_instances: ENDED_MEMBERS_MAX,
};

export interface NotifyOptions {
  readonly catalogue: Catalogue;
  /** The channels of the catalogue, by name. */
  readonly channels: ReadonlyMap<string, Notifier>;
  readonly epoch: number;
  readonly log: EventLog;
  readonly store: KpiStore;
  readonly codec: Codec;
  readonly clock: Clock;
  readonly observer: FoldObserver;
  readonly notifyObserver: NotifyObserver;
  /** In [0, 1). */
  readonly random: () => number;
  /** Whether the partition is this process's still; absent: always. */
  readonly isCurrent?: () => boolean;
}

/** Where notifications are. */
export interface NotificationStatus {
  /** On their way: not tried yet, or to be tried again. */
  readonly pending: number;
  /** Rules and channels whose last notification was given up. */
  readonly failedCount: number;
  /** The latest of them. */
  readonly failed: readonly Failed[];
}

/** How far the notify fold is, for status and metrics. */
export interface NotifyTaskStatus {
  readonly stage: string;
  readonly topic: string;
  readonly partition: number;
  readonly nextOffset: number;
  readonly endOffset: number;
  readonly storedOffset: number;
  readonly unstored: number;
  readonly watermarkMs: null;
  readonly openImports: readonly string[];
}

/** The notify fold of the one partition of [transitions], and the outbox that sends what it decides. */
export class Notify {
  private readonly options: NotifyOptions;
  private readonly task: NotifyTask;
  private readonly outbox: Outbox;
  private readonly runner: FoldRunner;
  private readonly loop: FoldLoop;
  private catalogue: Catalogue;
  private channels: ReadonlyMap<string, Notifier>;
  private sending: Promise<void> = Promise.resolve();
  private stopped = false;

  private constructor(options: NotifyOptions) {
    const { epoch, log, store, codec, clock, observer, notifyObserver, random, isCurrent } = options;
    this.options = options;
    this.catalogue = options.catalogue;
    this.channels = options.channels;
    const wordsOf = (kpi: string): KpiWords => {
      const { catalogue } = this;
      const found = catalogue.kpis.get(kpi);
      return { name: found?.name['en'] ?? kpi, unit: found?.definition.unit ?? '', zone: catalogue.timezone };
    };
    this.task = new NotifyTask({
      epoch,
      log,
      store,
      codec,
      wordsOf,
      onEffect: (effect) => notifyObserver.became(effect),
      onApplied: () => this.outbox.notice(),
    });
    this.outbox = new Outbox({
      task: this.task,
      log,
      codec,
      clock,
      channelOf: (name) => this.channels.get(name),
      wordsOf,
      random,
      onError: (error) => observer.failed('notify', 'publish', error),
    });
    this.runner = new FoldRunner({ stage: 'notify', tasks: [this.task], log, store, clock, observer });
    const timing = { publishEveryMs: 0, storeEveryMs: STORE_EVERY_MS };
    const owned = isCurrent === undefined ? {} : { isCurrent };
    this.loop = new FoldLoop({ runner: this.runner, log, clock, timing, ...owned });
  }

  /** Makes the topic where it is missing and restores the fold. */
  static async open(options: NotifyOptions): Promise<Notify> {
    await options.log.createTopic(TRANSITIONS_TOPIC, 1);
    const notify = new Notify(options);
    await notify.runner.restore();
    return notify;
  }

  /** Goes on with the names and channels of another catalogue. */
  use(catalogue: Catalogue, channels: ReadonlyMap<string, Notifier>): void {
    this.catalogue = catalogue;
    this.channels = channels;
  }

  /** Folds until `stop`. Rejects when it must halt. Sends nothing before `send`. */
  async run(): Promise<void> {
    try {
      await this.loop.run();
    } finally {
      this.outbox.stop();
      await this.sending;
    }
  }

  /** From now on what waits is sent. A process that opens the data directory for its own work alone never calls it. */
  send(): void {
    if (!this.stopped) this.sending = this.outbox.run();
  }

  /** Ends the outbox, which writes down what is under way, then the fold, which stores what it has. */
  async stop(): Promise<void> {
    this.stopped = true;
    this.outbox.stop();
    await this.sending;
    this.loop.stop();
  }

  async status(): Promise<NotifyTaskStatus> {
    const { stage, topic, partition, nextOffset } = this.task;
    const endOffset = await this.options.log.endOffset(topic, partition);
    const { storedOffset } = this.task.progress;
    const place = { stage, topic, partition, nextOffset, endOffset, storedOffset, unstored: this.task.backlogRows };
    return { ...place, watermarkMs: null, openImports: [] };
  }

  /** What is on its way and what was given up. */
  get notifications(): NotificationStatus {
    const failed = this.task.failures();
    return {
      pending: this.task.waiting().length,
      failedCount: failed.length,
      failed: failed.slice(0, FAILED_LISTED_MAX),
    };
  }
}
