import type { Catalogue } from '../catalogue/catalogue.ts';
import { didYouMean, listed, type Path, type Problem, Problems } from '../catalogue/catalogue-problem.ts';
import { mapOf, numberOf, textOf } from '../catalogue/catalogue-read.ts';
import { type Screen, type Tile, TILES_MAX, WORST_DEFAULT } from './screen.ts';

const KINDS = ['hero', 'number', 'table', 'alerts'] as const;

/** A screen, or what is wrong with it: one of the two is empty. */
export interface ReadScreen {
  readonly screen: Screen | null;
  readonly problems: readonly Problem[];
}

/**
 * Makes a screen of a parsed file. `shape` holds what the JSON Schema found wrong; what can be read in spite of it is
 * checked against the catalogue as well, so that all problems are given at once.
 */
export function readScreen(name: string, parsed: unknown, shape: readonly Problem[], catalogue: Catalogue): ReadScreen {
  const problems = new Problems();
  const root = mapOf(parsed) ?? {};
  const list = Array.isArray(root['tiles']) ? (root['tiles'] as readonly unknown[]) : [];
  const tiles: Tile[] = [];
  for (const [index, value] of list.entries()) {
    const tile = readTile(value, ['tiles', index], catalogue, problems);
    if (tile !== null) tiles.push(tile);
  }
  checkTogether(list.length, tiles, problems);
  const all = [...shape, ...problems.list];
  if (all.length > 0) return { screen: null, problems: all };
  return { screen: { name, title: readTitle(root['title'], name), tiles, generated: false }, problems: [] };
}

function readTile(value: unknown, path: Path, catalogue: Catalogue, problems: Problems): Tile | null {
  const map = mapOf(value);
  if (map === null) return null;
  const kinds = KINDS.filter((each) => map[each] !== undefined);
  const [kind] = kinds;
  if (kind === undefined || kinds.length > 1)
    return problems.add(
      path,
      `a tile is ${kinds.length === 0 ? 'nothing' : kinds.join(' and ')}`,
      `one of ${KINDS.join(', ')}`,
    );
  if (kind !== 'table' && map['worst'] !== undefined)
    problems.addAtKey([...path, 'worst'], 'only a table has worst', 'a table');
  if (kind === 'alerts') return { kind };
  const kpi = textOf(map[kind]);
  if (kpi === null) return null;
  const known = catalogue.kpis.get(kpi);
  if (known === undefined) {
    const names = [...catalogue.kpis.keys()];
    return problems.add([...path, kind], `unknown KPI '${kpi}'${didYouMean(kpi, names)}`, listed(names));
  }
  const dimensions = known.definition.by.map(({ dimension }) => dimension);
  const labels = readLabels(map['labels'], [...path, 'labels'], kpi, dimensions, problems);
  if (kind !== 'table') return { kind, kpi, labels };
  if (dimensions.length === 0)
    problems.add([...path, kind], `${kpi} has one series, so a table has nothing to compare`, 'a KPI with by');
  return { kind, kpi, labels, worst: numberOf(map['worst']) ?? WORST_DEFAULT };
}

function readLabels(
  value: unknown,
  path: Path,
  kpi: string,
  dimensions: readonly string[],
  problems: Problems,
): Readonly<Record<string, string>> {
  const labels: [string, string][] = [];
  for (const [label, text] of Object.entries(mapOf(value) ?? {})) {
    if (!dimensions.includes(label))
      problems.addAtKey([...path, label], `${kpi} has no label '${label}'`, listed(dimensions));
    if (typeof text === 'string') labels.push([label, text]);
  }
  return Object.fromEntries(labels);
}

/** What no tile alone can get wrong. */
function checkTogether(count: number, tiles: readonly Tile[], problems: Problems): void {
  if (count > TILES_MAX)
    problems.addAtKey(['tiles'], `${count} tiles cannot be read across a hall`, `at most ${TILES_MAX}`);
  else if (tiles.filter(({ kind }) => kind === 'hero').length > 1)
    problems.addAtKey(['tiles'], 'two tiles are the hero', 'one hero; make the others a number');
}

function readTitle(value: unknown, name: string): Readonly<Record<string, string>> {
  const plain = textOf(value);
  if (plain !== null) return { en: plain };
  const texts = Object.entries(mapOf(value) ?? {}).filter(([, text]) => textOf(text) !== null);
  return texts.length === 0 ? { en: name } : Object.fromEntries(texts as [string, string][]);
}
