import type { FastifyInstance } from 'fastify';
import type { Workflow } from '../shared/core/catalogue.ts';
import { parseDecimal } from '../shared/core/decimal.ts';
import { TaktError } from '../shared/core/errors.ts';
import type { WorkflowEvent } from '../shared/core/event.ts';
import type { DeadLetter } from '../shared/core/messages.ts';

/** Batches of `takt import` may be larger than what strangers send. */
const IMPORT_BODY_BYTES_MAX = 32 * 1024 * 1024;

/** Where the routes write; each call resolves once the log has flushed. */
export interface ImportTarget {
  events(events: readonly WorkflowEvent[]): Promise<void>;
  bracket(workflow: string, importId: string, phase: 'begin' | 'end', maxEventMs: number | null): Promise<void>;
  deadLetters(letters: readonly DeadLetter[]): Promise<void>;
}

/** An event as JSON: its value as decimal text. */
export type EventJson = Omit<WorkflowEvent, 'value'> & { readonly value: string | null };

interface BracketBody {
  readonly workflow: string;
  readonly importId: string;
  readonly phase: 'begin' | 'end';
  readonly maxEventMs: number | null;
}

/**
 * What `takt import` uses when takt runs: POST /v1/import/bracket, /v1/import/events and /v1/import/dead-letters. They
 * are not for other clients and may change with any version.
 */
export function registerImportRoutes(
  app: FastifyInstance,
  workflows: ReadonlyMap<string, Workflow>,
  target: ImportTarget,
): void {
  const known = (workflow: string): void => {
    if (workflows.has(workflow)) return;
    throw new TaktError(
      'WORKFLOW_UNKNOWN',
      `the catalogue has no workflow ${JSON.stringify(workflow)}; it has ${[...workflows.keys()].join(', ')}.\nAdd it to the catalogue and start takt again, or change the mapping.`,
    );
  };
  app.post<{ Body: BracketBody }>('/v1/import/bracket', async ({ body }) => {
    known(body.workflow);
    await target.bracket(body.workflow, body.importId, body.phase, body.maxEventMs);
    return { done: true };
  });
  app.post<{ Body: EventJson[] }>('/v1/import/events', { bodyLimit: IMPORT_BODY_BYTES_MAX }, async ({ body }) => {
    for (const { workflow } of body) known(workflow);
    await target.events(
      body.map((event) => ({ ...event, value: event.value === null ? null : parseDecimal(event.value) })),
    );
    return { done: true };
  });
  app.post<{ Body: DeadLetter[] }>(
    '/v1/import/dead-letters',
    { bodyLimit: IMPORT_BODY_BYTES_MAX },
    async ({ body }) => {
      await target.deadLetters(body);
      return { done: true };
    },
  );
}
