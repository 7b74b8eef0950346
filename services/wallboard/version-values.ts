import type { Kpi } from '../shared/core/catalogue/catalogue.ts';
import type { ValueRow } from '../shared/ports/kpi-rows.ts';
import type { KpiStore, ValueQuery } from '../shared/ports/kpi-store.ts';
import { earlierOf, type EarlierVersion, isOfVersion } from './live/shown-versions.ts';

/**
 * The values of a KPI with those of the versions before it, each in its own windows. A query names the definition that is shown;
 * rows come by labels and window end.
 */
export function withEarlierValues(
  store: Pick<KpiStore, 'values'>,
  kpi: Pick<Kpi, 'definition' | 'earlier'>,
): Pick<KpiStore, 'values'> {
  const earlier = earlierOf(kpi);
  return earlier.length === 0 ? store : { values: (query) => valuesOf(store, earlier, query) };
}

/** As `KpiStore.values`, of a definition and of what stands before it. */
export async function valuesOf(
  store: Pick<KpiStore, 'values'>,
  earlier: readonly EarlierVersion[],
  query: ValueQuery,
): Promise<ValueRow[]> {
  const rows = [...(await store.values(query))];
  for (const version of earlier) {
    const toMs = Math.min(query.toMs ?? Infinity, version.throughMs + 1);
    const own = await store.values({ ...query, definition: version.definition.hash, toMs });
    rows.push(...own.filter(({ windowEndMs }) => isOfVersion(version, windowEndMs)));
  }
  rows.sort((a, b) => (a.labels === b.labels ? a.windowEndMs - b.windowEndMs : a.labels < b.labels ? -1 : 1));
  return rows.filter(isLast(rows, query.lastPerSeries ?? Infinity)).slice(0, query.rowsMax ?? Infinity);
}

/** Whether a row is among the last `count` of its series; rows in order. */
function isLast(rows: readonly ValueRow[], count: number): (row: ValueRow, index: number) => boolean {
  return ({ labels }, index) => rows[index + count]?.labels !== labels;
}
