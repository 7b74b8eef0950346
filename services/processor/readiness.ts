import type { Clock } from '../shared/ports/clock.ts';
import type { EventLog } from '../shared/ports/event-log.ts';
import type { FoldRunner } from '../shared/runtime/fold/fold-runner.ts';
import type { FoldTask } from '../shared/runtime/fold/fold-task.ts';
import type { AggregateTask } from './aggregate/aggregate-task.ts';
import type { RollTask } from './roll/roll-task.ts';

/** How often it looks while takt is not ready. */
const LOOK_EVERY_MS = 20;
/** Pause before a log that did not answer is asked again. */
const RETRY_MS = 500;

interface ReadinessOptions {
  /** Runs the tasks that write [slices]. */
  readonly aggregate: FoldRunner<AggregateTask>;
  readonly roll: FoldRunner<RollTask>;
  readonly log: EventLog;
  readonly clock: Clock;
  /** Whether the process knows its places. */
  readonly isAssigned: () => boolean;
  /** Whether the catalogue's definitions are in force in a partition, with all of its cases. */
  readonly isSettled: (task: AggregateTask) => boolean;
}

/**
 * Tells when everything that the log held at the start is in stored values, changed definitions included: first the
 * slices of it are in the log, then the values of those in the store. Once true it stays true. Of the places that the
 * process has at the start; those that it loses meanwhile are another's to wait for.
 */
export class Readiness {
  private readonly options: ReadinessOptions;
  private readonly stopped = new AbortController();
  private done = false;

  constructor(options: ReadinessOptions) {
    this.options = options;
  }

  get ready(): boolean {
    return this.done;
  }

  /** Runs until everything is there, or until `stop`. */
  async run(): Promise<void> {
    const { aggregate, roll, isAssigned, isSettled } = this.options;
    await this.until(() => isAssigned() && aggregate.isRestored && roll.isRestored && aggregate.tasks.every(isSettled));
    const eventEnds = await this.endsOf(aggregate.tasks);
    await this.until(() =>
      [...eventEnds].every(([task, end]) => !aggregate.tasks.includes(task) || aggregate.publishedOffset(task) >= end),
    );
    const ends = await this.endsOf(roll.tasks);
    await this.until(() => [...ends].every(([task, end]) => !roll.tasks.includes(task) || isStored(task, end)));
    this.done = !this.stopped.signal.aborted;
  }

  stop(): void {
    this.stopped.abort();
  }

  /** Where the log ends now: what is below is waited for. */
  private async endsOf<Task extends FoldTask>(tasks: readonly Task[]): Promise<Map<Task, number>> {
    const ends = new Map<Task, number>();
    while (!this.stopped.signal.aborted) {
      try {
        for (const task of tasks) ends.set(task, await this.options.log.endOffset(task.topic, task.partition));
        return ends;
      } catch {
        // Whoever reads the log says so.
        await this.options.clock.sleep(RETRY_MS, this.stopped.signal);
      }
    }
    return ends;
  }

  private async until(wanted: () => boolean): Promise<void> {
    while (!this.stopped.signal.aborted && !wanted())
      await this.options.clock.sleep(LOOK_EVERY_MS, this.stopped.signal);
  }
}

/**
 * Whether a roll has stored what came of the records below `end`: all it has, or, under load, a position behind them; and
 * derived KPIs that are new are computed for all time.
 */
function isStored({ nextOffset, backlogRows, progress }: RollTask, end: number): boolean {
  return !progress.isFilling && nextOffset >= end && (backlogRows === 0 || progress.storedOffset >= end - 1);
}
