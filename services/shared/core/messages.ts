import type { LoggedEvent, WorkflowEvent } from './event.ts';
import type { Severity } from './alert/rule.ts';
import type { CutTimes } from './retention.ts';

/** Empty record that the owner of a silent partition appends to it: time passes without events. */
export interface Tick {
  readonly type: 'tick';
}

/** Brackets an import in every partition of its workflow. */
export interface ImportBracket {
  readonly type: 'import';
  readonly importId: string;
  readonly phase: 'begin' | 'end';
  /** At the end: the greatest event time of the import, which moves a watermark that is behind it. */
  readonly maxEventMs: number | null;
}

/**
 * From this record on, these definitions (hashes) are in force in this partition. In [values]: these rules, by the hashes
 * of core/alert/rule.ts.
 */
export interface Control {
  readonly type: 'control';
  readonly definitions: readonly string[];
  /** Those of them that begin with no case when they come into force; the others begin with all. */
  readonly filling: readonly string[];
}

/**
 * From this record on, these definitions (hashes) have the cases of this partition up to one too, in the order of the
 * bytes of their ids. Only those are meant that have the cases up to `after` so far: so a second such record does nothing.
 */
export interface Fill {
  readonly type: 'fill';
  readonly definitions: readonly string[];
  /** Null: no case so far. */
  readonly after: string | null;
  /** Null: all cases from here on. */
  readonly upTo: string | null;
}

/**
 * From this record on, events of this partition before `lateMs` are too late, what begins before `frozenMs` changes no more,
 * and cases that ended before it are no part of the archive (core/retention.ts). Neither time ever goes back.
 */
export interface Cut extends CutTimes {
  readonly type: 'cut';
}

/** What [events.<workflow>] may hold. */
export type EventsMessage =
  | { readonly type: 'event'; readonly event: WorkflowEvent }
  | Tick
  | ImportBracket
  | Control
  | Fill
  | Cut;

/** The content of one slice row, as of one version. */
export interface SliceSnapshot {
  readonly type: 'slice';
  readonly definition: string;
  readonly labels: string;
  readonly sliceStartMs: number;
  readonly source: string;
  readonly version: bigint;
  readonly samples: number;
  readonly state: Uint8Array;
  readonly importId: string | null;
}

/**
 * What one publish of a source says to one partition of [slices], or a part of it: one record for many rows. A snapshot
 * alone in a record is what earlier versions wrote; it is read as a batch of one.
 */
export interface SliceBatch {
  readonly type: 'slices';
  /** Of all its snapshots. */
  readonly source: string;
  readonly snapshots: readonly SliceSnapshot[];
}

/** Ends each publish and follows each store: how far its source is. */
export interface ProgressMark {
  readonly type: 'mark';
  readonly source: string;
  /** Version of the last record applied and published. */
  readonly position: bigint;
  /** Event time up to which the source is complete, or null before its first event. */
  readonly watermarkMs: number | null;
  /** Version up to which the source's rows are stored. */
  readonly storedPosition: bigint;
  readonly openImports: readonly string[];
  /** The definitions in force in that source. */
  readonly definitions: readonly string[];
  /** Those of them that do not have all of its cases yet. */
  readonly filling: readonly string[];
}

/** Reason of a value that only an import changed last: rules take it for history, not for news. */
export const IMPORT_REASON = 'import';

/** One value of a series, as published into [values]. */
export interface ValueMessage {
  readonly type: 'value';
  readonly kpi: string;
  readonly definition: string;
  readonly labels: string;
  readonly windowStartMs: number;
  readonly windowEndMs: number;
  readonly value: number | null;
  readonly valueExact: string | null;
  readonly samples: number;
  readonly state: 'provisional' | 'final' | 'backfilling';
  readonly revision: number;
  readonly reason: string;
  readonly withdrawn: boolean;
  readonly version: bigint;
}

/** States of an alert instance. */
export type AlertState = 'inactive' | 'pending' | 'firing';

/**
 * A change of an alert instance. `to: firing` with `suppressed: null` is when somebody is told; `from: firing` with it is
 * one that was told late, because the windows before it were of an import or too old. `from: firing, to: inactive` is a
 * resolve.
 */
export interface TransitionMessage {
  readonly type: 'transition';
  /** Name of the rule. */
  readonly rule: string;
  readonly ruleHash: string;
  readonly kpi: string;
  /** Canonical encoding, core/measure/labels.ts. */
  readonly labels: string;
  readonly from: AlertState;
  readonly to: AlertState;
  /** The window end that caused it; of a provisional one it may be ahead of now. */
  readonly timeMs: number;
  /** Deterministic: of the instance and the window end at which the condition began to hold. */
  readonly episode: string;
  /** Whether it acted on a window that was not complete. */
  readonly provisional: boolean;
  readonly value: number | null;
  /** The KPI's target. */
  readonly target: number | null;
  readonly samples: number;
  readonly severity: Severity;
  /** Channels to tell. */
  readonly notify: readonly string[];
  /** Why nobody is told; null: they are. */
  readonly suppressed: string | null;
  /** Why it changed, for people. */
  readonly reason: string;
  /** Of the record in [values] that caused it, and that record's partition. */
  readonly version: bigint;
  readonly partition: number;
}

/** What became of one try to deliver a notification. */
export interface DeliveryMessage {
  readonly type: 'delivery';
  /** Of the notification; the same for every try. */
  readonly key: string;
  readonly rule: string;
  readonly channel: string;
  /** `retrying`: this try failed, another one follows; `failed`: none follows. */
  readonly outcome: 'delivered' | 'retrying' | 'failed';
  /** Tries so far, this one included. */
  readonly attempts: number;
  /** When the next try may come; null: none does. */
  readonly nextMs: number | null;
  /** Why it failed; empty when it was delivered. */
  readonly reason: string;
  /** When the outcome was written down. */
  readonly timeMs: number;
}

export type SlicesMessage = SliceBatch | SliceSnapshot | ProgressMark;
export type ValuesMessage = ValueMessage | ProgressMark | Control;
/** What [transitions] holds; a tick lets a deadline of the notify fold pass. */
export type TransitionsMessage = TransitionMessage | DeliveryMessage | Tick;
export type Message = EventsMessage | SlicesMessage | ValuesMessage | TransitionsMessage;

/** The cells of a row of an imported file: what a mapping needs to read it again, under the id that it would have had. */
export interface LetterCells {
  /** A time without a zone is UTC in a row of CSV, and refused in one of XES. */
  readonly kind: 'csv' | 'xes';
  readonly headers: readonly string[];
  /** As many as the headers. */
  readonly cells: readonly string[];
  /** Among equal rows of the file, from 1. */
  readonly ordinal: number;
}

/** An event that could be read and was refused for its time alone; its workflow is that of the letter. */
export interface HeldEvent extends Omit<WorkflowEvent, 'workflow' | 'kind' | 'value' | 'importId'> {
  readonly kind: 'event';
  readonly eventKind: WorkflowEvent['kind'];
  /** Plain decimal text, or null. */
  readonly value: string | null;
}

/** What of a dead letter needs not be read from its raw bytes again. */
export type LetterContent = LetterCells | HeldEvent;

/** What could not be mapped, as it goes into [dead-letters]; plain JSON, raw bytes in base64. */
export interface DeadLetter {
  readonly id: string;
  readonly workflow: string;
  readonly source: string;
  readonly code: string;
  readonly reason: string;
  readonly rawBase64: string;
  /** What could be read of it; absent: nothing. */
  readonly content?: LetterContent;
}

/** What became of a dead letter when it was tried again, or set aside; a record of [dead-letters]. */
export interface Redrive {
  readonly type: 'redrive';
  /** Of the dead letter. */
  readonly id: string;
  readonly timeMs: number;
  /** Through ingest once more; by hand, as it is or with another time; by itself, its time having come; set aside. */
  readonly way: 'redriven' | 'released' | 'due' | 'set_aside';
  /** `refused`: it stays open. */
  readonly outcome: 'accepted' | 'refused' | 'rejected';
  /** Of a refusal; else empty. */
  readonly code: string;
  readonly reason: string;
  /** How many events it gave. */
  readonly events: number;
}

/** A message with its place in the log. */
export interface Placed<M> {
  readonly offset: number;
  readonly appendMs: number;
  readonly message: M;
}

/** Joins an event message with its place. */
export function logged(event: WorkflowEvent, offset: number, appendMs: number): LoggedEvent {
  // Field by field: this is done for every event, and spreading takes several times as long.
  const { workflow, caseId, id, kind, activity, timeMs, dimensions, value, target, importId } = event;
  return { workflow, caseId, id, kind, activity, timeMs, dimensions, value, target, importId, offset, appendMs };
}
