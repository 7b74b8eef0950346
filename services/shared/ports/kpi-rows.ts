import type { CaseSummary } from '../core/measure/case-summary.ts';
import type { JobOutcome } from '../core/job/job-plan.ts';
import type { SeriesLimit } from '../core/series/limit-series.ts';
import type { LetterContent, Redrive, TransitionMessage } from '../core/messages.ts';

/** Rows of the KPI store, by table. `version` everywhere is `epoch << 48 | offset` of the last input record applied. */
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

/** An event of a workflow that cuts the past off (core/retention.ts): rows of one period leave together. Part of the key, not read back. */
export interface RetainedEventRow extends EventRow {
  /** From 1. */
  readonly period: number;
}

/** Read model of a case; no fold reads it. Key: workflow, caseId. */
export interface CaseRow extends Omit<CaseSummary, 'offset'> {
  readonly workflow: string;
  readonly partition: number;
  readonly caseId: string;
  readonly voided: boolean;
  readonly version: bigint;
}

/** Key: definition, labels, sliceStartMs, source. */
export interface SliceRow {
  readonly definition: string;
  /** Canonical encoding, core/measure/labels.ts. */
  readonly labels: string;
  readonly labelPartition: number;
  /** Start of the slice; a level also has a total row, see levelTotal. */
  readonly sliceStartMs: number;
  /** `workflow/partition`. */
  readonly source: string;
  /** Net number of contributions. */
  readonly samples: number;
  /** core/aggregate/aggregate-state.ts encoding. */
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
  /** The time of an event that was refused for its time; else null. */
  readonly eventMs: number | null;
  /** What could be read of it; null: nothing. */
  readonly content: LetterContent | null;
  readonly version: bigint;
}

/** One try to get a dead letter in again, or its being set aside. Key: id, version; of a letter the latest says how it is. */
export interface RedriveRow extends Omit<Redrive, 'type'> {
  readonly version: bigint;
}

/** One planned run of a job. Key: job, scheduledMs. Version: twice the attempt, one more when it has ended. */
export interface JobRunRow {
  readonly job: string;
  /** When it was planned, milliseconds UTC. */
  readonly scheduledMs: number;
  /** From 1; each further one replaces the row. */
  readonly attempt: number;
  readonly startedMs: number;
  readonly endedMs: number | null;
  readonly outcome: JobOutcome;
  readonly reason: string;
  readonly version: bigint;
}

/**
 * An alert instance, or what the alert fold knows of a series that no rule reads (`watching`: `ruleHash` is then the
 * definition's hash). Key: ruleHash, labels. `content` is JSON: all that the fold needs of it.
 */
export interface InstanceRow {
  readonly ruleHash: string;
  readonly labels: string;
  readonly labelPartition: number;
  readonly state: 'inactive' | 'pending' | 'firing' | 'watching';
  readonly content: string;
  readonly version: bigint;
}

/**
 * What was first known of a window: rules act on it, and it answers what was believed then. Key: definition, labels,
 * windowEndMs, kind; the lowest version wins.
 */
export interface FirstRow {
  readonly kpi: string;
  readonly definition: string;
  readonly labels: string;
  readonly labelPartition: number;
  readonly windowStartMs: number;
  readonly windowEndMs: number;
  /** `late_first`: it came when a later window had been evaluated already, so no rule acted on it. */
  readonly kind: 'first' | 'late_first';
  readonly value: number | null;
  readonly valueExact: string | null;
  readonly samples: number;
  /** Whether an import brought it. */
  readonly imported: boolean;
  /** Of the record in [values]. */
  readonly version: bigint;
}

/** A change of an alert instance. Key: rule, labels, episode, timeMs, to. */
export type TransitionRow = Omit<TransitionMessage, 'type'>;

/** A notification at one channel, as people read it. Key: key, channel. */
export interface NotificationRow {
  readonly key: string;
  readonly channel: string;
  readonly rule: string;
  readonly state: 'pending' | 'delivered' | 'failed';
  readonly attempts: number;
  /** When the next try may come; null: none does. */
  readonly nextMs: number | null;
  readonly createdMs: number;
  readonly title: string;
  readonly body: string;
  /** Of the last failure; empty where there was none. */
  readonly reason: string;
  readonly version: bigint;
}

/** What a process of a cluster told last about itself. Key: service, instance. Version: `seenMs`. */
export interface ServiceRow {
  readonly service: string;
  readonly instance: string;
  /** By that process's clock, milliseconds UTC. */
  readonly seenMs: number;
  /** JSON, as its status has it. */
  readonly content: string;
  readonly version: bigint;
}

/** Which topic it is that an epoch's offsets are of. Key: epoch, topic. */
export interface EpochTopicRow {
  readonly epoch: number;
  readonly topic: string;
  readonly identity: string;
  readonly partitions: number;
  /** By partition: an offset as rows have it, less the offset in the topic. */
  readonly shifts: readonly number[];
  readonly version: bigint;
}

/**
 * What was decided of KPIs with more label sets than they may have: core/series/limit-series.ts. Key: id; the lowest
 * version, which is when it was decided (milliseconds UTC), wins, so that what was decided first stays.
 */
export interface SeriesLimitRow extends SeriesLimit {
  readonly kpis: readonly string[];
  readonly version: bigint;
}

export interface TableRows {
  events: EventRow;
  retained_events: RetainedEventRow;
  cases: CaseRow;
  slices: SliceRow;
  values: ValueRow;
  positions: PositionRow;
  definitions: DefinitionRow;
  dead_letters: DeadLetterRow;
  redrives: RedriveRow;
  job_runs: JobRunRow;
  instances: InstanceRow;
  firsts: FirstRow;
  transitions: TransitionRow;
  notifications: NotificationRow;
  services: ServiceRow;
  epoch_topics: EpochTopicRow;
  series_limits: SeriesLimitRow;
}

export type TableName = keyof TableRows;
