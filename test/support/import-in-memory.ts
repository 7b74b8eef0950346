import { importFile } from '../../services/cli/import/import-file.ts';
import type { ImportOptions, ImportSummary } from '../../services/cli/import/import-options.ts';
import type { WorkflowEvent } from '../../services/shared/core/event.ts';
import type { DeadLetter } from '../../services/shared/core/messages.ts';

/** What an import gave, in the order in which it came. */
export interface Imported {
  readonly summary: ImportSummary;
  readonly events: WorkflowEvent[];
  readonly letters: DeadLetter[];
  readonly calls: string[];
  readonly batches: number[];
}

/** Imports a file into memory. */
export async function importInMemory(
  path: string,
  source: ImportOptions['source'],
  more: Partial<ImportOptions> = {},
): Promise<Imported> {
  const events: WorkflowEvent[] = [];
  const letters: DeadLetter[] = [];
  const calls: string[] = [];
  const batches: number[] = [];
  const summary = await importFile(
    { path, source, ...more },
    {
      begin: async (id) => void calls.push(`begin ${id}`),
      events: async (batch) => (batches.push(batch.length), void events.push(...batch)),
      deadLetters: async (batch) => void letters.push(...batch),
      end: async (id, maxEventMs) => void calls.push(`end ${id} ${maxEventMs}`),
    },
  );
  return { summary, events, letters, calls, batches };
}
