import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { listed } from '../shared/core/catalogue/catalogue-problem.ts';
import { TaktError } from '../shared/core/errors.ts';
import type { JsonMapping } from '../shared/core/ingest/json-mapping.ts';
import { PLAIN_MAPPING } from '../shared/core/ingest/json-mapping-read.ts';
import { requireKey } from '../shared/runtime/api-key.ts';
import { toHttpError } from '../shared/runtime/http-error.ts';
import { readBatch } from './batch.ts';
import { appendEvents, type IngestContext, type IngestDeps } from './context.ts';
import { registerImports } from './import-api.ts';
import { registerLetters } from './letters/letter-routes.ts';
import { INGEST_LIMITS } from './limits.ts';
import { readItems } from './read-items.ts';
import { RequestGate } from './request-gate.ts';

/**
 * Registers POST /v1/events, POST /v1/imports/:workflow/:importId/(begin|events|end), POST /v1/dead-letters and, with a
 * desk, what dead letters are looked at by, with
 * body parsing, key and error answers of their own; docs/http-api.md describes them. Not waited for: `app.ready()`
 * does that.
 */
export function registerIngest(app: FastifyInstance, deps: IngestDeps): void {
  const bounds = { ...INGEST_LIMITS, ...deps.limits };
  const context: IngestContext = { ...deps, bounds, gate: new RequestGate(bounds.requestsMax) };
  for (const [name, value] of Object.entries(bounds)) deps.metrics.limit(`ingest_${snakeCase(name)}`, value);
  void app.register(async (scope) => {
    scope.addHook('onRequest', requireKey(deps.keyHash));
    scope.addHook('onRequest', async (request, reply) => context.gate.enter(request, reply));
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
    scope.setErrorHandler((error, request, reply) => {
      const { status, headers, body } = toHttpError(error);
      if (status >= 500 && body.code === 'INTERNAL') request.log.error({ err: error }, 'a request failed');
      deps.metrics.error(body.code);
      return reply.code(status).headers(headers).send(body);
    });
    registerEvents(scope, context);
    registerImports(scope, context);
    if (deps.letters !== undefined) registerLetters(scope, context, deps.letters);
  });
}

function registerEvents(scope: FastifyInstance, context: IngestContext): void {
  const { bounds, gate } = context;
  scope.post('/v1/events', { bodyLimit: bounds.bodyBytesMax }, (request, reply) =>
    gate.hold(request, () => takeEvents(context, request, reply)),
  );
}

async function takeEvents(context: IngestContext, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
  const { workflows, deadLetter, metrics, clock, bounds } = context;
  const query = queryOf(request);
  const mapping = mappingOf(context.mappings, query.mapping);
  const batch = readBatch(request.headers, request.body, bounds);
  if (batch.kind === 'cloudevents' && mapping.name !== null)
    throw new TaktError('PARAMETER_INVALID', 'mapping is for plain JSON; CloudEvents are read without one.');
  const read = readItems(batch, { workflows: workflows(), workflow: query.workflow, mapping, nowMs: clock.nowMs() });
  await appendEvents(context, read.events);
  if (read.rejected.length === 0) return reply.code(202).send({ accepted: read.events.length });
  await deadLetter(read.letters);
  for (const { code } of read.rejected) {
    metrics.eventRejected(code);
    metrics.deadLetter(code);
  }
  const [first] = read.rejected;
  return reply.code(400).send({
    code: first!.code,
    message: `${read.rejected.length} of ${batch.items.length} items are no events; the others were accepted. Item ${first!.index}, ${first!.field}: ${first!.reason}.`,
    accepted: read.events.length,
    rejected: read.rejected,
  });
}

const QUERY_NAMES: readonly string[] = ['workflow', 'mapping'];

function queryOf(request: FastifyRequest): { readonly workflow?: string; readonly mapping?: string } {
  const query = request.query as Record<string, unknown>;
  for (const [name, value] of Object.entries(query)) {
    if (!QUERY_NAMES.includes(name))
      throw new TaktError(
        'PARAMETER_INVALID',
        `there is no parameter ${JSON.stringify(name)}; known: ${QUERY_NAMES.join(', ')}.`,
      );
    if (typeof value !== 'string') throw new TaktError('PARAMETER_INVALID', `${name} is given more than once.`);
  }
  return query as { readonly workflow?: string; readonly mapping?: string };
}

function mappingOf(
  mappings: ReadonlyMap<string, JsonMapping>,
  name: string | undefined,
): { readonly name: string | null; readonly mapping: JsonMapping } {
  if (name === undefined) return { name: null, mapping: PLAIN_MAPPING };
  const mapping = mappings.get(name);
  if (mapping !== undefined) return { name, mapping };
  throw new TaktError(
    'MAPPING_INVALID',
    `there is no mapping ${JSON.stringify(name)}; there are: ${listed([...mappings.keys()])}.`,
  );
}

function snakeCase(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
