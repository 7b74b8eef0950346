import type { FastifyInstance } from 'fastify';
import { TaktError } from '../shared/core/errors.ts';
import { requireKey } from '../shared/runtime/api-key.ts';
import { toHttpError } from '../shared/runtime/http-error.ts';
import { SAFE_HEADERS } from './pages.ts';

/** What a process tells about itself. */
export interface OpsDeps {
  readonly status: () => Promise<unknown>;
  readonly health: () => { readonly healthy: boolean; readonly reasons: readonly string[] };
  readonly ready: () => { readonly ready: boolean; readonly reasons: readonly string[] };
  /** In Prometheus' text format. */
  readonly metrics: () => Promise<string>;
  /** Reads the catalogue's files again (POST /v1/reload); absent: no such route. */
  readonly reload?: () => Promise<unknown>;
  /** Has KPIs computed again from the archive (POST /v1/backfill); absent: no such route. Throws KPI_UNKNOWN. */
  readonly refill?: (kpis: readonly string[]) => Promise<unknown>;
  /** SHA-256 of the API key in hex; null: no key, and only requests addressed to loopback are answered. */
  readonly keyHash: string | null;
  /** Counts an error by its code. */
  readonly onError?: (code: string) => void;
}

/** Prometheus' text format. */
const METRICS_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

/**
 * Registers GET /healthz and /readyz, which need no key, /v1/status and /metrics: what every process answers, whatever
 * else it serves. docs/http-api.md describes them.
 */
export function registerOps(app: FastifyInstance, deps: OpsDeps): void {
  void app.register(async (scope) => {
    answerErrors(scope, deps);
    registerProbes(scope, deps);
    await scope.register(async (keyed) => {
      keyed.addHook('onRequest', requireKey(deps.keyHash));
      keyed.get('/v1/status', async () => deps.status());
      const { reload, refill } = deps;
      if (refill !== undefined) keyed.post('/v1/backfill', async ({ body }) => refill(namesIn(body)));
      if (reload !== undefined) keyed.post('/v1/reload', async () => reload());
      keyed.get('/metrics', async (_request, reply) => reply.type(METRICS_TYPE).send(await deps.metrics()));
    });
  });
}

function namesIn(body: unknown): readonly string[] {
  const { kpis = [] } = (body ?? {}) as { readonly kpis?: unknown };
  if (Array.isArray(kpis) && kpis.every((kpi) => typeof kpi === 'string')) return kpis;
  throw new TaktError(
    'PARAMETER_INVALID',
    'the body must be {"kpis": ["NAME", …]}; without names all are computed again.',
  );
}

function registerProbes(scope: FastifyInstance, { health, ready }: OpsDeps): void {
  scope.get('/healthz', async (_request, reply) => {
    const { healthy, reasons } = health();
    // The command line tells by the process id whether it has reached the takt of its data directory.
    return reply
      .code(healthy ? 200 : 503)
      .header('x-takt-pid', String(process.pid))
      .send({ healthy, reasons });
  });
  scope.get('/readyz', async (_request, reply) => {
    const state = ready();
    return reply.code(state.ready ? 200 : 503).send({ ready: state.ready, reasons: state.reasons });
  });
}

/** Gives a scope's answers their headers, and its errors a code and a message. */
export function answerErrors(scope: FastifyInstance, { onError }: Pick<OpsDeps, 'onError'>): void {
  scope.addHook('onSend', async (_request, reply) => {
    void reply.headers(SAFE_HEADERS);
  });
  scope.setErrorHandler((error, request, reply) => {
    const { status, headers, body } = toHttpError(error);
    if (body.code === 'INTERNAL') request.log.error({ err: error }, 'a request failed');
    onError?.(body.code);
    return reply.code(status).headers(headers).send(body);
  });
}
