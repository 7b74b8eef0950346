import type { Mapping } from '../../shared/core/ingest/mapping.ts';
import { mappingColumns } from '../../shared/core/ingest/mapping-columns.ts';
import type { XesRow } from './xes-stream.ts';

/** Names of attributes that are remembered for messages; those of the mapping always are. */
export const NAMES_MAX = 1000;
const TRANSITION = 'lifecycle:transition';
/** Lifecycle transitions that a note names. */
export const TRANSITIONS_MAX = 10;

/** What a file has, gathered row by row: which attributes, which lifecycle transitions. */
export class XesSurvey {
  private readonly missing: Set<string>;
  private readonly found = new Set<string>();
  private readonly transitions = new Set<string>();

  constructor(columns: readonly string[]) {
    this.missing = new Set(columns);
  }

  /** Whether every column that is asked for was found in some row, if there is any. */
  get complete(): boolean {
    return this.missing.size === 0 || this.found.size === 0;
  }

  /** The names that were found. */
  get names(): string[] {
    return [...this.found];
  }

  take({ attributes }: XesRow): void {
    for (const values of attributes) {
      for (const name of values.keys()) {
        if (this.found.has(name) || (!this.missing.delete(name) && this.found.size >= NAMES_MAX)) continue;
        // A copy, so that the name does not keep the piece of text that it was read from in memory.
        this.found.add(Buffer.from(name, 'utf16le').toString('utf16le'));
      }
      const transition = values.get(TRANSITION);
      if (transition !== undefined && this.transitions.size < TRANSITIONS_MAX) this.transitions.add(transition);
    }
  }

  /** What a person should know: that each start and each end of an activity counts as an event. */
  notes(mapping: Mapping): string[] {
    if (this.transitions.size < 2 || mappingColumns(mapping).includes(TRANSITION)) return [];
    const names = [...this.transitions].sort();
    const take = names.find((name) => name.toLowerCase() === 'complete') ?? names[0];
    return [
      `each lifecycle transition (${names.join(', ')}) counts as an event; --where ${TRANSITION}=${take} takes one of them`,
    ];
  }
}
