import type { Decimal } from './decimal.ts';

/** The two reserved activities: `correct` replaces an event by id, `void` withdraws an event or a whole case. */
export const CORRECT = 'correct';
export const VOID = 'void';

/** What a record does to its case: an ordinary event, the correction of one, or its withdrawal. */
export type EventKind = 'event' | 'correct' | 'void';

/**
 * One thing that happened to a case. Its identity is (workflow, caseId, id); a second event of the same identity is a
 * duplicate and changes nothing.
 */
export interface WorkflowEvent {
  readonly workflow: string;
  readonly caseId: string;
  readonly id: string;
  readonly kind: EventKind;
  /** For a correction, the activity of the event as corrected; empty for a withdrawal. */
  readonly activity: string;
  /** Event time, integer milliseconds UTC. */
  readonly timeMs: number;
  readonly dimensions: Readonly<Record<string, string>>;
  readonly value: Decimal | null;
  /** `correct`: the id that is replaced. `void`: the id that is withdrawn, or null for the whole case. */
  readonly target: string | null;
  /** The import that brought it, or null for live events. Imported events never move a watermark. */
  readonly importId: string | null;
}

/** An event as the log holds it: `offset` is its place in its partition, and orders corrections of one target. */
export interface LoggedEvent extends WorkflowEvent {
  readonly offset: number;
  /** When the log took it, milliseconds UTC. */
  readonly appendMs: number;
}
