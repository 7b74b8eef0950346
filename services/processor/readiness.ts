import type { Clock } from '../shared/ports/clock.ts';
import type { EventLog } from '../shared/ports/event-log.ts';
import type { FoldRunner } from '../shared/runtime/fold/fold-runner.ts';
import type { FoldTask } from '../shared/runtime/fold/fold-task.ts';
import type { RollTask } from './roll/roll-task.ts';

/** How often it looks while takt is not ready. */
const LOOK_EVERY_MS = 20;

interface ReadinessOptions {
  /** Runs the tasks that write [slices]. */
  readonly aggregate: FoldRunner;
  readonly rolls: readonly RollTask[];
  readonly log: EventLog;
  readonly clock: Clock;
}

/**
 * Tells when everything that the log held at the start is in stored values, changed definitions included: first the
 * slices of it are in the log, then the values of those in the store. Once true it stays true.
 */
export class Readiness {
  private readonly options: ReadinessOptions;
  private readonly stopped = new AbortController();
  private eventEnds: ReadonlyMap<FoldTask, number> = new Map();
  private done = false;

  constructor(options: ReadinessOptions) {
    this.options = options;
  }

  /** Notes where the log ends now: what is below is waited for. */
  async start(): Promise<void> {
    this.eventEnds = await this.endsOf(this.options.aggregate.tasks);
  }

  get ready(): boolean {
    return this.done;
  }

  /** Runs until everything is there, or until `stop`. */
  async run(): Promise<void> {
    const { aggregate, rolls } = this.options;
    await this.until(() => [...this.eventEnds].every(([task, end]) => aggregate.publishedOffset(task) >= end));
    if (this.stopped.signal.aborted) return;
    const ends = await this.endsOf(rolls);
    await this.until(() => rolls.every((roll) => isStored(roll, ends.get(roll)!)));
    this.done = !this.stopped.signal.aborted;
  }

  stop(): void {
    this.stopped.abort();
  }

  private async endsOf(tasks: readonly FoldTask[]): Promise<Map<FoldTask, number>> {
    const ends = new Map<FoldTask, number>();
    for (const task of tasks) ends.set(task, await this.options.log.endOffset(task.topic, task.partition));
    return ends;
  }

  private async until(wanted: () => boolean): Promise<void> {
    while (!this.stopped.signal.aborted && !wanted())
      await this.options.clock.sleep(LOOK_EVERY_MS, this.stopped.signal);
  }
}

/** Whether a roll has stored what came of the records below `end`: all it has, or, under load, a position behind them. */
function isStored({ nextOffset, backlogRows, progress }: RollTask, end: number): boolean {
  return nextOffset >= end && (backlogRows === 0 || progress.storedOffset >= end - 1);
}
