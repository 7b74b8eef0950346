import type { FastifyInstance } from 'fastify';
import type { Catalogue } from '../shared/core/catalogue/catalogue.ts';
import { didYouMean, listed } from '../shared/core/catalogue/catalogue-problem.ts';
import { TaktError } from '../shared/core/errors.ts';
import { type Screen, type Tile, WORST_DEFAULT } from '../shared/core/screen/screen.ts';
import { alertsAnswer } from './alerts.ts';
import type { LiveAlerts } from './live/live-alerts.ts';
import type { LiveValues } from './live/live-values.ts';
import { SAFE_HEADERS } from './pages.ts';
import type { ScreenHub } from './stream/screen-hub.ts';
import { StreamClient } from './stream/stream-client.ts';
import { readValuesQuery } from './values-query.ts';

export interface ScreenRoutesDeps {
  readonly catalogue: () => Catalogue;
  readonly screens: () => ReadonlyMap<string, Screen>;
  readonly live: LiveValues;
  readonly alerts: LiveAlerts;
  readonly hub: ScreenHub;
  /** A screen was too slow and dropped. */
  readonly onDrop: () => void;
}

/** Registers GET /v1/screens, /v1/alerts and /v1/stream; docs/http-api.md describes them. */
export function registerScreens(app: FastifyInstance, deps: ScreenRoutesDeps): void {
  app.get('/v1/screens', async () => ({
    // A page that finds no value at all says how to begin.
    empty: !deps.live.hasValues,
    ...(deps.hub.notice === undefined ? {} : { catalogue: deps.hub.notice }),
    screens: [...deps.screens().values()].map(({ name, title, generated }) => ({ name, title, generated })),
  }));
  app.get('/v1/alerts', async () => {
    await deps.alerts.whenLoaded();
    return alertsAnswer(deps.alerts.episodes());
  });
  app.get('/v1/stream', async (request, reply) => {
    const screen = screenOf(request.query as Readonly<Record<string, unknown>>, deps);
    deps.hub.checkRoom();
    reply.hijack();
    const headers = { ...SAFE_HEADERS, 'x-takt-pid': String(process.pid) };
    await deps.hub.join(screen, new StreamClient(reply.raw, headers, deps.onDrop));
  });
}

/** The screen that is asked for: by name, or the one of a KPI's page. Throws SCREEN_UNKNOWN, KPI_UNKNOWN, PARAMETER_INVALID. */
function screenOf(query: Readonly<Record<string, unknown>>, { screens, catalogue }: ScreenRoutesDeps): Screen {
  const { screen: name, ...rest } = query;
  if (name === undefined) return kpiScreen(rest, catalogue());
  const found = typeof name === 'string' ? screens().get(name) : undefined;
  if (found !== undefined) return found;
  const shown = typeof name === 'string' ? name.slice(0, NAME_SHOWN_CHARS_MAX) : '';
  const names = [...screens().keys()];
  throw new TaktError(
    'SCREEN_UNKNOWN',
    `there is no screen ${JSON.stringify(shown)}${didYouMean(shown, names)}; known: ${listed(names)}.`,
  );
}

const NAME_SHOWN_CHARS_MAX = 100;

/** What the page of a KPI listens to: its number, and its worst series where it has several. */
function kpiScreen(query: Readonly<Record<string, unknown>>, catalogue: Catalogue): Screen {
  const { kpi, labels } = readValuesQuery(query, catalogue);
  const { kpi: name, by } = kpi.definition;
  const named = Object.fromEntries(labels);
  const tiles: Tile[] = [{ kind: 'hero', kpi: name, labels: named }];
  if (by.length > 0) tiles.push({ kind: 'table', kpi: name, labels: named, worst: WORST_DEFAULT });
  return { name: `kpi ${name} ${JSON.stringify(named)}`, title: kpi.name, tiles, generated: true };
}
