import { lintCatalogue } from '../../shared/core/catalogue-lint.ts';
import { sentence } from '../../shared/core/sentence.ts';
import type { Wiring } from '../wiring.ts';

/** `takt lint`: throws CATALOGUE_INVALID for errors; prints each KPI as a sentence, and warnings. */
export async function lint(wiring: Wiring, file: string): Promise<void> {
  const catalogue = await wiring.loadCatalogue(file);
  for (const kpi of catalogue.kpis.values()) process.stdout.write(`${kpi.definition.kpi}: ${sentence(kpi, 'en')}\n`);
  const warnings = lintCatalogue(catalogue);
  for (const { kpi, message } of warnings) process.stdout.write(`warning: ${kpi}: ${message}\n`);
  process.stdout.write(`${catalogue.kpis.size} KPIs, no errors, ${warnings.length} warnings\n`);
}
