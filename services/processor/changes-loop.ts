import type { Clock } from '../shared/ports/clock.ts';
import type { AggregateTask } from './aggregate/aggregate-task.ts';
import type { DefinitionChanges } from './definition-changes.ts';
import type { RetentionCuts } from './retention-cuts.ts';

/** How often it looks while definitions are being filled, and while nothing is. */
const LOOK_BUSY_MS = 20;
const LOOK_IDLE_MS = 500;
/** Pause between two progress marks at which roll computes what is new, and where only the rolls of others may wait. */
const TELL_EVERY_MS = 100;
const TELL_OTHERS_EVERY_MS = 1_000;
/** Pause between two looks at whether all is computed. */
const ASK_EVERY_MS = 1_000;

/**
 * Sees to it that the definitions of a catalogue come into force in every partition of this process, and are computed; and
 * that what is past retention is cut off.
 */
export class ChangesLoop {
  private readonly changes: DefinitionChanges;
  private readonly cuts: RetentionCuts;
  private readonly clock: Clock;
  private readonly tasks: () => readonly AggregateTask[];
  private readonly askPending: () => Promise<boolean>;
  private readonly onComputed: () => Promise<void>;
  private readonly isRolling: () => boolean;
  private readonly stopped = new AbortController();
  private pending = true;
  /** Counts catalogues: what was asked for one says nothing of the next. */
  private turn = 0;
  private toldMs = 0;
  private askedMs = 0;

  constructor(options: {
    readonly changes: DefinitionChanges;
    readonly cuts: RetentionCuts;
    readonly clock: Clock;
    /** Those that are this process's now. */
    readonly tasks: () => readonly AggregateTask[];
    /** Whether some definition is not computed for all time yet, here or in another process. */
    readonly isPending: () => Promise<boolean>;
    /** All of them are. */
    readonly onComputed: () => Promise<void>;
    /** Whether a roll of this process has something to compute that no event brings up. */
    readonly isRolling: () => boolean;
  }) {
    this.changes = options.changes;
    this.cuts = options.cuts;
    this.clock = options.clock;
    this.tasks = options.tasks;
    this.askPending = options.isPending;
    this.onComputed = options.onComputed;
    this.isRolling = options.isRolling;
  }

  /** Other definitions are wanted. */
  begin(): void {
    this.turn++;
    this.pending = true;
    this.askedMs = 0;
  }

  /** Runs until `stop`. What fails is tried again; whoever reads log and store says so. */
  async run(): Promise<void> {
    while (!this.stopped.signal.aborted) {
      await this.look().catch(() => {});
      await this.clock.sleep(this.pauseMs(), this.stopped.signal);
    }
  }

  private pauseMs(): number {
    if (!this.pending) return LOOK_IDLE_MS;
    return this.tasks().every((task) => this.changes.isSettled(task)) ? TELL_EVERY_MS : LOOK_BUSY_MS;
  }

  private async look(): Promise<void> {
    const tasks = this.tasks();
    for (const task of tasks) {
      await this.changes.step(task);
      await this.cuts.step(task);
    }
    // A record of somebody else may have put definitions out of force: then they are computed again.
    if (!this.pending && tasks.some((task) => !this.changes.isSettled(task))) this.begin();
    if (!this.pending) return;
    const nowMs = this.clock.nowMs();
    if (nowMs - this.toldMs >= (this.isRolling() ? TELL_EVERY_MS : TELL_OTHERS_EVERY_MS)) {
      // Values of what is new are computed at progress marks, which events alone may not bring.
      for (const task of tasks) task.tellAll();
      this.toldMs = nowMs;
    }
    if (nowMs - this.askedMs < ASK_EVERY_MS) return;
    this.askedMs = nowMs;
    const { turn } = this;
    if ((await this.askPending()) || turn !== this.turn) return;
    await this.onComputed();
    if (turn === this.turn) this.pending = false;
  }

  stop(): void {
    this.stopped.abort();
  }
}
