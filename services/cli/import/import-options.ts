import type { WorkflowEvent } from '../../shared/core/event.ts';
import type { Encoding } from '../../shared/core/ingest/mapping.ts';
import type { DeadLetter } from '../../shared/core/messages.ts';
import type { MappingSource } from './mapping-source.ts';

/** Takes what rows became. Each call is awaited before the next, so a slow sink slows the reading. */
export interface BatchSink {
  /** At most BATCH_MAX events. */
  events(events: WorkflowEvent[]): Promise<void>;
  deadLetters(letters: DeadLetter[]): Promise<void>;
}

export interface ImportProgress {
  /** Whether the file is only looked through yet; then nothing was handed over. */
  readonly checking: boolean;
  /** Bytes of the file as it is on disk, packed or not. */
  readonly bytesRead: number;
  readonly bytesTotal: number;
  readonly rows: number;
  readonly events: number;
  readonly deadLetters: number;
}

export interface ImportOptions {
  readonly path: string;
  readonly source: MappingSource;
  /** Instead of the mapping's. */
  readonly encoding?: Encoding;
  /** Time of rows without a date, milliseconds UTC. */
  readonly asOfMs?: number;
  readonly onProgress?: (progress: ImportProgress) => void;
  /** Distinct rows counted in memory; default ORDINALS_IN_MEMORY_MAX. */
  readonly ordinalsInMemoryMax?: number;
}

export interface ImportSummary {
  readonly importId: string;
  readonly workflow: string;
  readonly path: string;
  /** Data rows, bad ones included. */
  readonly rows: number;
  readonly events: number;
  readonly deadLetters: number;
  /** Good rows that equal an earlier one; they count as rows of their own. */
  readonly equalRows: number;
  /** Rows that the mapping's `where` leaves out. */
  readonly passedOver: number;
  /** The first reasons, each `line N: why`. */
  readonly firstReasons: readonly string[];
  /** What a person should know of the file, each a sentence. */
  readonly notes: readonly string[];
  readonly minEventMs: number | null;
  readonly maxEventMs: number | null;
}
