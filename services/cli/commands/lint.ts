import { lintCatalogue } from '../../shared/core/catalogue-lint.ts';
import { sentence } from '../../shared/core/sentence.ts';
import type { Wiring } from '../wiring.ts';

/**
 * `takt lint`: checks a catalogue and the screens beside it. Throws CATALOGUE_INVALID or SCREEN_INVALID for errors; prints
 * each KPI as a sentence, the screens, and warnings.
 */
export async function lint(wiring: Wiring, files: readonly string[]): Promise<void> {
  const catalogue = await wiring.loadCatalogue(files);
  for (const kpi of catalogue.kpis.values()) process.stdout.write(`${kpi.definition.kpi}: ${sentence(kpi, 'en')}\n`);
  const screens = [...(await wiring.loadScreens(files, catalogue)).values()];
  for (const { name, tiles, generated } of screens)
    process.stdout.write(`screen ${name}: ${tiles.length} tiles${generated ? ', made of the catalogue' : ''}\n`);
  const warnings = lintCatalogue(catalogue);
  for (const { kpi, message } of warnings) process.stdout.write(`warning: ${kpi}: ${message}\n`);
  process.stdout.write(`${catalogue.kpis.size} KPIs, no errors, ${warnings.length} warnings\n`);
}
