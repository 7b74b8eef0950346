import type { Kpi } from './catalogue.ts';
import { derivedIn, namesIn, readDerived } from './catalogue-derived.ts';
import { readKpi, type KpiScope } from './catalogue-kpi.ts';
import { Problems } from './catalogue-problem.ts';
import { mapOf } from './catalogue-read.ts';
import { ringOf } from './catalogue-rings.ts';

/** KPIs of other files of the same catalogue, which derived ones may name. */
export interface OtherKpis {
  /** Those computed from events that could be read. */
  readonly measured: ReadonlyMap<string, Kpi>;
  /** All of them as they stand in their files. */
  readonly written: ReadonlyMap<string, unknown>;
}

/** Whether a KPI as it stands in a file is computed from other KPIs. */
export function isWrittenDerived(value: unknown): boolean {
  return derivedIn(value) !== null;
}

/** The KPIs that are computed from events, by key; those with problems are left out. */
export function readMeasured(section: unknown, scope: KpiScope): Map<string, Kpi> {
  const kpis = new Map<string, Kpi>();
  for (const [key, value] of Object.entries(mapOf(section) ?? {})) {
    const kpi = isWrittenDerived(value) ? null : readKpi(key, value, ['kpis', key], scope);
    if (kpi !== null) kpis.set(key, kpi);
  }
  return kpis;
}

/** The KPIs of a file by key, in its order; those with problems, and those computed from such, are left out. */
export function readKpis(section: unknown, scope: KpiScope, others: OtherKpis | undefined): Map<string, Kpi> {
  const own = mapOf(section) ?? {};
  const measured = readMeasured(section, scope);
  const written = new Map([...(others?.written ?? []), ...Object.entries(own)]);
  const known = new Map<string, Kpi | null>([...(others?.measured ?? []), ...measured]);
  const namesOf = (key: string): readonly string[] => namesIn(written.get(key));
  const kpiOf = (key: string): Kpi | null => {
    if (known.has(key) || !isWrittenDerived(written.get(key))) return known.get(key) ?? null;
    // Of another file, or of this one further up: what is wrong there is told there.
    const kpi = ringOf(key, namesOf) === null ? readOne(key, new Problems()) : null;
    known.set(key, kpi);
    return kpi;
  };
  const readOne = (key: string, problems: Problems): Kpi | null => {
    return readDerived(key, written.get(key), ['kpis', key], { ...scope, keys: [...written.keys()], kpiOf, problems });
  };
  const kpis = new Map<string, Kpi>();
  for (const [key, value] of Object.entries(own)) {
    let kpi = measured.get(key) ?? null;
    const place = derivedIn(value);
    if (place !== null) {
      const ring = ringOf(key, namesOf);
      if (ring === null) kpi = readOne(key, scope.problems);
      else
        scope.problems.add(['kpis', key, ...place.path], `${ring.join(' → ')}: a KPI cannot be computed from itself`);
    }
    if (kpi !== null) kpis.set(key, kpi);
  }
  return kpis;
}
