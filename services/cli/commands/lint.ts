import { lintActivities, lintHolidays } from '../../shared/core/catalogue/catalogue-lint.ts';
import {
  lintDistinct,
  lintLabels,
  lintLimited,
  lintNeverSeen,
  lintSamples,
} from '../../shared/core/catalogue/lint-history.ts';
import { lintSmart } from '../../shared/core/catalogue/lint-smart.ts';
import { limitedKpis } from '../../shared/core/series/limit-series.ts';
import { sentence } from '../../shared/core/sentence/sentence.ts';
import type { Wiring } from '../wiring.ts';
import { NO_HISTORY, readHistory } from './lint-history.ts';

/**
 * `takt lint`: checks a catalogue and the screens beside it. Throws CATALOGUE_INVALID or SCREEN_INVALID for errors; prints
 * each KPI as a sentence, the screens, and warnings. With a data directory also what its events and values tell.
 */
export async function lint(
  wiring: Wiring,
  files: readonly string[],
  { data }: { readonly data?: string },
): Promise<void> {
  const catalogue = await wiring.loadCatalogue(files);
  const history = data === undefined ? NO_HISTORY : await readHistory(wiring, data);
  for (const kpi of catalogue.kpis.values()) process.stdout.write(`${kpi.definition.kpi}: ${sentence(kpi, 'en')}\n`);
  const screens = [...(await wiring.loadScreens(files, catalogue)).values()];
  for (const { name, tiles, generated } of screens)
    process.stdout.write(`screen ${name}: ${tiles.length} tiles${generated ? ', made of the catalogue' : ''}\n`);
  const limits = new Map(history.limits.map((limit) => [limit.id, limit]));
  const inForce = wiring.limitSeries(catalogue, limits);
  const warnings = [
    ...lintSmart(catalogue),
    ...lintHolidays(catalogue, new Date().getUTCFullYear()),
    ...lintActivities(catalogue, history.activities),
    ...lintNeverSeen(catalogue, history.activities),
    ...lintSamples(inForce, history.samples),
    ...lintLabels(catalogue, history.labels),
    ...lintDistinct(inForce, history.distinct),
    ...lintLimited(limitedKpis(catalogue, limits)),
  ];
  for (const { place, message } of warnings) process.stdout.write(`warning: ${place}: ${message}\n`);
  process.stdout.write(`${catalogue.kpis.size} KPIs, no errors, ${warnings.length} warnings\n`);
}
