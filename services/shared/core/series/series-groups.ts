import { createHash } from 'node:crypto';
import type { Catalogue } from '../catalogue/catalogue.ts';
import type { Definition } from '../definition.ts';
import { isDerived } from '../formula/derived.ts';
import { leavesOf } from '../formula/derived-leaves.ts';

const ID_DIGITS = 16;

/**
 * KPIs that have one list of admitted label sets: one KPI, or all that derived ones are computed from together, because a
 * formula needs the same label sets of each.
 */
export interface SeriesGroup {
  /** 16 hex digits over the definitions and the limit: a changed one is another group, for which nothing is decided. */
  readonly id: string;
  /** Keys of the KPIs, none of them derived, in order. */
  readonly kpis: readonly string[];
  /** Hashes of their definitions as the catalogue has them. */
  readonly definitions: readonly string[];
  /** How many label sets they may have together: the lowest `series_max` among them. */
  readonly seriesMax: number;
}

/** The groups of a catalogue as its files say it; KPIs without labels are in none. */
export function seriesGroups({ kpis }: Catalogue): SeriesGroup[] {
  const measured = [...kpis.values()].filter(({ definition }) => !isDerived(definition) && definition.by.length > 0);
  const groupOf = new Map<string, Set<string>>(measured.map(({ definition: { kpi } }) => [kpi, new Set([kpi])]));
  for (const { definition } of kpis.values()) joinLeaves(definition, groupOf);
  return [...new Set(groupOf.values())].map((keys) => {
    const members = [...keys].sort().map((key) => kpis.get(key)!);
    const definitions = members.map(({ definition }) => definition.hash);
    const seriesMax = Math.min(...members.map((kpi) => kpi.seriesMax ?? Infinity));
    const id = createHash('sha256')
      .update([seriesMax, ...definitions].join(' '))
      .digest('hex')
      .slice(0, ID_DIGITS);
    return { id, kpis: [...keys].sort(), definitions, seriesMax };
  });
}

function joinLeaves(definition: Definition, groupOf: Map<string, Set<string>>): void {
  if (!isDerived(definition)) return;
  const groups = leavesOf(definition).flatMap(({ definition: { kpi } }) => groupOf.get(kpi) ?? []);
  const joined = new Set(groups.flatMap((keys) => [...keys]));
  for (const key of joined) groupOf.set(key, joined);
}
