import type { Kpi } from './catalogue.ts';
import { readFormula } from './catalogue-formula.ts';
import { readGrowth } from './catalogue-growth.ts';
import type { DerivedScope } from './catalogue-inputs.ts';
import type { Path } from './catalogue-problem.ts';
import { mapOf, textOf } from './catalogue-read.ts';
import { readRollup } from './catalogue-rollup.ts';
import { parseFormula } from '../formula/formula-parse.ts';

/** How a KPI names those that it is computed from, as it is written. */
interface WrittenDerived {
  readonly kind: 'formula' | 'rollup' | 'growth';
  /** A formula, or the key of a KPI. */
  readonly text: unknown;
  /** Its place relative to the KPI. */
  readonly path: Path;
}

/** How a KPI is computed from others; null: it is computed from events. */
export function derivedIn(value: unknown): WrittenDerived | null {
  const map = mapOf(value);
  if (map?.['formula'] !== undefined) return { kind: 'formula', text: map['formula'], path: ['formula'] };
  const measure = mapOf(map?.['measure']);
  if (measure?.['formula'] !== undefined)
    return { kind: 'formula', text: measure['formula'], path: ['measure', 'formula'] };
  for (const kind of ['rollup', 'growth'] as const)
    if (measure?.[kind] !== undefined)
      return { kind, text: mapOf(measure[kind])?.['of'], path: ['measure', kind, 'of'] };
  return null;
}

/** Keys of the KPIs that a derived one names; none where its form is wrong. */
export function namesIn(value: unknown): readonly string[] {
  const place = derivedIn(value);
  const text = textOf(place?.text);
  if (place === null || text === null) return [];
  if (place.kind !== 'formula') return [text];
  const parsed = parseFormula(text);
  return 'problem' in parsed ? [] : parsed.names.map(({ name }) => name);
}

/** A KPI that is computed from others; null when there is a problem, here or in what it uses. */
export function readDerived(key: string, value: unknown, path: Path, scope: DerivedScope): Kpi | null {
  const map = mapOf(value);
  const place = derivedIn(value);
  const text = textOf(place?.text);
  if (map === null || place === null || text === null) return null;
  switch (place.kind) {
    case 'formula':
      return readFormula(key, map, text, path, [...path, ...place.path], scope);
    case 'rollup':
      return readRollup(key, map, text, path, scope);
    case 'growth':
      return readGrowth(key, map, text, path, scope);
  }
}
