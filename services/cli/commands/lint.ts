import { type ActivityCount, lintActivities, lintCatalogue, lintHolidays } from '../../shared/core/catalogue-lint.ts';
import { sentence } from '../../shared/core/sentence.ts';
import type { Wiring } from '../wiring.ts';
import { LOG_LIMIT_DEFAULT_GIB } from './options.ts';
import { runQuery } from './query.ts';

const COUNT_ACTIVITIES =
  "SELECT workflow, activity, count() AS events FROM events FINAL WHERE kind != 'void' GROUP BY workflow, activity ORDER BY events DESC, activity";

/**
 * `takt lint`: checks a catalogue and the screens beside it. Throws CATALOGUE_INVALID or SCREEN_INVALID for errors; prints
 * each KPI as a sentence, the screens, and warnings. With a data directory also the activities that its events have and
 * the catalogue does not list.
 */
export async function lint(
  wiring: Wiring,
  files: readonly string[],
  { data }: { readonly data?: string },
): Promise<void> {
  const catalogue = await wiring.loadCatalogue(files);
  const counts = data === undefined ? [] : await activitiesOf(wiring, data);
  for (const kpi of catalogue.kpis.values()) process.stdout.write(`${kpi.definition.kpi}: ${sentence(kpi, 'en')}\n`);
  const screens = [...(await wiring.loadScreens(files, catalogue)).values()];
  for (const { name, tiles, generated } of screens)
    process.stdout.write(`screen ${name}: ${tiles.length} tiles${generated ? ', made of the catalogue' : ''}\n`);
  const warnings = [
    ...lintCatalogue(catalogue),
    ...lintHolidays(catalogue, new Date().getUTCFullYear()),
    ...lintActivities(catalogue, counts),
  ];
  for (const { place, message } of warnings) process.stdout.write(`warning: ${place}: ${message}\n`);
  process.stdout.write(`${catalogue.kpis.size} KPIs, no errors, ${warnings.length} warnings\n`);
}

async function activitiesOf(wiring: Wiring, data: string): Promise<ActivityCount[]> {
  const options = { data, logLevel: 'silent', logLimit: LOG_LIMIT_DEFAULT_GIB };
  const text = Buffer.from(await runQuery(wiring, COUNT_ACTIVITIES, options, 'JSONEachRow')).toString('utf8');
  const rows = text.split('\n').filter((line) => line !== '');
  return rows.map((line) => JSON.parse(line) as ActivityCount);
}
