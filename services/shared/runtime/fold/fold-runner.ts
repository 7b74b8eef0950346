import { setImmediate } from 'node:timers/promises';
import type { Clock } from '../../ports/clock.ts';
import type { EventLog, LogRecord, ReadLimits } from '../../ports/event-log.ts';
import type { Place } from '../../ports/group.ts';
import type { TableName, TableRows } from '../../ports/kpi-rows.ts';
import type { KpiStore, RowBlock } from '../../ports/kpi-store.ts';
import type { FoldObserver } from './fold-observer.ts';
import type { Checkpoint, FoldTask, Publication } from './fold-task.ts';
import { Hindrances } from './hindrances.ts';

/** Most records one task applies before the next one has its turn. */
export const BATCH_RECORDS_MAX = 2_000;
const BATCH_BYTES_MAX = 4 * 1024 * 1024;
/** Pauses before a task that waits for what its records need looks again: doubled up to the limit. */
const PREPARE_MIN_MS = 500;
const PREPARE_MAX_MS = 10_000;
/** Rows that may wait for the store over all tasks of a runner; above it nothing is fetched. */
export const BACKLOG_ROWS_MAX = 500_000;

/** What a task handed out, and which of its lives it was in. */
interface Collected<Task, T> {
  readonly task: Task;
  readonly generation: number;
  readonly handedOut: T;
}

/** Records that a task is to apply once `loaded` has settled. */
interface Batch<Task> {
  readonly task: Task;
  readonly records: readonly LogRecord[];
  readonly loaded: Promise<void> | undefined;
}

/** Tables of one checkpoint; any order among them is right. */
const TABLES: readonly TableName[] = [
  'events',
  'retained_events',
  'cases',
  'slices',
  'values',
  'definitions',
  'dead_letters',
  'redrives',
  'firsts',
  'transitions',
  'notifications',
];

/**
 * Runs the tasks of one stage of one process: fetch and apply, publish in one append, store with one insert per table.
 * It has no timers; `runLoop` (production) and the simulation decide when each step happens.
 */
export class FoldRunner<Task extends FoldTask = FoldTask> {
  readonly stage: string;
  private current: readonly Task[];
  private readonly log: EventLog;
  private readonly store: KpiStore;
  private readonly clock: Clock;
  private readonly observer: FoldObserver;
  private readonly backlogRowsMax: number;
  private readonly hooks: {
    onTaken?(task: Task): Promise<void>;
    prepare?(records: readonly LogRecord[]): Promise<void>;
  };
  /** Tasks whose next records cannot be applied yet. */
  private readonly waiting = new WeakMap<Task, { readonly untilMs: number; readonly pauseMs: number }>();
  private readonly hindrances: Hindrances<Task>;
  /** Whose turn it is first: after one that could not be read the others have theirs. */
  private firstTurn = 0;
  /** Tasks whose state is not to be trusted: they fold again only after a whole restore. */
  private readonly broken = new Set<Task>();
  /** Tasks that were taken on and are not restored yet. */
  private readonly fresh = new Set<Task>();
  /** Counts restores: an outcome of what a task handed out before its restore no longer concerns it. */
  private readonly generations = new WeakMap<Task, number>();
  private readonly publishedOffsets = new WeakMap<Task, number>();
  /** When each task was restored or stored last. */
  private readonly storedMs = new WeakMap<Task, number>();
  /**
   * Settles when the append under way does. The next one is collected only then: a mark in the log before the rows that
   * it stands for would make a moment of them that never was.
   */
  private lastAppend: Promise<void> = Promise.resolve();

  constructor(options: {
    readonly stage: string;
    readonly tasks: readonly Task[];
    readonly log: EventLog;
    readonly store: KpiStore;
    readonly clock: Clock;
    readonly observer: FoldObserver;
    readonly backlogRowsMax?: number;
    /** What has to be there before records can be applied. A task waits until it succeeds; the others go on. */
    prepare?(records: readonly LogRecord[]): Promise<void>;
    /** Called once for each task, when it was first restored. */
    onTaken?(task: Task): Promise<void>;
  }) {
    this.stage = options.stage;
    this.current = options.tasks;
    this.hooks = options;
    this.log = options.log;
    this.store = options.store;
    this.clock = options.clock;
    this.observer = options.observer;
    this.hindrances = new Hindrances(options.observer);
    this.backlogRowsMax = options.backlogRowsMax ?? BACKLOG_ROWS_MAX;
  }

  get tasks(): readonly Task[] {
    return this.current;
  }

  /** Whether a task reads this topic. */
  reads(topic: string): boolean {
    return this.current.some((task) => task.topic === topic);
  }

  /**
   * Goes on with the tasks of these places: those that it has, and new ones, which the next step restores. The others are
   * let go as they are: whoever has their places now starts at their stored positions.
   */
  assign(places: readonly Place[], taskOf: (place: Place) => Task): void {
    const known = new Map(this.current.map((task) => [`${task.topic}/${task.partition}`, task]));
    const next = places.map((place) => known.get(`${place.topic}/${place.partition}`) ?? taskOf(place));
    const kept = new Set(next);
    for (const task of this.current) {
      if (kept.has(task)) continue;
      this.hindrances.over(task);
      this.broken.delete(task);
      this.fresh.delete(task);
    }
    const had = new Set(this.current);
    for (const task of next) {
      if (had.has(task)) continue;
      this.broken.add(task);
      this.fresh.add(task);
    }
    this.current = next;
  }

  /** Restores all tasks, to be called before the first step. */
  async restore(): Promise<void> {
    for (const task of this.tasks) this.broken.add(task);
    await this.restoreBroken();
  }

  /** Whether every task is restored. */
  get isRestored(): boolean {
    return this.broken.size === 0;
  }

  private generationOf(task: Task): number {
    return this.generations.get(task) ?? 0;
  }

  private async restoreBroken(): Promise<void> {
    for (const task of this.broken) {
      this.generations.set(task, this.generationOf(task) + 1);
      try {
        await task.restore();
      } catch (error) {
        this.hindrances.failed(task, 'restore', error);
        throw error;
      }
      this.hindrances.over(task);
      this.log.expectReader?.(task.topic, task.partition, task.nextOffset);
      this.storedMs.set(task, this.clock.nowMs());
      if (this.fresh.has(task)) await this.hooks.onTaken?.(task);
      this.fresh.delete(task);
      this.broken.delete(task);
    }
  }

  /**
   * Fetches one batch for each task and applies it, while the next one waits for the store. Gives how many records were
   * applied; 0: nothing new or backed up. A task that fails does not keep the others from theirs, and one whose partition
   * cannot be read only until the next step; then the first error is thrown.
   */
  async step(): Promise<number> {
    await this.restoreBroken();
    let applied = 0;
    const errors: unknown[] = [];
    const apply = async (batch: Batch<Task>): Promise<void> => {
      try {
        await this.apply(batch);
        applied += batch.records.length;
      } catch (error) {
        errors.push(error);
      }
      // What is stored and sent meanwhile goes on between two batches: every step of it waits for its turn.
      await setImmediate();
    };
    let loading: Batch<Task> | null = null;
    const { tasks } = this;
    const first = this.firstTurn;
    this.firstTurn = 0;
    for (let turn = 0; turn < tasks.length && this.backlogRows() <= this.backlogRowsMax; turn++) {
      const at = (first + turn) % tasks.length;
      let batch: Batch<Task> | null;
      try {
        batch = await this.nextBatch(tasks[at]!);
      } catch (error) {
        errors.push(error);
        // Where the broker is away the others would wait for it one after the other.
        this.firstTurn = at + 1;
        break;
      }
      if (batch === null) continue;
      if (loading !== null) await apply(loading);
      loading = batch;
    }
    if (loading !== null) await apply(loading);
    if (errors.length > 0) throw errors[0];
    return applied;
  }

  /** The next records of a task, whose needs are on their way; null: none, or it waits. */
  private async nextBatch(task: Task): Promise<Batch<Task> | null> {
    if ((this.waiting.get(task)?.untilMs ?? 0) > this.clock.nowMs()) return null;
    const limits = { recordsMax: BATCH_RECORDS_MAX, bytesMax: BATCH_BYTES_MAX };
    const records = await this.readOf(task, limits);
    if (records.length === 0 || !(await this.isPrepared(task, records))) return null;
    const loaded = task.load?.(records);
    // It may fail while another batch is applied; `apply` meets it.
    loaded?.catch(() => {});
    return { task, records, loaded };
  }

  private async readOf(task: Task, limits: ReadLimits): Promise<readonly LogRecord[]> {
    try {
      const records = await this.log.read(task.topic, task.partition, task.nextOffset, limits);
      this.hindrances.over(task, 'decode');
      return records;
    } catch (error) {
      this.hindrances.failed(task, 'read', error);
      throw error;
    }
  }

  private async apply({ task, records, loaded }: Batch<Task>): Promise<void> {
    try {
      await loaded;
      await task.apply(records);
    } catch (error) {
      this.observer.failed(this.stage, 'apply', error);
      if (this.tasks.includes(task)) this.broken.add(task);
      throw error;
    }
    this.observer.applied(task, records.length);
  }

  private async isPrepared(task: Task, records: readonly LogRecord[]): Promise<boolean> {
    try {
      await this.hooks.prepare?.(records);
      this.waiting.delete(task);
      this.hindrances.over(task);
      return true;
    } catch (error) {
      const pauseMs = Math.min((this.waiting.get(task)?.pauseMs ?? PREPARE_MIN_MS / 2) * 2, PREPARE_MAX_MS);
      this.waiting.set(task, { untilMs: this.clock.nowMs() + pauseMs, pauseMs });
      this.hindrances.failed(task, 'decode', error);
      return false;
    }
  }

  backlogRows(): number {
    return this.tasks.reduce((sum, task) => sum + task.backlogRows, 0);
  }

  /** Offset below which a task's records are applied and what came of them is in the log. */
  publishedOffset(task: Task): number {
    return this.publishedOffsets.get(task) ?? 0;
  }

  /** Publishes what changed, all tasks in one append. */
  async publish(): Promise<void> {
    await this.oneAtATime(async () => {
      const due = this.tasks.filter((task) => !this.broken.has(task) && task.publishDue && task.isBehind !== true);
      await this.append(this.collect(due));
      for (const task of this.tasks)
        if (!this.broken.has(task) && !task.publishDue) this.publishedOffsets.set(task, task.nextOffset);
    });
  }

  /** Runs `append` when the one before it has landed or failed. */
  private oneAtATime(append: () => Promise<void>): Promise<void> {
    const turn = this.lastAppend.then(append);
    this.lastAppend = turn.catch(() => {});
    return turn;
  }

  private collect(tasks: readonly Task[]): Collected<Task, Publication>[] {
    return tasks.map((task) => ({ task, generation: this.generationOf(task), handedOut: task.collectPublication() }));
  }

  private async append(publications: readonly Collected<Task, Publication>[]): Promise<void> {
    const records = publications.flatMap(({ handedOut }) => handedOut.records);
    if (records.length === 0) return;
    const startMs = this.clock.nowMs();
    try {
      await this.log.append(records);
    } catch (error) {
      for (const { task, handedOut } of this.valid(publications)) task.unpublish(handedOut);
      this.observer.failed(this.stage, 'publish', error);
      throw error;
    }
    for (const { task, handedOut } of this.valid(publications)) task.published(handedOut);
    this.observer.published(this.stage, records.length, this.clock.nowMs() - startMs);
  }

  /** What was handed out by tasks that have not been restored since. */
  private valid<T>(collected: readonly Collected<Task, T>[]): Collected<Task, T>[] {
    return collected.filter(({ task, generation }) => this.generationOf(task) === generation);
  }

  /** Stores what is due, or `everything`. What is collected is published first: stored means published. */
  async storeChanges(everything = false): Promise<void> {
    const checkpoints: Collected<Task, Checkpoint>[] = [];
    const startMs = this.clock.nowMs();
    try {
      await this.oneAtATime(async () => {
        const due = this.tasks.filter(
          (task) => !this.broken.has(task) && task.storeDue(everything ? Infinity : startMs - this.storedMs.get(task)!),
        );
        const publications = this.collect(due);
        for (const task of due)
          checkpoints.push({ task, generation: this.generationOf(task), handedOut: task.collectCheckpoint() });
        await this.append(publications);
      });
      await this.insertAll(checkpoints.map(({ handedOut }) => handedOut));
    } catch (error) {
      for (const { task, handedOut } of this.valid(checkpoints)) task.unstore(handedOut);
      this.observer.failed(this.stage, 'store', error);
      throw error;
    }
    if (checkpoints.length === 0) return;
    for (const { task, handedOut } of this.valid(checkpoints)) {
      task.stored(handedOut);
      this.storedMs.set(task, startMs);
    }
    const rows = checkpoints.reduce((sum, { handedOut }) => sum + countRows(handedOut), 0);
    this.observer.stored(this.stage, rows, this.clock.nowMs() - startMs);
  }

  private async insertAll(checkpoints: readonly Checkpoint[]): Promise<void> {
    // One after the other: the rows of all tables, encoded at once, would keep everything else waiting.
    for (const table of TABLES) await this.insertTable(table, checkpoints);
    // An instance that contains a record passes over it: what the record brought about must be stored by then.
    await this.insertTable('instances', checkpoints);
    const positions = checkpoints.flatMap(({ rows, position }) => [
      ...(rows.positions ?? []),
      ...(position === null ? [] : [position]),
    ]);
    if (positions.length > 0) await this.store.insert('positions', positions);
  }

  private async insertTable<T extends TableName>(table: T, checkpoints: readonly Checkpoint[]): Promise<void> {
    const buffer = this.store.rowBuffer(table);
    const blocks: RowBlock[] = [];
    for (const { rows, blocks: made = [] } of checkpoints) {
      for (const row of (rows[table] ?? []) as readonly TableRows[T][]) buffer.add(row);
      for (const block of made) if (block.table === table) blocks.push(block);
    }
    if (buffer.length > 0) blocks.push(buffer.take());
    if (blocks.length > 0) await this.store.insertBlocks(table, blocks as RowBlock<T>[]);
  }
}

function countRows({ rows, blocks = [] }: Checkpoint): number {
  return [...Object.values(rows), ...blocks].reduce((sum, { length }) => sum + length, 0);
}
