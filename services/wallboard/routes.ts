import type { FastifyInstance } from 'fastify';
import type { Catalogue, Kpi } from '../shared/core/catalogue/catalogue.ts';
import { versionsOf } from '../shared/core/catalogue/catalogue-versions.ts';
import { workflowsOf } from '../shared/core/formula/derived.ts';
import { TaktError } from '../shared/core/errors.ts';
import { sentence } from '../shared/core/sentence/sentence.ts';
import type { KpiStore } from '../shared/ports/kpi-store.ts';
import { requireKey } from '../shared/runtime/api-key.ts';
import { type NotifyRoutesDeps, registerNotify } from './notify-routes.ts';
import { answerErrors, type OpsDeps } from './ops-routes.ts';
import { type Pages, registerPages } from './pages.ts';
import { registerScreens, type ScreenRoutesDeps } from './screen-routes.ts';
import { kpiFace, shownWindow } from './screen-frame.ts';
import { type Progress, slowestOf } from './empty-windows.ts';
import { readValues } from './values.ts';
import { readValuesQuery } from './values-query.ts';

export interface ReadApiDeps extends Pick<OpsDeps, 'keyHash' | 'onError'> {
  readonly catalogue: () => Catalogue;
  readonly store: Pick<KpiStore, 'values'>;
  /** How far the values of a workflow are: what fills tumbling windows without events. */
  readonly progress: (workflow: string) => Progress | Promise<Progress>;
  /** Runs one read-only statement (POST /v1/query, for `takt query`); absent: no such route. */
  readonly query?: (sql: string, format: string) => Promise<Uint8Array>;
  /** The built pages and what feeds them; absent: an API alone. */
  readonly wall?: Omit<ScreenRoutesDeps, 'catalogue'> & { readonly pages: Pages };
  /** Sends test messages (POST /v1/notify/test); absent: no such route. */
  readonly notify?: NotifyRoutesDeps;
}

/**
 * Registers GET /v1/values and /v1/kpis, the screens and pages, POST /v1/query and /v1/notify/test; docs/http-api.md
 * describes them. The pages need no key. Not waited for: `app.ready()` does that.
 */
export function registerReadApi(app: FastifyInstance, deps: ReadApiDeps): void {
  void app.register(async (scope) => {
    answerErrors(scope, deps);
    if (deps.wall !== undefined) registerPages(scope, deps.wall.pages);
    await scope.register(async (keyed) => {
      keyed.addHook('onRequest', requireKey(deps.keyHash));
      registerKeyed(keyed, deps);
    });
  });
}

function registerKeyed(scope: FastifyInstance, deps: ReadApiDeps): void {
  const { catalogue, store, progress, query, wall } = deps;
  if (wall !== undefined) registerScreens(scope, { ...wall, catalogue });
  scope.get('/v1/values', async (request) => {
    const asked = readValuesQuery(request.query as Readonly<Record<string, unknown>>, catalogue());
    // Before the rows are read: what is stored later is not called empty.
    const all = await Promise.all(workflowsOf(asked.kpi.definition).map(async (workflow) => progress(workflow)));
    return readValues(store, asked, slowestOf(all));
  });
  scope.get('/v1/kpis', async () => ({ kpis: [...catalogue().kpis.values()].map(presentKpi) }));
  if (deps.notify !== undefined) registerNotify(scope, deps.notify);
  if (query === undefined) return;
  scope.post('/v1/query', async ({ body }, reply) => {
    const { sql, format } = (body ?? {}) as { readonly sql?: unknown; readonly format?: unknown };
    if (typeof sql !== 'string' || typeof format !== 'string')
      throw new TaktError('PARAMETER_INVALID', 'the body must be {"sql": "SELECT …", "format": "JSONEachRow"}.');
    return reply.type('application/octet-stream').send(Buffer.from(await query(sql, format)));
  });
}

function presentKpi({ earlier = [], definition, ...kpi }: Kpi): Record<string, unknown> {
  return {
    kpi: definition.kpi,
    definition: definition.hash,
    workflow: definition.workflow,
    workflows: workflowsOf(definition),
    unit: definition.unit,
    labels: definition.by.map(({ dimension }) => dimension),
    window: shownWindow(definition.window),
    versions: versionsOf({ definition, earlier }).map(({ hash, effectiveMs }) => ({
      definition: hash,
      effective: effectiveMs === undefined ? null : new Date(effectiveMs).toISOString(),
    })),
    ...kpi,
    sentence: { en: sentence({ definition, ...kpi }, 'en'), 'zh-CN': sentence({ definition, ...kpi }, 'zh-CN') },
    face: kpiFace({ definition, ...kpi }),
  };
}
