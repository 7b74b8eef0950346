import type { Catalogue } from '../catalogue/catalogue.ts';
import { definitionHash } from '../catalogue/catalogue-hash.ts';
import { onDefinition } from '../catalogue/catalogue-rule.ts';
import type { Definition } from '../definition.ts';
import { inputsOf, isDerived } from '../formula/derived.ts';
import { seriesGroups } from './series-groups.ts';

/** What was decided of a group of KPIs that had more label sets than they may. */
export interface SeriesLimit {
  /** Of the group. */
  readonly id: string;
  readonly seriesMax: number;
  /** How many label sets there were. */
  readonly labelSets: number;
  /** Those that keep their labels, in byte order. */
  readonly admitted: readonly string[];
}

/** A KPI that counts some label sets together. */
export interface LimitedKpi extends Pick<SeriesLimit, 'seriesMax' | 'labelSets'> {
  readonly kpi: string;
}

/**
 * The catalogue with these limits in it: definitions of their groups, of what is computed from them and the rules on both
 * are other versions. Gives the catalogue itself where no limit is for it. `calendarVersion`: that of its hashes.
 */
export function limitSeries(
  catalogue: Catalogue,
  limits: ReadonlyMap<string, SeriesLimit>,
  calendarVersion: string,
): Catalogue {
  const admitted = new Map<string, readonly string[]>();
  for (const { id, definitions } of seriesGroups(catalogue)) {
    const limit = limits.get(id);
    if (limit !== undefined) for (const hash of definitions) admitted.set(hash, limit.admitted);
  }
  if (admitted.size === 0) return catalogue;
  const versions = new Map<string, Definition>();
  const versionOf = (definition: Definition): Definition => {
    const known = versions.get(definition.hash);
    if (known !== undefined) return known;
    const version = limited(definition);
    versions.set(definition.hash, version);
    return version;
  };
  const limited = (definition: Definition): Definition => {
    if (!isDerived(definition)) {
      const list = admitted.get(definition.hash);
      return list === undefined ? definition : rehashed({ ...definition, admitted: list }, calendarVersion);
    }
    const inputs = inputsOf(definition).map(versionOf);
    if (inputs.every((input, i) => input === inputsOf(definition)[i])) return definition;
    const measure = { ...definition.measure, inputs } as Definition['measure'];
    return rehashed({ ...definition, measure }, calendarVersion);
  };
  return {
    ...catalogue,
    kpis: new Map(
      [...catalogue.kpis].map(([key, kpi]) => [key, { ...kpi, definition: versionOf(kpi.definition) }] as const),
    ),
    rules: new Map(
      [...catalogue.rules].map(([name, rule]) => {
        const definition = versionOf(catalogue.kpis.get(rule.kpi)!.definition);
        return [
          name,
          definition.hash === rule.definition ? rule : onDefinition(rule, definition.hash, calendarVersion),
        ] as const;
      }),
    ),
  };
}

/** The KPIs of a catalogue, as its files say it, that these limits are for. */
export function limitedKpis(catalogue: Catalogue, limits: ReadonlyMap<string, SeriesLimit>): LimitedKpi[] {
  return seriesGroups(catalogue).flatMap(({ id, kpis }) => {
    const limit = limits.get(id);
    if (limit === undefined) return [];
    return kpis.map((kpi) => ({ kpi, seriesMax: limit.seriesMax, labelSets: limit.labelSets }));
  });
}

function rehashed(definition: Definition, calendarVersion: string): Definition {
  return { ...definition, hash: definitionHash(definition, calendarVersion) };
}
