import type { Catalogue } from '../shared/core/catalogue/catalogue.ts';
import { decodeLabels } from '../shared/core/measure/labels.ts';
import { SEVERITIES } from '../shared/core/alert/rule.ts';
import type { ShownAlert, TileContent } from '../shared/core/screen/wall-message.ts';
import type { Episode } from './live/alert-memory.ts';
import { kpiFace } from './screen-frame.ts';

/** Alerts of each kind on a tile. */
const SHOWN_MAX = 5;

/** The alerts of these workflows for a tile. What an import or the past brought about is in the history, not here. */
export function alertsContent(
  episodes: readonly Episode[],
  workflows: ReadonlySet<string>,
  catalogue: Catalogue,
): TileContent {
  const rules = [...catalogue.rules.values()].filter(({ kpi }) => isOf(kpi, workflows, catalogue));
  const shown = episodes.filter(({ kpi, suppressed }) => suppressed === null && isOf(kpi, workflows, catalogue));
  const of = (state: Episode['state']): Episode[] => shown.filter((episode) => episode.state === state);
  const firing = of('firing').sort(byUrgency);
  const pending = of('pending').sort(byUrgency);
  const recent = of('inactive').sort((a, b) => (b.endedMs ?? 0) - (a.endedMs ?? 0));
  const present = (list: readonly Episode[]): ShownAlert[] =>
    list.slice(0, SHOWN_MAX).map((episode) => shownAlert(episode, catalogue));
  return {
    kind: 'alerts',
    rules: rules.length,
    firing: present(firing),
    firingCount: firing.length,
    pending: present(pending),
    recent: present(recent),
  };
}

function isOf(kpi: string, workflows: ReadonlySet<string>, { kpis }: Catalogue): boolean {
  return workflows.has(kpis.get(kpi)?.definition.workflow ?? '');
}

/** The most severe first, then what began first. */
function byUrgency(a: Episode, b: Episode): number {
  return SEVERITIES.indexOf(b.severity) - SEVERITIES.indexOf(a.severity) || a.beganMs - b.beganMs;
}

function shownAlert(episode: Episode, { kpis }: Catalogue): ShownAlert {
  const { rule, kpi, labels, state, severity, beganMs, firedMs, endedMs, value } = episode;
  const known = kpis.get(kpi);
  return {
    rule,
    face: known === undefined ? null : kpiFace(known),
    labels: decodeLabels(labels),
    state,
    severity,
    sinceMs: endedMs ?? firedMs ?? beganMs,
    value,
  };
}

/** The answer of GET /v1/alerts: everything active, and what ended in the last day. Times are ISO 8601 in UTC. */
export function alertsAnswer(episodes: readonly Episode[]): Record<string, unknown> {
  const of = (state: Episode['state']): unknown[] =>
    episodes
      .filter((episode) => episode.state === state)
      .sort(byUrgency)
      .map(presentEpisode);
  return { firing: of('firing'), pending: of('pending'), recent: of('inactive') };
}

function presentEpisode({ labels, beganMs, firedMs, endedMs, ...episode }: Episode): Record<string, unknown> {
  const iso = (ms: number | null): string | null => (ms === null ? null : new Date(ms).toISOString());
  return {
    ...episode,
    labels: decodeLabels(labels),
    beganAt: iso(beganMs),
    firedAt: iso(firedMs),
    endedAt: iso(endedMs),
  };
}
