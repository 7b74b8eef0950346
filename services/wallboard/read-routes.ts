import type { FastifyInstance } from 'fastify';
import type { Catalogue } from '../shared/core/catalogue.ts';
import { TaktError } from '../shared/core/errors.ts';
import { isMultiple, nearestBounds } from '../shared/core/window.ts';
import type { KpiStore, ValueRow } from '../shared/ports/kpi-store.ts';

/** Most rows of one answer. */
export const ROWS_MAX = 10_000;

export interface ReadRoutes {
  readonly catalogue: Catalogue;
  readonly store: Pick<KpiStore, 'values' | 'query'>;
  readonly status: () => Promise<{ readonly ready: boolean }>;
  /** Prometheus text. */
  readonly metrics: () => Promise<string>;
}

interface ValuesQuery {
  readonly kpi?: string;
  readonly from?: string;
  readonly to?: string;
  readonly at?: string;
  readonly [label: `label.${string}`]: string;
}

/**
 * `GET /v1/values?kpi=K[&label.NAME=V][&from&to | &at]`: the latest row of each series; with from and to (ISO 8601 or
 * ms) the rows whose window ends in [from, to]; with `at` the row of each series that holds then.
 * Also /v1/status, /v1/query (POST {sql, format}), /healthz, /readyz.
 */
export function registerReadRoutes(app: FastifyInstance, { catalogue, store, status, metrics }: ReadRoutes): void {
  app.get<{ Querystring: ValuesQuery }>('/v1/values', async ({ query }) => {
    const kpi = catalogue.kpis.get(query.kpi ?? '');
    if (kpi === undefined)
      throw new TaktError(
        'KPI_UNKNOWN',
        `there is no KPI ${JSON.stringify(query.kpi ?? '')}; known: ${[...catalogue.kpis.keys()].join(', ')}.`,
      );
    const { definition } = kpi;
    const fromMs = instant('from', query.from);
    const toMs = instant('to', query.to);
    const atMs = instant('at', query.at);
    for (const bound of [fromMs, toMs, atMs]) {
      if (bound === undefined || isMultiple(definition.window, bound)) continue;
      const nearest = nearestBounds(definition.window, bound).map((ms) => new Date(ms).toISOString());
      throw new TaktError(
        'WINDOW_BOUNDS',
        `${new Date(bound).toISOString()} is no bound of a window of ${definition.kpi}; the nearest are ${nearest.join(' and ')}.`,
      );
    }
    const bounds = {
      ...(fromMs === undefined ? {} : { fromMs }),
      ...(toMs === undefined ? {} : { toMs: toMs + 1 }),
      ...(atMs === undefined ? {} : { toMs: atMs + 1 }),
    };
    const wanted = Object.entries(query).filter(([name]) => name.startsWith('label.'));
    const rows = (await store.values({ definition: definition.hash, ...bounds })).filter(({ labelMap }) =>
      wanted.every(([name, value]) => labelMap[name.slice('label.'.length)] === value),
    );
    const chosen = fromMs === undefined && toMs === undefined ? latestOfEach(rows, atMs) : rows;
    return {
      kpi: definition.kpi,
      definition: definition.hash,
      unit: definition.unit,
      name: kpi.name,
      truncated: chosen.length > ROWS_MAX,
      rows: chosen.slice(0, ROWS_MAX).map(present),
    };
  });
  app.get('/v1/status', () => status());
  app.get('/metrics', async (_request, reply) => reply.type('text/plain; version=0.0.4').send(await metrics()));
  app.post<{ Body: { sql?: unknown; format?: unknown } }>('/v1/query', async ({ body }, reply) => {
    const { sql, format } = body ?? {};
    if (typeof sql !== 'string' || typeof format !== 'string')
      throw new TaktError('PARAMETER_INVALID', 'the body must be {"sql": "SELECT …", "format": "JSONEachRow"}.');
    return reply.type('application/octet-stream').send(Buffer.from(await store.query(sql, format)));
  });
  app.get('/healthz', async (_request, reply) =>
    reply.header('x-takt-pid', String(process.pid)).send({ status: 'ok' }),
  );
  app.get('/readyz', async (_request, reply) => {
    const { ready } = await status();
    return reply.code(ready ? 200 : 503).send({ ready });
  });
}

function instant(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const ms = /^-?\d+$/.test(text) ? Number(text) : Date.parse(text);
  if (!Number.isSafeInteger(ms))
    throw new TaktError(
      'PARAMETER_INVALID',
      `${name} is ${JSON.stringify(text)}; it must be an ISO 8601 time or milliseconds since 1970.`,
    );
  return ms;
}

function latestOfEach(rows: readonly ValueRow[], atMs: number | undefined): ValueRow[] {
  const latest = new Map<string, ValueRow>();
  for (const row of rows) {
    const known = latest.get(row.labels);
    if (known === undefined || row.windowEndMs > known.windowEndMs) latest.set(row.labels, row);
  }
  return [...latest.values()].filter(({ validToMs }) => atMs === undefined || validToMs === null || validToMs > atMs);
}

function present(row: ValueRow): Record<string, unknown> {
  const { labelMap, windowStartMs, windowEndMs, validToMs, value, valueExact, samples, state, revision, reason } = row;
  const iso = (ms: number): string => new Date(ms).toISOString();
  return {
    labels: labelMap,
    windowStart: iso(windowStartMs),
    windowEnd: iso(windowEndMs),
    validTo: validToMs === null ? null : iso(validToMs),
    value,
    valueExact,
    samples,
    state,
    revision,
    reason,
  };
}
