import type { FastifyInstance } from 'fastify';
import type { Catalogue, Kpi } from '../shared/core/catalogue.ts';
import { TaktError } from '../shared/core/errors.ts';
import { sentence } from '../shared/core/sentence.ts';
import type { KpiStore } from '../shared/ports/kpi-store.ts';
import { requireKey } from '../shared/runtime/api-key.ts';
import { toHttpError } from '../shared/runtime/http-error.ts';
import { type NotifyRoutesDeps, registerNotify } from './notify-routes.ts';
import { type Pages, registerPages, SAFE_HEADERS } from './pages.ts';
import { registerScreens, type ScreenRoutesDeps } from './screen-routes.ts';
import { kpiFace } from './screen-frame.ts';
import type { Progress } from './empty-windows.ts';
import { readValues } from './values.ts';
import { readValuesQuery } from './values-query.ts';

export interface ReadApiDeps {
  readonly catalogue: () => Catalogue;
  readonly store: Pick<KpiStore, 'values'>;
  readonly status: () => Promise<unknown>;
  /** How far the values of a workflow are: what fills tumbling windows without events. */
  readonly progress: (workflow: string) => Progress;
  readonly health: () => { readonly healthy: boolean; readonly reasons: readonly string[] };
  readonly ready: () => { readonly ready: boolean; readonly reasons: readonly string[] };
  /** In Prometheus' text format. */
  readonly metrics: () => Promise<string>;
  /** SHA-256 of the API key in hex; null: no key, and only requests addressed to loopback are answered. */
  readonly keyHash: string | null;
  /** Runs one read-only statement (POST /v1/query, for `takt query`); absent: no such route. */
  readonly query?: (sql: string, format: string) => Promise<Uint8Array>;
  /** The built pages and what feeds them; absent: an API alone. */
  readonly wall?: Omit<ScreenRoutesDeps, 'catalogue'> & { readonly pages: Pages };
  /** Sends test messages (POST /v1/notify/test); absent: no such route. */
  readonly notify?: NotifyRoutesDeps;
  /** Counts an error by its code. */
  readonly onError?: (code: string) => void;
}

/** Prometheus' text format. */
const METRICS_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

/**
 * Registers GET /v1/values, /v1/kpis, /v1/status, /metrics, /healthz and /readyz, the screens and pages, and POST
 * /v1/query and /v1/notify/test; docs/http-api.md describes them. The pages and the two probes need no key. Not waited for: `app.ready()`
 * does that.
 */
export function registerReadApi(app: FastifyInstance, deps: ReadApiDeps): void {
  void app.register(async (scope) => {
    answerErrors(scope, deps);
    registerOpen(scope, deps);
    await scope.register(async (keyed) => {
      keyed.addHook('onRequest', requireKey(deps.keyHash));
      registerKeyed(keyed, deps);
    });
  });
}

function answerErrors(scope: FastifyInstance, { onError }: ReadApiDeps): void {
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

function registerOpen(scope: FastifyInstance, { health, ready, wall }: ReadApiDeps): void {
  if (wall !== undefined) registerPages(scope, wall.pages);
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

function registerKeyed(scope: FastifyInstance, deps: ReadApiDeps): void {
  const { catalogue, store, status, progress, metrics, query, wall } = deps;
  if (wall !== undefined) registerScreens(scope, { ...wall, catalogue });
  scope.get('/v1/values', async (request) => {
    const asked = readValuesQuery(request.query as Readonly<Record<string, unknown>>, catalogue());
    // Before the rows are read: what is stored later is not called empty.
    return readValues(store, asked, progress(asked.kpi.definition.workflow));
  });
  scope.get('/v1/kpis', async () => ({ kpis: [...catalogue().kpis.values()].map(presentKpi) }));
  scope.get('/v1/status', async () => status());
  scope.get('/metrics', async (_request, reply) => reply.type(METRICS_TYPE).send(await metrics()));
  if (deps.notify !== undefined) registerNotify(scope, deps.notify);
  if (query === undefined) return;
  scope.post('/v1/query', async ({ body }, reply) => {
    const { sql, format } = (body ?? {}) as { readonly sql?: unknown; readonly format?: unknown };
    if (typeof sql !== 'string' || typeof format !== 'string')
      throw new TaktError('PARAMETER_INVALID', 'the body must be {"sql": "SELECT …", "format": "JSONEachRow"}.');
    return reply.type('application/octet-stream').send(Buffer.from(await query(sql, format)));
  });
}

function presentKpi({ definition, ...kpi }: Kpi): Record<string, unknown> {
  return {
    kpi: definition.kpi,
    definition: definition.hash,
    workflow: definition.workflow,
    unit: definition.unit,
    labels: definition.by.map(({ dimension }) => dimension),
    window: definition.window,
    ...kpi,
    sentence: { en: sentence({ definition, ...kpi }, 'en'), 'zh-CN': sentence({ definition, ...kpi }, 'zh-CN') },
    face: kpiFace({ definition, ...kpi }),
  };
}
