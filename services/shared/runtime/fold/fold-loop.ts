import type { Clock } from '../../ports/clock.ts';
import type { EventLog } from '../../ports/event-log.ts';
import type { FoldRunner } from './fold-runner.ts';
import { PublishPace } from './publish-pace.ts';

/** When a stage publishes and stores. */
export interface FoldTiming {
  /** 0: at the end of every batch (roll, alert); else at most this often (aggregate), as PublishPace says. */
  readonly publishEveryMs: number;
  readonly storeEveryMs: number;
}

/** What a loop drives. */
type Driven = Pick<FoldRunner, 'reads' | 'tasks' | 'step' | 'publish' | 'storeChanges'>;

/** What a loop is made of. */
export interface FoldLoopOptions {
  readonly runner: Driven;
  readonly log: EventLog;
  readonly clock: Clock;
  readonly timing: FoldTiming;
  /** Whether this process may believe that the tasks are its own; while it may not, nothing is done. */
  readonly isCurrent?: () => boolean;
}

/** Waits after a failure: doubled up to the limit. */
const RETRY_MIN_MS = 100;
const RETRY_MAX_MS = 5_000;
/** Looks for work at least this often even when nobody calls. */
const IDLE_MAX_MS = 250;
/** Batches of each task that are still read at a stop: with a long way to go it must not take long. */
const DRAIN_STEPS_MAX = 5;

/**
 * Drives one runner: fetch and apply, publish, store in the background, one store at a time. Collecting for a publish or
 * a store happens between steps, never inside one, so what is handed out is always one moment.
 */
export class FoldLoop {
  private readonly runner: Driven;
  private readonly log: EventLog;
  private readonly clock: Clock;
  private readonly timing: FoldTiming;
  private readonly isCurrent: () => boolean;
  private readonly pace: PublishPace;
  private stopping = false;
  private wake: AbortController = new AbortController();
  private storing: Promise<void> | null = null;
  private storeRetryMs = 0;
  private storeNotBeforeMs = 0;

  constructor(options: FoldLoopOptions) {
    this.runner = options.runner;
    this.log = options.log;
    this.clock = options.clock;
    this.timing = options.timing;
    this.pace = new PublishPace(options.timing.publishEveryMs);
    this.isCurrent = options.isCurrent ?? (() => true);
  }

  /** Runs until `stop`, then stores what is left. Rejects only on an error that must halt the stage. */
  async run(): Promise<void> {
    const remove = this.log.onAppend((topic) => {
      // With a reason of its own: the default one is an error with its stack, hundreds of times a second.
      if (this.runner.reads(topic)) this.wake.abort('work');
    });
    let storedMs = this.clock.nowMs();
    let retryMs = 0;
    try {
      while (!this.stopping) {
        this.wake = new AbortController();
        if (!this.isCurrent()) {
          await this.clock.sleep(IDLE_MAX_MS, this.wake.signal);
          continue;
        }
        let applied = 0;
        try {
          applied = await this.runner.step();
          const nowMs = this.clock.nowMs();
          if (this.pace.isDue(nowMs) && this.isCurrent()) {
            await this.runner.publish();
            this.pace.published(nowMs, this.clock.nowMs());
          }
          retryMs = 0;
        } catch (error) {
          if (isHalting(error)) throw error;
          retryMs = Math.min(Math.max(retryMs * 2, RETRY_MIN_MS), RETRY_MAX_MS);
          await this.clock.sleep(retryMs);
        }
        const nowMs = this.clock.nowMs();
        if (this.storing === null && nowMs - storedMs >= this.timing.storeEveryMs && nowMs >= this.storeNotBeforeMs) {
          this.startStore();
          storedMs = nowMs;
        }
        if (applied === 0) await this.clock.sleep(this.pauseMs(), this.wake.signal);
        else await this.clock.sleep(0);
      }
    } finally {
      remove();
    }
    await this.storing;
    if (!this.isCurrent()) return;
    await this.drain();
    await this.runner.publish();
    await this.runner.storeChanges(true);
    // Says what is stored now: a stage behind this one can then store its position up to the end.
    await this.runner.publish();
  }

  /** Reads what the log took just before the stop. What is beyond the limit, or fails, is left to the next start. */
  private async drain(): Promise<void> {
    for (let i = 0; i < DRAIN_STEPS_MAX; i++) if ((await this.runner.step().catch(() => 0)) === 0) return;
  }

  private startStore(): void {
    this.storing = this.runner.storeChanges().then(
      () => {
        this.storeRetryMs = 0;
        this.storing = null;
      },
      () => {
        // The observer has heard of it; the rows are marked again and go with the next store.
        this.storeRetryMs = Math.min(Math.max(this.storeRetryMs * 2, RETRY_MIN_MS), RETRY_MAX_MS);
        this.storeNotBeforeMs = this.clock.nowMs() + this.storeRetryMs;
        this.storing = null;
      },
    );
  }

  private pauseMs(): number {
    const waitMs = this.pace.waitMs(this.clock.nowMs());
    if (waitMs === null || !this.runner.tasks.some((task) => task.publishDue)) return IDLE_MAX_MS;
    return Math.max(1, Math.min(IDLE_MAX_MS, waitMs));
  }

  /** Tells that there is something to do: the tasks are others. */
  notice(): void {
    this.wake.abort('work');
  }

  stop(): void {
    this.stopping = true;
    this.wake.abort('work');
  }
}

/** Errors after which going on would make wrong numbers. */
function isHalting(error: unknown): boolean {
  const code = (error as { code?: unknown }).code;
  return (
    code === 'LOG_OFFSET_OUT_OF_RANGE' ||
    code === 'LOG_PARTITIONS_CHANGED' ||
    code === 'LOG_TOPIC_RECREATED' ||
    code === 'RECORD_UNREADABLE'
  );
}
