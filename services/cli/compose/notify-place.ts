import type { Catalogue } from '../../shared/core/catalogue/catalogue.ts';
import { NOTIFY_LIMITS, Notify, type NotifyTaskStatus } from '../../alerter/notify/notify.ts';
import type { StatusReport } from '../wiring.ts';
import type { FoldParts } from './fold-parts.ts';
import { notifyObserverOf } from './observer.ts';
import type { ServiceContext } from './service.ts';

/** Pause before a fold that could not be opened is tried again. */
const RETRY_MS = 1_000;

/** The notify fold, which runs where the one partition of [transitions] is. */
export class NotifyPlace {
  /** Rejects with what made the fold halt; never resolves. */
  readonly halted: Promise<never>;
  private readonly context: ServiceContext;
  private readonly folds: FoldParts;
  private reject!: (error: unknown) => void;
  private wanted = false;
  private notify: Notify | null = null;
  /** Settles when the last change has been made: they are made one after the other. */
  private changing: Promise<void> = Promise.resolve();

  constructor(context: ServiceContext, folds: FoldParts) {
    this.context = context;
    this.folds = folds;
    this.halted = new Promise((_resolve, reject) => (this.reject = reject));
    // It may happen before anybody waits.
    this.halted.catch(() => {});
    for (const [name, value] of Object.entries(NOTIFY_LIMITS)) context.metrics.limit(name, value);
  }

  /** Whether this process has the partition. */
  set(wanted: boolean): void {
    this.wanted = wanted;
    this.changing = this.changing.then(() => (this.wanted ? this.start() : this.end()));
  }

  private async start(): Promise<void> {
    const { metrics, logger, reload, channelsOf } = this.context;
    const { observer, clock } = this.folds;
    while (this.wanted && this.notify === null) {
      try {
        const notify = await Notify.open({
          ...this.folds,
          catalogue: reload.shown.catalogue,
          channels: channelsOf(reload.shown.catalogue),
          notifyObserver: metrics.observeNotify(notifyObserverOf(logger)),
          random: Math.random,
        });
        this.notify = notify;
        notify.run().catch(this.reject);
        notify.send();
      } catch (error) {
        observer.failed('notify', 'apply', error);
        await clock.sleep(RETRY_MS);
      }
    }
  }

  /** Another catalogue is in force. */
  use(catalogue: Catalogue): void {
    this.notify?.use(catalogue, this.context.channelsOf(catalogue));
  }

  private async end(): Promise<void> {
    const { notify } = this;
    this.notify = null;
    await notify?.stop();
  }

  async status(): Promise<NotifyTaskStatus[]> {
    return this.notify === null ? [] : [await this.notify.status()];
  }

  /** Null where this process sends none. */
  get notifications(): StatusReport['notifications'] | null {
    return this.notify?.notifications ?? null;
  }

  async stop(): Promise<void> {
    this.set(false);
    await this.changing;
  }
}
