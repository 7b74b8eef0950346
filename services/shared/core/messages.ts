import type { LoggedEvent, WorkflowEvent } from './event.ts';

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

/** From this record on, these definitions (hashes) are in force in this partition. */
export interface Control {
  readonly type: 'control';
  readonly definitions: readonly string[];
}

/** What [events.<workflow>] may hold. */
export type EventsMessage = { readonly type: 'event'; readonly event: WorkflowEvent } | Tick | ImportBracket | Control;

/** The content of one slice row, as published into [slices]. */
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
}

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

/** A change of an alert instance; written from the next version on, its schema is fixed here. */
export interface TransitionMessage {
  readonly type: 'transition';
  readonly rule: string;
  readonly labels: string;
  readonly from: string;
  readonly to: string;
  readonly timeMs: number;
  readonly episode: string;
  readonly provisional: boolean;
  readonly value: number | null;
  readonly reason: string;
  readonly version: bigint;
}

export type SlicesMessage = SliceSnapshot | ProgressMark;
export type ValuesMessage = ValueMessage | ProgressMark;
export type Message = EventsMessage | SlicesMessage | ValuesMessage | TransitionMessage;

/** What could not be mapped, as it goes into [dead-letters]; plain JSON, raw bytes in base64. */
export interface DeadLetter {
  readonly id: string;
  readonly workflow: string;
  readonly source: string;
  readonly code: string;
  readonly reason: string;
  readonly rawBase64: string;
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
