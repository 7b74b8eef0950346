import { readdir } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import type { Catalogue } from '../core/catalogue/catalogue.ts';
import { TaktError } from '../core/errors.ts';
import type { Screen } from '../core/screen/screen.ts';
import { defaultScreen } from '../core/screen/screen-default.ts';
import { readScreen } from '../core/screen/screen-read.ts';
import { shapeProblems } from './catalogue-shape.ts';
import { parseYaml, type PlacedProblem, problemsError, readTextFile } from './yaml-document.ts';

/** Largest screen file, and most screens of a folder. */
const SCREEN_BYTES_MAX = 65_536;
const SCREENS_MAX = 100;
/** The folder beside a catalogue file. */
const FOLDER = 'screens';
/** What a screen is called: it stands in an address. */
const NAME = /^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/;

/** The screen of a text, or all of its problems in the order of the file. */
export function parseScreen(
  text: string,
  fileName: string,
  name: string,
  catalogue: Catalogue,
): { readonly screen: Screen | null; readonly problems: readonly PlacedProblem[] } {
  const file = parseYaml(text, fileName);
  if ('unparsed' in file) return { screen: null, problems: file.unparsed };
  const { screen, problems } = readScreen(name, file.parsed, shapeProblems(file.parsed, 'screen'), catalogue);
  return { screen, problems: file.place(problems) };
}

/**
 * The screens beside a catalogue, by name, and one for each workflow that none of them shows: those in the folder
 * `screens` beside each of its files and folders. Throws SCREEN_INVALID with places, FILE_UNREADABLE, FILE_ENCODING.
 */
export async function loadScreens(
  cataloguePaths: readonly string[],
  catalogue: Catalogue,
): Promise<ReadonlyMap<string, Screen>> {
  const folders = new Set(cataloguePaths.map((path) => join(dirname(resolve(path)), FOLDER)));
  const screens = new Map<string, Screen>();
  const pathOf = new Map<string, string>();
  const problems: PlacedProblem[] = [];
  for (const path of (await Promise.all([...folders].map(filesOf))).flat()) {
    const name = basename(path).replace(/\.ya?ml$/, '');
    const kind = { what: 'screen', bytesMax: SCREEN_BYTES_MAX, code: 'SCREEN_INVALID' } as const;
    const read = parseScreen(await readTextFile(path, kind), path, name, catalogue);
    if (!NAME.test(name))
      problems.push(ofFile(path, `'${name}' is no name of a screen`, 'letters, digits, _ and -, at most 64'));
    const other = pathOf.get(name);
    if (other !== undefined) problems.push(ofFile(path, `the screen '${name}' is in ${other} too`, 'one of them'));
    pathOf.set(name, path);
    problems.push(...read.problems);
    if (read.screen !== null) screens.set(name, read.screen);
  }
  if (screens.size > SCREENS_MAX)
    problems.push(ofFile([...folders].join(', '), `${screens.size} screens`, `at most ${SCREENS_MAX}`));
  if (problems.length > 0) throw problemsError('SCREEN_INVALID', problems);
  return withDefaults(screens, catalogue);
}

/** Adds the screens of workflows that none shows. A name that is taken is left to whoever took it. */
export function withDefaults(screens: ReadonlyMap<string, Screen>, catalogue: Catalogue): ReadonlyMap<string, Screen> {
  const shown = new Set<string>();
  for (const { tiles } of screens.values())
    for (const tile of tiles)
      if (tile.kind !== 'alerts') shown.add(catalogue.kpis.get(tile.kpi)?.definition.workflow ?? '');
  const all = new Map(screens);
  for (const workflow of catalogue.workflows.keys()) {
    const screen = shown.has(workflow) || all.has(workflow) ? null : defaultScreen(workflow, catalogue);
    if (screen !== null) all.set(screen.name, screen);
  }
  return all;
}

async function filesOf(folder: string): Promise<string[]> {
  try {
    const names = await readdir(folder);
    return names
      .filter((name) => /\.ya?ml$/.test(name))
      .sort()
      .map((name) => join(folder, name));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw new TaktError('FILE_UNREADABLE', `The screens in ${folder} cannot be read: ${(error as Error).message}.`, {
      cause: error,
    });
  }
}

function ofFile(file: string, message: string, allowed: string): PlacedProblem {
  return { file, line: 1, column: 1, message, allowed };
}
