import type { Catalogue, Kpi } from '../catalogue/catalogue.ts';
import { type Screen, type Tile, TILES_MAX, WORST_DEFAULT } from './screen.ts';
import { layoutOf } from './screen-layout.ts';

/**
 * The screen of a workflow that nobody defined one for: its first KPI with a target large, a table of the first that has
 * labels, its alerts, then its other KPIs in the order of the catalogue while there is room. Null: it has no KPI.
 */
export function defaultScreen(workflow: string, catalogue: Catalogue): Screen | null {
  const kpis = [...catalogue.kpis.values()].filter(({ definition }) => definition.workflow === workflow);
  const hero = kpis.find(hasTarget) ?? kpis[0];
  if (hero === undefined) return null;
  const tiles: Tile[] = [{ kind: 'hero', kpi: hero.definition.kpi, labels: {} }];
  const compared = kpis.find((kpi) => kpi !== hero && isCompared(kpi)) ?? (isCompared(hero) ? hero : undefined);
  if (compared !== undefined)
    tiles.push({ kind: 'table', kpi: compared.definition.kpi, labels: {}, worst: WORST_DEFAULT });
  if (kpis.some(({ definition }) => [...catalogue.rules.values()].some(({ kpi }) => kpi === definition.kpi)))
    tiles.push({ kind: 'alerts' });
  for (const kpi of kpis) {
    if (kpi === hero || kpi === compared) continue;
    const more: Tile[] = [...tiles, { kind: 'number', kpi: kpi.definition.kpi, labels: {} }];
    if (more.length > TILES_MAX || layoutOf(more) === null) break;
    tiles.splice(0, tiles.length, ...more);
  }
  return { name: workflow, title: { en: workflow }, tiles, generated: true };
}

function hasTarget({ target, better }: Kpi): boolean {
  return target !== null && better !== null;
}

function isCompared({ definition }: Kpi): boolean {
  return definition.by.length > 0;
}
