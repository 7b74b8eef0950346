import type { Catalogue } from '../core/catalogue/catalogue.ts';
import { compileCatalogue, type CompileOptions } from '../core/catalogue/catalogue-compile.ts';
import { holidayCodesOf } from '../core/catalogue/catalogue-holidays.ts';
import { shapeProblems } from './catalogue-shape.ts';
import { loadPlans } from './plan-files.ts';
import { loadHolidays } from './holidays/load-holidays.ts';
import { parseYaml, type PlacedProblem, problemsError, readTextFile } from './yaml-document.ts';

/** Largest catalogue that is read. */
export const CATALOGUE_BYTES_MAX = 1_048_576;

/**
 * The catalogue of a text, or all of its problems in the order of the file. `fileName` is only for the problems. Holidays
 * of countries are those of the options.
 */
export function parseCatalogue(
  text: string,
  fileName: string,
  options: CompileOptions,
): { readonly catalogue: Catalogue | null; readonly problems: readonly PlacedProblem[] } {
  const file = parseYaml(text, fileName);
  if ('unparsed' in file) return { catalogue: null, problems: file.unparsed };
  const compiled = compileCatalogue(file.parsed, shapeProblems(file.parsed, 'catalogue'), options);
  return { catalogue: compiled.catalogue, problems: file.place(compiled.problems) };
}

/**
 * Reads a catalogue file. Throws FILE_UNREADABLE when it cannot be read, and CATALOGUE_INVALID with at most five lines
 * `file:line:column: what; allowed: …` when something is wrong with it.
 */
export async function loadCatalogue(path: string, options: CompileOptions): Promise<Catalogue> {
  const kind = { what: 'catalogue', bytesMax: CATALOGUE_BYTES_MAX, code: 'CATALOGUE_INVALID' } as const;
  const text = await readTextFile(path, kind);
  const file = parseYaml(text, path);
  const holidays = await loadHolidays('unparsed' in file ? [] : holidayCodesOf(file.parsed));
  const plans = await loadPlans('unparsed' in file ? null : file.parsed, path);
  const { catalogue, problems } = parseCatalogue(text, path, { ...options, holidays, plans });
  if (catalogue !== null) return catalogue;
  throw problemsError('CATALOGUE_INVALID', problems);
}
