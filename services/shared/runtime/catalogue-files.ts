import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Catalogue } from '../core/catalogue/catalogue.ts';
import {
  calendarsOf,
  channelNamesOf,
  compileCatalogue,
  type CompileOptions,
  kpisOf,
  workflowsOf,
} from '../core/catalogue/catalogue-compile.ts';
import { holidayCodesOf } from '../core/catalogue/catalogue-holidays.ts';
import type { Path } from '../core/catalogue/catalogue-problem.ts';
import { mapOf, textOf } from '../core/catalogue/catalogue-read.ts';
import { TaktError } from '../core/errors.ts';
import { CATALOGUE_BYTES_MAX } from './catalogue-file.ts';
import { shapeProblems } from './catalogue-shape.ts';
import { loadPlans } from './plan-files.ts';
import { loadHolidays } from './holidays/load-holidays.ts';
import { parseYaml, type PlacedProblem, problemsError, readTextFile, type YamlFile } from './yaml-document.ts';

/** Most files of one catalogue. */
const FILES_MAX = 200;

type Parsed = Extract<YamlFile, { parsed: unknown }>;

/**
 * Reads the files of a catalogue, and of folders their `.yaml` and `.yml` files, into one catalogue: a KPI may be about a
 * workflow of another file and name its calendars; each file's time zone holds for its own KPIs and calendars. Throws
 * FILE_UNREADABLE, and CATALOGUE_INVALID with the places of what is wrong: a name of a workflow, calendar, KPI, rule or
 * channel that stands in two files with both.
 */
export async function loadCatalogues(paths: readonly string[], options: CompileOptions): Promise<Catalogue> {
  const files: Parsed[] = [];
  const filePaths: string[] = [];
  const problems: PlacedProblem[] = [];
  for (const path of await filesOf(paths)) {
    const kind = { what: 'catalogue', bytesMax: CATALOGUE_BYTES_MAX, code: 'CATALOGUE_INVALID' } as const;
    const file = parseYaml(await readTextFile(path, kind), path);
    if ('unparsed' in file) problems.push(...file.unparsed);
    else {
      files.push(file);
      filePaths.push(path);
    }
  }
  const otherWorkflows = new Map(files.flatMap(({ parsed }) => [...workflowsOf(parsed)]));
  const holidays = await loadHolidays(files.flatMap(({ parsed }) => holidayCodesOf(parsed)));
  const otherCalendars = new Map(files.flatMap(({ parsed }) => [...calendarsOf(parsed, { holidays })]));
  const names = { holidays, otherWorkflows, otherCalendars };
  const kpis = files.map(({ parsed }) => kpisOf(parsed, { ...options, ...names }));
  const plansOf = new Map<Parsed, Awaited<ReturnType<typeof loadPlans>>>();
  for (const [file, path] of files.map((each, i) => [each, filePaths[i]!] as const))
    plansOf.set(file, await loadPlans(file.parsed, path));
  const otherKpis = {
    measured: new Map(kpis.flatMap(({ measured }) => [...measured])),
    written: new Map(kpis.flatMap(({ written }) => [...written])),
  };
  const others = { ...names, otherKpis };
  const otherChannels = files.flatMap(({ parsed }) => channelNamesOf(parsed));
  const catalogues: Catalogue[] = [];
  for (const file of files) {
    const shape = shapeProblems(file.parsed, 'catalogue');
    const plans = plansOf.get(file)!;
    const compiled = compileCatalogue(file.parsed, shape, { ...options, ...others, plans, otherChannels });
    if (compiled.catalogue !== null) catalogues.push(compiled.catalogue);
    problems.push(...file.place(compiled.problems));
  }
  problems.push(...namedTwice(files));
  if (problems.length > 0) throw problemsError('CATALOGUE_INVALID', problems);
  const catalogue = merged(catalogues);
  if (catalogue.workflows.size > 0) return catalogue;
  throw new TaktError('CATALOGUE_INVALID', `${paths.join(', ')}: there is no workflow; name one in workflows.`);
}

async function filesOf(paths: readonly string[]): Promise<string[]> {
  const files: string[] = [];
  for (const path of paths) {
    const isFolder = await stat(path).then(
      (entry) => entry.isDirectory(),
      () => false,
    );
    if (!isFolder) files.push(path);
    else {
      const names = (await readdir(path)).filter((name) => /\.ya?ml$/.test(name)).sort();
      if (names.length === 0)
        throw new TaktError('FILE_UNREADABLE', `The folder ${path} has no catalogue: no file ends with .yaml or .yml.`);
      files.push(...names.map((name) => join(path, name)));
    }
  }
  if (files.length > FILES_MAX)
    throw new TaktError('CATALOGUE_INVALID', `The catalogue has ${files.length} files; allowed are ${FILES_MAX}.`);
  return files;
}

/** What must be unique over all files, with where it stands in one. */
function namesOf(parsed: unknown): { readonly what: string; readonly name: string; readonly path: Path }[] {
  const root = mapOf(parsed) ?? {};
  const keys = (section: string, what: string): { what: string; name: string; path: Path }[] =>
    Object.keys(mapOf(root[section]) ?? {}).map((name) => ({ what, name, path: [section, name] }));
  const rules = Object.entries(mapOf(root['kpis']) ?? {}).flatMap(([kpi, value]) => {
    const alerts = mapOf(value)?.['alerts'];
    if (!Array.isArray(alerts)) return [];
    return alerts.flatMap((alert: unknown, index) => {
      const name = textOf(mapOf(alert)?.['name']);
      return name === null ? [] : [{ what: 'rule', name, path: ['kpis', kpi, 'alerts', index, 'name'] }];
    });
  });
  const sections = [
    ...keys('workflows', 'workflow'),
    ...keys('calendars', 'calendar'),
    ...keys('kpis', 'KPI'),
    ...keys('channels', 'channel'),
  ];
  return [...sections, ...rules];
}

function namedTwice(files: readonly Parsed[]): PlacedProblem[] {
  const first = new Map<string, { readonly file: Parsed; readonly place: PlacedProblem }>();
  const problems: PlacedProblem[] = [];
  for (const file of files) {
    for (const { what, name, path } of namesOf(file.parsed)) {
      const at = path.length === 2 ? 'key' : 'value';
      const [place] = file.place([{ path, at, message: '', allowed: null }]);
      const earlier = first.get(`${what} ${name}`);
      if (earlier === undefined) first.set(`${what} ${name}`, { file, place: place! });
      else if (earlier.file !== file) {
        const { file: other, line, column } = earlier.place;
        const message = `the ${what} '${name}' stands in ${other}:${line}:${column} too; keep one of them`;
        problems.push({ ...place!, message });
      }
    }
  }
  return problems;
}

/** One catalogue of several without a name in common; the time zone is the first one's, KPIs keep that of their file. */
function merged(catalogues: readonly Catalogue[]): Catalogue {
  const [first] = catalogues;
  return {
    ...first!,
    workflows: new Map(catalogues.flatMap(({ workflows }) => [...workflows])),
    calendars: new Map(catalogues.flatMap(({ calendars }) => [...calendars])),
    kpis: new Map(catalogues.flatMap(({ kpis }) => [...kpis])),
    rules: new Map(catalogues.flatMap(({ rules }) => [...rules])),
    channels: new Map(catalogues.flatMap(({ channels }) => [...channels])),
  };
}
