import type { Catalogue, Kpi, Workflow } from '../shared/core/catalogue/catalogue.ts';
import { defaultOf } from '../shared/core/goal/goal.ts';
import type { WindowSpec } from '../shared/core/definition.ts';
import type { Screen, Tile } from '../shared/core/screen/screen.ts';
import { layoutOf, type TilePlace } from '../shared/core/screen/screen-layout.ts';
import type { KpiFace, ScreenFrame, TileFrame } from '../shared/core/screen/wall-message.ts';

/** What the line itself may take beyond the workflow's own waits before data counts as late. */
const LINE_MS = 20_000;
/** Aggregates whose values are fractions even where one happens to be whole. */
const FRACTIONS: readonly string[] = ['mean', 'percentile', 'ratio', 'derived'];
/** Units under which a ratio is a share, shown in percent. */
const SHARE_UNITS: readonly string[] = ['', '%'];

/** A screen with everything of the catalogue that its tiles need before they have values. */
export function screenFrame(screen: Screen, catalogue: Catalogue): ScreenFrame {
  const layout = layoutOf(screen.tiles) ?? { columns: 1, rows: 1, places: [] };
  const tiles = screen.tiles.map((tile, index) => tileFrame(tile, layout.places[index] ?? FIRST_PLACE, catalogue));
  const names = new Set(tiles.flatMap(({ face }) => (face === null ? [] : [face.workflow])));
  const workflows = [...catalogue.workflows.values()].filter(({ name }) => names.size === 0 || names.has(name));
  return {
    name: screen.name,
    title: screen.title,
    timezone: catalogue.timezone,
    columns: layout.columns,
    rows: layout.rows,
    tiles,
    workflows: workflows.map((workflow) => ({ name: workflow.name, expectedAgeMs: expectedAgeMs(workflow) })),
  };
}

const FIRST_PLACE: TilePlace = { column: 0, row: 0, width: 1, height: 1 };

/** How old values are when everything goes well and nothing happens. */
function expectedAgeMs({ disorderMs, idleTimeoutMs }: Workflow): number {
  return disorderMs + idleTimeoutMs + LINE_MS;
}

function tileFrame(tile: Tile, place: TilePlace, catalogue: Catalogue): TileFrame {
  const kpi = tile.kind === 'alerts' ? undefined : catalogue.kpis.get(tile.kpi);
  const labels = tile.kind === 'alerts' ? {} : tile.labels;
  const names = kpi?.definition.by.map(({ dimension }) => dimension) ?? [];
  return {
    kind: tile.kind,
    place,
    face: kpi === undefined ? null : kpiFace(kpi),
    labels,
    worst: tile.kind === 'table' ? tile.worst : 0,
    openLabels: names.filter((name) => labels[name] === undefined),
  };
}

/** What people see of a KPI. A ratio without a unit of its own is a share of one, a formula only where its unit says so. */
export function kpiFace({ definition, name, better, target, baseline }: Kpi): KpiFace {
  const { kpi, workflow, unit, window, aggregate } = definition;
  const fixed = FRACTIONS.includes(aggregate.kind);
  const percent =
    aggregate.kind === 'derived' ? unit === '%' : aggregate.kind === 'ratio' && SHARE_UNITS.includes(unit);
  const goals = { target: defaultOf(target), baseline: defaultOf(baseline) };
  const shown = shownWindow(window);
  return { kpi, workflow, name, unit: percent ? '%' : unit, percent, fixed, better, ...goals, window: shown };
}

/** A window as programs and pages see it: without the dates of its calendar, which are hundreds. */
export function shownWindow(window: WindowSpec): WindowSpec {
  if (window.kind !== 'shift' && (window.kind !== 'to-date' || window.unit !== 'shift')) return window;
  return { ...window, hours: { ...window.hours, closed: [], makeUp: [], special: [] } };
}
