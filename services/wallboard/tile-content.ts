import type { Kpi } from '../shared/core/catalogue/catalogue.ts';
import { plannedFor } from '../shared/core/goal/planned.ts';
import { goalAt, narrowed } from '../shared/core/goal/goal.ts';
import { byWorst, judge } from '../shared/core/alert/judgement.ts';
import type { Tile } from '../shared/core/screen/screen.ts';
import type { ShownValue, TileContent } from '../shared/core/screen/wall-message.ts';
import { shiftOf, tumbles } from '../shared/core/window/window.ts';
import type { LivePoint, LiveSeries } from './live/series-memory.ts';

type KpiTile = Extract<Tile, { readonly kpi: string }>;

/**
 * What a tile of a KPI shows of its series. Where several series match, a number is that of the worst one. A calendar
 * window that some series have begun and others have not is the one that counts: yesterday's numbers are not compared
 * with today's.
 */
export function tileContent(tile: KpiTile, kpi: Kpi, all: readonly LiveSeries[]): TileContent {
  const matching = all.filter(({ labels }) => matches(labels, tile.labels));
  const worst = ofOneWindow(matching, kpi).sort((a, b) => byWorst(lastOf(a).value, lastOf(b).value, kpi.better));
  if (tile.kind === 'table') {
    const rows = worst.filter((series) => lastOf(series).value !== null).slice(0, tile.worst);
    return { kind: 'table', rows: rows.map((series) => shownOf(series, kpi)), series: matching.length };
  }
  const [series] = worst;
  if (series === undefined) return { kind: 'number', shown: null, points: [], series: 0 };
  return {
    kind: 'number',
    shown: shownOf(series, kpi),
    points: series.points.map(({ windowEndMs, value }) => [windowEndMs, value] as const),
    series: matching.length,
  };
}

function matches(labels: Readonly<Record<string, string>>, wanted: Readonly<Record<string, string>>): boolean {
  return Object.entries(wanted).every(([name, value]) => labels[name] === value);
}

function ofOneWindow(series: readonly LiveSeries[], { definition }: Kpi): LiveSeries[] {
  if (!tumbles(definition.window)) return [...series];
  const lastMs = series.reduce((latest, each) => Math.max(latest, lastOf(each).windowEndMs), -Infinity);
  return series.filter((each) => lastOf(each).windowEndMs === lastMs);
}

/** A series in memory has at least one window. */
function lastOf({ points }: LiveSeries): LivePoint {
  return points.at(-1)!;
}

function shownOf(series: LiveSeries, kpi: Kpi): ShownValue {
  const { value, samples, state, windowStartMs, windowEndMs, changedMs } = lastOf(series);
  const target = goalAt(narrowed(kpi.target, series.labels), windowEndMs);
  const shift = shiftOf(kpi.definition.window, windowEndMs);
  return {
    labels: series.labels,
    value,
    samples,
    state,
    windowStartMs,
    windowEndMs,
    ...(shift === null ? {} : { shift }),
    changedMs,
    judgement: judge(value, target, kpi.better),
    target,
    planned: plannedFor(kpi.plan, series.labels, windowStartMs, windowEndMs),
  };
}
