import type { LetterFilter, LetterState } from '../core/letters/letter-filter.ts';
import type {
  DeadLetterRow,
  DefinitionRow,
  EpochTopicRow,
  EventRow,
  FirstRow,
  InstanceRow,
  JobRunRow,
  PositionRow,
  RedriveRow,
  SeriesLimitRow,
  ServiceRow,
  SliceRow,
  TableName,
  TableRows,
  TransitionRow,
  ValueRow,
} from './kpi-rows.ts';

/**
 * The KPI store: versioned rows in named tables, the checkpoint of every fold and what people read.
 *
 * What every adapter promises (test/contract/kpi-store.ts has one test per number):
 * 1. `insert` resolves only when every row is durable and seen by every later read.
 * 2. Of rows with equal keys reads see the one with the highest version; of equal versions the one inserted last.
 * 3. An insert that failed may have landed in part; inserting the same rows again is harmless.
 * 4. `caseEvents` gives the events of the named cases with offset below the bound, once each, lowest offset wins.
 * 5. `slices` and `values` give the rows that meet every condition; `lastPerSeries` counts among those.
 * 6. `position` gives the highest stored version of a stage's partition, or null.
 * 7. Every text round-trips: any Unicode, NUL, quotes, new lines; every integer up to 2^63 - 1; every byte of `state`.
 * 8. `archive` streams a partition's events below a bound, all events of a case together; `archiveAhead` tells how many
 *     are of cases after one, and where so many of them end. Cases stand in the order of the bytes of their ids.
 * 9. `query` runs one read-only statement under time, memory and row limits, over rows as promise 2 has them; one that
 *     writes fails with QUERY_NOT_READ_ONLY.
 * 10. After `close`, every call fails with STORE_CLOSED; rows stored before are there on reopening (durable adapters).
 * 11. Of all `claimRun` for one job, scheduled time and attempt, at most one gives true, also of those made at once; a row
 *     of that job and time with the same or a later attempt makes it false. After true the row is stored.
 * 12. `jobRuns` gives a job's runs, the latest scheduled first, at most as many as wanted.
 * 13. Of `firsts` the lowest version wins, so that what was seen first stays; of equal ones the one inserted last.
 * 14. `instances`, `firsts` and `transitions` are found by each of the conditions of their queries.
 * 15. `values` gives rows by labels (in the order of their bytes) and window end; `lastPerSeries` only the last ones of
 *     each series, `rowsMax` only so many from the start. No more than that reaches memory.
 * 16. `services` gives the last row of each process that told it at the bound or later, `epochTopics` all rows.
 * 17. Rows that were added to a buffer of the store and inserted as blocks are as if `insert` had had them; a row that was
 *     added may be changed or forgotten at once, and a block may be inserted again.
 * 18. `deadLetters` gives the letters that meet every condition, each with its latest redrive, and no more rows or raw bytes
 *     than wanted (one letter always comes); `deadLetterCounts` counts the same letters.
 * 19. Events stand in `events`, or with a period in `retained_events`, one of them maybe in several. Reads give those of the
 *     former; with a `fromPeriod` of 1 or more only those of the latter from that period on, once each. With `belowPeriod`
 *     `archive` gives, whole, the cases that have a row before that period. `dropPeriods` removes what of a workflow is not in
 *     the periods from one on, and gives how many periods had any; to be repeated is harmless.
 * 20. `labelSetCounts` counts the different label sets in `slices`, `busiestLabelSets` gives those with the most samples.
 *     Of `series_limits` the lowest version wins; `seriesLimits` gives all rows.
 */
export interface KpiStore {
  /** Applies the migrations that are missing; safe to repeat. */
  migrate(): Promise<void>;
  insert<T extends TableName>(table: T, rows: readonly TableRows[T][]): Promise<void>;
  /** Where rows wait for `insertBlocks` in the form in which the store takes them. */
  rowBuffer<T extends TableName>(table: T): RowBuffer<T>;
  /** Inserts what buffers of this store handed out, all of it of one table. */
  insertBlocks<T extends TableName>(table: T, blocks: readonly RowBlock<T>[]): Promise<void>;
  caseEvents(
    workflow: string,
    partition: number,
    caseIds: readonly string[],
    belowOffset: number,
    fromPeriod?: number,
  ): Promise<EventRow[]>;
  /** Ids of the partition's cases with an event of offset at least `fromOffset`: fills the filter of stored cases. */
  caseIds(workflow: string, partition: number, fromOffset: number): AsyncIterable<readonly string[]>;
  /** Label sets that a definition has rows of in `slices` or `values`, each once: fills the filter of stored series. */
  labelSets(definition: string, labelPartition: number): AsyncIterable<readonly string[]>;
  /** All events of the partition below `belowOffset`; a chunk never splits a case. With `between`, only cases that have an event in [fromMs, toMs); with `cases`, only those. */
  archive(
    workflow: string,
    partition: number,
    belowOffset: number,
    between?: TimeRange,
    cases?: CaseRange,
    periods?: PeriodRange,
  ): AsyncIterable<readonly EventRow[]>;
  /** How many events are of cases after one (null: of all cases), and the case that has the last of the first `eventsMax`; null: there are no more than these. */
  archiveAhead(
    workflow: string,
    partition: number,
    after: string | null,
    eventsMax: number,
    fromPeriod?: number,
  ): Promise<{ readonly events: number; readonly upTo: string | null }>;
  /** Removes the events of a workflow whose period is before this one, those without a period too. */
  dropPeriods(workflow: string, beforePeriod: number): Promise<number>;
  slices(query: SliceQuery): Promise<SliceRow[]>;
  values(query: ValueQuery): Promise<ValueRow[]>;
  position(stage: string, topic: string, partition: number): Promise<PositionRow | null>;
  definitions(): Promise<DefinitionRow[]>;
  /** Stores the row of a run that begins, unless another has begun it: whoever gets true runs it, nobody else does. */
  claimRun(row: JobRunRow): Promise<boolean>;
  jobRuns(query: JobRunQuery): Promise<JobRunRow[]>;
  instances(query: InstanceQuery): Promise<InstanceRow[]>;
  firsts(query: FirstQuery): Promise<FirstRow[]>;
  transitions(query: TransitionQuery): Promise<TransitionRow[]>;
  /** What processes told at `sinceMs` or later. */
  services(sinceMs: number): Promise<ServiceRow[]>;
  /** How many different label sets these definitions (hashes) have in `slices`, by the id of what they are counted for; none: absent. */
  labelSetCounts(groups: readonly LabelSetGroup[]): Promise<ReadonlyMap<string, number>>;
  /** The label sets of these definitions with the most samples in `slices`; of equal ones the first by their bytes. */
  busiestLabelSets(definitions: readonly string[], rowsMax: number): Promise<readonly string[]>;
  seriesLimits(): Promise<SeriesLimitRow[]>;
  /** The topics of all epochs. */
  epochTopics(): Promise<EpochTopicRow[]>;
  deadLetters(query: LetterQuery, page: LetterPage): Promise<TriedLetter[]>;
  /** By workflow, code, source and state, or by code and state (workflow and source are empty): the most first, at most `rowsMax`. */
  deadLetterCounts(query: LetterQuery, by: 'source' | 'code', rowsMax: number): Promise<LetterCount[]>;
  /** A user's statement, on a connection of its own. Gives the result as text in `format` (a ClickHouse format name). */
  query(sql: string, format: string): Promise<Uint8Array>;
  close(): Promise<void>;
}

/** Definitions (hashes) whose label sets are counted together. */
export interface LabelSetGroup {
  readonly id: string;
  readonly definitions: readonly string[];
}

/** Rows of one table, as the store that made them takes them. */
export interface RowBlock<T extends TableName = TableName> {
  readonly table: T;
  /** How many rows. */
  readonly length: number;
}

/** Takes up rows one by one, of which nothing else need live on. */
export interface RowBuffer<T extends TableName> {
  add(row: TableRows[T]): void;
  /** How many rows it has. */
  readonly length: number;
  /** Hands out all of them, and is empty then. */
  take(): RowBlock<T>;
}

/** Half-open, milliseconds UTC. */
export interface TimeRange {
  readonly fromMs: number;
  readonly toMs: number;
}

/** Periods of the archive (core/retention.ts). */
export interface PeriodRange {
  /** The first that counts; 0: only events without a period do. */
  readonly fromPeriod: number;
  /** Absent: all cases; else only those with a row before this period, which one without a period is. */
  readonly belowPeriod?: number;
}

/** The cases after one (null: from the first on) up to another one (null: to the last), in the order of the bytes of their ids. */
export interface CaseRange {
  readonly after: string | null;
  readonly upTo: string | null;
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
  /** At most so many rows, those of the latest slices; of the earliest slice among them some may be left out. */
  readonly latestMax?: number;
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
  /** Of each series only so many of the rows that fit the rest: those whose windows end last. */
  readonly lastPerSeries?: number;
  /** Most rows; absent: no bound. */
  readonly rowsMax?: number;
  /** Withdrawn rows too (a fold's own reload); default false. */
  readonly withdrawn?: boolean;
}

export interface InstanceQuery {
  readonly labelPartition?: number;
  /** Only these rules (hashes). */
  readonly ruleHashes?: readonly string[];
}

export interface FirstQuery {
  readonly definition: string;
  readonly labelPartition?: number;
  readonly labels?: readonly string[];
  /** Window ends, inclusive and exclusive. */
  readonly fromMs?: number;
  readonly toMs?: number;
  /** Only rows of a lower version, or of a higher one. */
  readonly belowVersion?: bigint;
  readonly aboveVersion?: bigint;
  /** Of each label set only the row of kind `first` with the latest window end (within the bounds). */
  readonly latest?: boolean;
}

export interface TransitionQuery {
  readonly rule?: string;
  readonly labels?: readonly string[];
  /** The [values] partition that caused them. */
  readonly partition?: number;
  /** Only of a higher version. */
  readonly aboveVersion?: bigint;
  /** Times, inclusive and exclusive. */
  readonly fromMs?: number;
  readonly toMs?: number;
}

export interface JobRunQuery {
  readonly job: string;
  /** Only runs scheduled at this time or later. */
  readonly fromMs?: number;
  /** Only runs scheduled at this time or earlier. */
  readonly toMs?: number;
  readonly rowsMax: number;
}

/** Which dead letters; what is absent excludes none. */
export interface LetterQuery extends LetterFilter {
  /** Only those with the time of an event, which is at this time or earlier. */
  readonly eventToMs?: number;
}

/** How much of the letters comes. */
export interface LetterPage {
  /** By id, behind this one; absent: the latest ones first. Empty: from the beginning. */
  readonly afterId?: string;
  readonly rowsMax: number;
  /** Of raw bytes, all letters together. */
  readonly bytesMax: number;
}

/** A dead letter and what became of it last; null: it was never tried again. */
export interface TriedLetter {
  readonly letter: DeadLetterRow;
  readonly last: RedriveRow | null;
}

/** How many letters have all this in common. */
export interface LetterCount {
  readonly workflow: string;
  readonly code: string;
  readonly source: string;
  readonly state: LetterState;
  readonly count: number;
  /** When the latest was kept, and its reason. */
  readonly latestMs: number;
  readonly reason: string;
}
