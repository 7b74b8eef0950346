import { existsSync } from 'node:fs';
import { join } from 'node:path';

const folder = process.env['TAKT_DATASETS'] ?? '../shared/datasets';

/** The path of a data set's file. */
export function dataSet(name: string): string {
  return join(folder, name);
}

/** Why tests on the data sets are skipped, or false. Under CI they never are: they fail instead. */
export const dataSetsMissing: string | false =
  existsSync(folder) || process.env['CI'] === 'true' ? false : `the data sets are not at ${folder} (set TAKT_DATASETS)`;
