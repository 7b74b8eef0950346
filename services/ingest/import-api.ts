import type { FastifyInstance } from 'fastify';
import { ERRORS, TaktError } from '../shared/core/errors.ts';
import { parseBody } from './batch.ts';
import { appendEvents, type IngestContext } from './context.ts';
import { workflowUnknown } from './workflow-unknown.ts';
import { readDeadLetters, readImportEvents, readMaxEventMs } from './import-batch.ts';

interface ImportParams {
  readonly Params: { readonly workflow: string; readonly importId: string };
}

/** Longer parts of an address do not reach a route. */
const IMPORT_ID_CHARS_MAX = 100;

function importOf(
  { workflows }: IngestContext,
  { workflow, importId }: ImportParams['Params'],
): ImportParams['Params'] {
  if (importId === '' || importId.length > IMPORT_ID_CHARS_MAX)
    throw new TaktError('PARAMETER_INVALID', `the import's id must have 1 to ${IMPORT_ID_CHARS_MAX} characters.`);
  if (workflows().has(workflow)) return { workflow, importId };
  throw workflowUnknown(workflow, workflows().keys());
}

/**
 * What `takt import` uses when takt runs: the begin, events and end of an import, and its dead letters. They are not
 * for other clients and may change with any version.
 */
export function registerImports(scope: FastifyInstance, context: IngestContext): void {
  const { bounds, gate, deadLetter, importBracket, metrics } = context;
  const limits = { bodyLimit: bounds.importBodyBytesMax };
  scope.post<ImportParams>('/v1/imports/:workflow/:importId/begin', limits, (request, reply) =>
    gate.hold(request, async () => {
      const { workflow, importId } = importOf(context, request.params);
      await importBracket(workflow, importId, 'begin', null);
      return reply.send({ importId, phase: 'begin' });
    }),
  );
  scope.post<ImportParams>('/v1/imports/:workflow/:importId/events', limits, (request, reply) =>
    gate.hold(request, async () => {
      const { workflow, importId } = importOf(context, request.params);
      const events = readImportEvents(parseBody(request.body, bounds).value, workflow, importId);
      await appendEvents(context, events);
      return reply.code(202).send({ accepted: events.length });
    }),
  );
  scope.post<ImportParams>('/v1/imports/:workflow/:importId/end', limits, (request, reply) =>
    gate.hold(request, async () => {
      const { workflow, importId } = importOf(context, request.params);
      const maxEventMs = readMaxEventMs(parseBody(request.body, bounds).value);
      await importBracket(workflow, importId, 'end', maxEventMs);
      return reply.send({ importId, phase: 'end' });
    }),
  );
  scope.post('/v1/dead-letters', limits, (request, reply) =>
    gate.hold(request, async () => {
      const letters = readDeadLetters(parseBody(request.body, bounds).value);
      await deadLetter(letters);
      for (const { code } of letters) metrics.deadLetter(Object.hasOwn(ERRORS, code) ? code : 'other');
      return reply.code(202).send({ accepted: letters.length });
    }),
  );
}
