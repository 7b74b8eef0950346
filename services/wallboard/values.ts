import { encodeLabels } from '../shared/core/labels.ts';
import type { KpiStore, ValueQuery, ValueRow } from '../shared/ports/kpi-store.ts';
import type { ValuesQuery } from './values-query.ts';

/** Most rows of one answer. */
export const VALUE_ROWS_MAX = 10_000;

/** The answer of `GET /v1/values`; times are ISO 8601 in UTC. */
export interface ValuesAnswer {
  readonly kpi: string;
  readonly definition: string;
  readonly unit: string;
  readonly name: Readonly<Record<string, string>>;
  /** Whether rows were left out because there are more than VALUE_ROWS_MAX. */
  readonly truncated: boolean;
  readonly rows: readonly PresentedRow[];
}

interface PresentedRow {
  readonly labels: Readonly<Record<string, string>>;
  readonly windowStart: string;
  readonly windowEnd: string;
  readonly validTo: string | null;
  readonly value: number | null;
  readonly valueExact: string | null;
  readonly samples: number;
  readonly state: ValueRow['state'];
  readonly revision: number;
  readonly reason: string;
}

/** Reads the rows that were asked for, ordered by labels and window end. Throws STORE_FAILED, STORE_CLOSED. */
export async function readValues(store: Pick<KpiStore, 'values'>, query: ValuesQuery): Promise<ValuesAnswer> {
  const { kpi, labels, read } = query;
  const { definition } = kpi;
  const stored = await store.values({ definition: definition.hash, ...boundsOf(read), ...labelsOf(query) });
  const matching = stored.filter(({ labelMap }) => [...labels].every(([name, value]) => labelMap[name] === value));
  const rows = read.kind === 'at' ? matching.filter((row) => holdsAt(row, read.atMs)) : matching;
  rows.sort((a, b) => (a.labels < b.labels ? -1 : a.labels > b.labels ? 1 : a.windowEndMs - b.windowEndMs));
  return {
    kpi: definition.kpi,
    definition: definition.hash,
    unit: definition.unit,
    name: kpi.name,
    truncated: rows.length > VALUE_ROWS_MAX,
    rows: rows.slice(0, VALUE_ROWS_MAX).map(present),
  };
}

/** The store's bounds: the end is exclusive there. */
function boundsOf(read: ValuesQuery['read']): Pick<ValueQuery, 'fromMs' | 'toMs' | 'lastPerSeries'> {
  if (read.kind === 'last') return { lastPerSeries: read.count };
  const fromMs = read.kind === 'at' ? undefined : read.fromMs;
  const lastMs = read.kind === 'at' ? read.atMs : read.toMs;
  const bounds = { ...(fromMs === undefined ? {} : { fromMs }), ...(lastMs === undefined ? {} : { toMs: lastMs + 1 }) };
  return read.kind === 'at' ? { ...bounds, lastPerSeries: 1 } : bounds;
}

/** Where every label is given, there is one series, which the store finds by its key. */
function labelsOf({ kpi, labels }: ValuesQuery): Pick<ValueQuery, 'labels'> {
  const names = new Set(kpi.definition.by.map(({ dimension }) => dimension));
  return labels.size < names.size ? {} : { labels: [encodeLabels(Object.fromEntries(labels))] };
}

/** Whether a row that is the last before an instant still holds then. */
function holdsAt({ validToMs }: ValueRow, atMs: number): boolean {
  return validToMs === null || validToMs > atMs;
}

function present(row: ValueRow): PresentedRow {
  const { labelMap, value, valueExact, samples, state, revision, reason } = row;
  return {
    labels: labelMap,
    windowStart: iso(row.windowStartMs),
    windowEnd: iso(row.windowEndMs),
    validTo: row.validToMs === null ? null : iso(row.validToMs),
    value,
    valueExact,
    samples,
    state,
    revision,
    reason,
  };
}

function iso(ms: number): string {
  return new Date(ms).toISOString();
}
