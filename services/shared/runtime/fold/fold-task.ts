import type { AppendRecord, LogRecord } from '../../ports/event-log.ts';
import type { TableName, TableRows } from '../../ports/kpi-rows.ts';
import type { RowBlock } from '../../ports/kpi-store.ts';

/** Rows of one checkpoint, by table. */
export type TableBatch = { readonly [T in TableName]?: readonly TableRows[T][] };

/** What a task hands to the runner in one synchronous step: all of it is published before any of it is stored. */
export interface Publication {
  readonly records: readonly AppendRecord[];
  /** The rows among them, as their task names them. */
  readonly keys: readonly string[];
}

export interface Checkpoint {
  /** Rows changed since the last checkpoint. Positions among them are stored with the task's own. */
  readonly rows: TableBatch;
  /** More of them, as the store takes them. */
  readonly blocks?: readonly RowBlock[];
  /** The position row, stored when every row is acknowledged. Null: nothing new to say. */
  readonly position: TableRows['positions'] | null;
}

/**
 * A fold over one partition (DESIGN.md section 4). The runner owns its order of effects: publish → store → position.
 * All methods but `restore` and `apply` are synchronous, so that what they hand out is one consistent moment.
 */
export interface FoldTask {
  readonly stage: string;
  readonly topic: string;
  readonly partition: number;
  /** Offset of the next record to apply. */
  readonly nextOffset: number;
  /** Drops all state and loads it from the store. */
  restore(): Promise<void>;
  /**
   * Begins to bring in what records need of the store; `apply` of the same records follows, or `restore`. The tasks of a
   * runner wait for the store together. Absent: nothing is needed.
   */
  load?(records: readonly LogRecord[]): Promise<void>;
  /** Applies records in order. On an error the task must be restored. */
  apply(records: readonly LogRecord[]): Promise<void>;
  /** True when a publish has something to send. */
  readonly publishDue: boolean;
  /** True while the log has so much more that a publish had better wait for the next store; absent: never. */
  readonly isBehind?: boolean;
  /** Hands out changed rows and progress marks; `published` or `unpublish` follows. */
  collectPublication(): Publication;
  /** The append succeeded. */
  published(publication: Publication): void;
  /** The append failed or is unknown: everything of it goes out again. */
  unpublish(publication: Publication): void;
  /** True when a store would save something worth a write; `sinceMs` after its last one. */
  storeDue(sinceMs: number): boolean;
  /** Hands out rows to store. Called in the same step as `collectPublication`. */
  collectCheckpoint(): Checkpoint;
  /** All rows and the position are acknowledged. */
  stored(checkpoint: Checkpoint): void;
  /** The store failed or is unknown: everything of it is stored again. */
  unstore(checkpoint: Checkpoint): void;
  /** Rows waiting to be stored: above its limit the runner stops fetching. */
  readonly backlogRows: number;
}
