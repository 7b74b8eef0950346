/**
 * The KPI store: versioned rows in named tables, the checkpoint of every fold and what people read.
 *
 * What every adapter promises (test/contract/kpi-store.ts has one test per number):
 * 1. `insert` resolves only when every row is durable and seen by every later read.
 * 2. Of rows with equal keys reads see the one with the highest version; of equal versions the one inserted last.
 * 3. An insert that failed may have landed in part; inserting the same rows again is harmless.
 * 4. `caseEvents` gives the events of the named cases with offset below the bound, once each, lowest offset wins.
 * 5. `slices` gives rows by definition, label partition, labels and range of slice starts, of every source.
 * 6. `position` gives the highest stored version of a stage's partition, or null.
 * 7. Every text round-trips: any Unicode, NUL, quotes, new lines; every integer up to 2^63 - 1; every byte of `state`.
 * 8. `archive` streams a partition's events below a bound, all events of a case together.
 * 9. `query` runs one read-only statement under time, memory and row limits; one that writes fails with QUERY_NOT_READ_ONLY.
 * 10. After `close`, every call fails with STORE_CLOSED; rows stored before are there on reopening (durable adapters).
 * 11. `values` gives rows by labels (in the order of their bytes) and window end; `last` only the last of each series,
 *     `rowsMax` only so many from the start. No more than that reaches memory.
 */
export interface KpiStore {
  /** Applies the migrations that are missing; safe to repeat. */
  migrate(): Promise<void>;
  insert<T extends TableName>(table: T, rows: readonly TableRows[T][]): Promise<void>;
  caseEvents(workflow: string, partition: number, caseIds: readonly string[], belowOffset: number): Promise<EventRow[]>;
  /** Ids of the partition's cases with an event of offset at least `fromOffset`: fills the filter of stored cases. */
  caseIds(workflow: string, partition: number, fromOffset: number): AsyncIterable<readonly string[]>;
  /** All events of the partition below `belowOffset`; a chunk never splits a case. With `between`, only cases that have an event in [fromMs, toMs). */
  archive(
    workflow: string,
    partition: number,
    belowOffset: number,
    between?: TimeRange,
  ): AsyncIterable<readonly EventRow[]>;
  slices(query: SliceQuery): Promise<SliceRow[]>;
  values(query: ValueQuery): Promise<ValueRow[]>;
  position(stage: string, topic: string, partition: number): Promise<PositionRow | null>;
  definitions(): Promise<DefinitionRow[]>;
  /** A user's statement, on a connection of its own. Gives the result as text in `format` (a ClickHouse format name). */
  query(sql: string, format: string): Promise<Uint8Array>;
  close(): Promise<void>;
}

/** Half-open, milliseconds UTC. */
export interface TimeRange {
  readonly fromMs: number;
  readonly toMs: number;
}

export interface SliceQuery {
  readonly definition: string;
  /** Only this source partition (aggregate reloads its own rows); absent: all sources. */
  readonly source?: string;
  /** Only this partition of [slices] (roll reads what is its own). */
  readonly labelPartition?: number;
  /** Canonical label encodings; absent: every label set. */
  readonly labels?: readonly string[];
  /** Slice starts, inclusive and exclusive; absent: no bound. */
  readonly fromMs?: number;
  readonly toMs?: number;
  /** Only rows touched last by this import. */
  readonly importId?: string;
}

export interface ValueQuery {
  readonly definition: string;
  readonly labelPartition?: number;
  readonly labels?: readonly string[];
  /** Window ends, inclusive and exclusive. */
  readonly fromMs?: number;
  readonly toMs?: number;
  /** Only rows with these values of single labels. */
  readonly labelValues?: Readonly<Record<string, string>>;
  /** Of each series only the row with the latest window end that fits the rest. */
  readonly last?: boolean;
  /** Most rows; absent: no bound. */
  readonly rowsMax?: number;
  /** Withdrawn rows too (a fold's own reload); default false. */
  readonly withdrawn?: boolean;
}

/** `version` everywhere is `epoch << 48 | offset` of the last input record applied. */
export interface EventRow {
  readonly workflow: string;
  readonly partition: number;
  readonly caseId: string;
  readonly id: string;
  readonly kind: 'event' | 'correct' | 'void';
  readonly activity: string;
  readonly timeMs: number;
  readonly dimensions: Readonly<Record<string, string>>;
  /** Plain decimal text such as `-12.50`, or null. */
  readonly value: string | null;
  readonly target: string | null;
  readonly importId: string | null;
  readonly appendMs: number;
  readonly offset: number;
  readonly version: bigint;
}

/** Read model of a case; no fold reads it. Key: workflow, caseId. */
export interface CaseRow {
  readonly workflow: string;
  readonly partition: number;
  readonly caseId: string;
  readonly firstMs: number;
  readonly lastMs: number;
  readonly firstActivity: string;
  readonly lastActivity: string;
  readonly events: number;
  readonly dimensions: Readonly<Record<string, string>>;
  readonly voided: boolean;
  readonly version: bigint;
}

/** Key: definition, labels, sliceStartMs, source. */
export interface SliceRow {
  readonly definition: string;
  /** Canonical encoding, core/labels.ts. */
  readonly labels: string;
  readonly labelPartition: number;
  /** Start of the slice; a level also has a total row, see levelTotal. */
  readonly sliceStartMs: number;
  /** `workflow/partition`. */
  readonly source: string;
  /** Net number of contributions. */
  readonly samples: number;
  /** core/aggregate-state.ts encoding. */
  readonly state: Uint8Array;
  /** The import that touched it last, or null. */
  readonly importId: string | null;
  readonly version: bigint;
}

/** Key: definition, labels, windowEndMs. */
export interface ValueRow {
  readonly kpi: string;
  readonly definition: string;
  readonly labels: string;
  /** The same labels for people. */
  readonly labelMap: Readonly<Record<string, string>>;
  readonly labelPartition: number;
  readonly windowStartMs: number;
  readonly windowEndMs: number;
  /** Until when the row holds, for windows that end by themselves (tumbling); null: until the next row. */
  readonly validToMs: number | null;
  readonly value: number | null;
  readonly valueExact: string | null;
  readonly samples: number;
  readonly state: 'provisional' | 'final' | 'backfilling';
  readonly revision: number;
  readonly reason: string;
  /** The row no longer stands: its slice was emptied. The views leave it out. */
  readonly withdrawn: boolean;
  readonly version: bigint;
}

/** Key: stage, topic, partition. `content` is JSON: what the fold needs to go on from there. */
export interface PositionRow {
  readonly stage: string;
  readonly topic: string;
  readonly partition: number;
  readonly version: bigint;
  readonly content: string;
}

/** Key: hash. `content` is the definition as JSON; `kpi` meta is for people. */
export interface DefinitionRow {
  readonly hash: string;
  readonly kpi: string;
  readonly workflow: string;
  readonly content: string;
  /** Whether the catalogue in force names it; the row with the highest version says so. */
  readonly active: boolean;
  readonly version: bigint;
}

/** Key: id (a hash of source and raw bytes, so that the same failure is kept once). */
export interface DeadLetterRow {
  readonly id: string;
  readonly workflow: string;
  readonly source: string;
  readonly code: string;
  readonly reason: string;
  readonly raw: Uint8Array;
  readonly timeMs: number;
  readonly version: bigint;
}

export interface TableRows {
  events: EventRow;
  cases: CaseRow;
  slices: SliceRow;
  values: ValueRow;
  positions: PositionRow;
  definitions: DefinitionRow;
  dead_letters: DeadLetterRow;
}
export type TableName = keyof TableRows;
