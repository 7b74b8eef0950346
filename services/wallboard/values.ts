import type { Kpi } from '../shared/core/catalogue/catalogue.ts';
import { plannedFor } from '../shared/core/goal/planned.ts';
import { goalAt, narrowed } from '../shared/core/goal/goal.ts';
import type { NamedShift } from '../shared/core/calendar/calendar.ts';
import { encodeLabels } from '../shared/core/measure/labels.ts';
import type { ValueRow } from '../shared/ports/kpi-rows.ts';
import type { KpiStore, ValueQuery } from '../shared/ports/kpi-store.ts';
import { shiftOf, tumbles } from '../shared/core/window/window.ts';
import { fillInstant, fillRange, type Progress } from './empty-windows.ts';
import { withEarlierValues } from './version-values.ts';
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
  /** Of a version before the one in force: its hash. */
  readonly definition?: string;
  readonly windowStart: string;
  readonly windowEnd: string;
  /** Of a window that is a shift: which one. */
  readonly shift?: NamedShift;
  readonly validTo: string | null;
  readonly value: number | null;
  readonly valueExact: string | null;
  readonly samples: number;
  readonly state: ValueRow['state'];
  readonly revision: number;
  readonly reason: string;
  /** What it is to reach, for these labels and in this window; null: the catalogue says nothing. */
  readonly target: number | null;
  /** What was planned for the window, of a unit so far by its end; null: nothing. */
  readonly planned: number | null;
}

/** Reads the rows that were asked for, ordered by labels and window end. Throws STORE_FAILED, STORE_CLOSED. */
export async function readValues(
  store: Pick<KpiStore, 'values'>,
  query: ValuesQuery,
  progress: Progress,
): Promise<ValuesAnswer> {
  const { kpi, labels, read } = query;
  const { definition } = kpi;
  const all = withEarlierValues(store, kpi);
  const asked: ValueQuery = {
    definition: definition.hash,
    labelValues: Object.fromEntries(labels),
    rowsMax: VALUE_ROWS_MAX + 1,
    ...labelsOf(query),
  };
  const rows =
    read.kind === 'range' ? await inRange(all, query, asked, progress) : await lastRows(all, query, asked, progress);
  return {
    kpi: definition.kpi,
    definition: definition.hash,
    unit: definition.unit,
    name: kpi.name,
    truncated: rows.length > VALUE_ROWS_MAX,
    rows: rows.slice(0, VALUE_ROWS_MAX).map((row) => present(row, kpi)),
  };
}

async function inRange(
  store: Pick<KpiStore, 'values'>,
  { kpi: { definition }, read }: ValuesQuery,
  asked: ValueQuery,
  progress: Progress,
): Promise<ValueRow[]> {
  const { fromMs, toMs } = read.kind === 'range' ? read : {};
  const until = toMs === undefined ? {} : { toMs: toMs + 1 };
  const stored = await store.values({ ...asked, ...until, ...(fromMs === undefined ? {} : { fromMs }) });
  if (!tumbles(definition.window)) return stored;
  const known = await store.values({ ...asked, ...until, lastPerSeries: 1 });
  return fillRange({ definition, stored, known, fromMs, toMs, progress, rowsMax: VALUE_ROWS_MAX + 1 });
}

/** Of each series the last rows; with an instant, only where it still holds then, and one for an empty tumbling window. */
async function lastRows(
  store: Pick<KpiStore, 'values'>,
  { kpi: { definition }, read }: ValuesQuery,
  asked: ValueQuery,
  progress: Progress,
): Promise<ValueRow[]> {
  // A total has one row, which holds always.
  const count = read.kind === 'last' ? read.count : 1;
  if (read.kind !== 'at' || definition.window.kind === 'total') return store.values({ ...asked, lastPerSeries: count });
  const { atMs } = read;
  const known = await store.values({ ...asked, toMs: atMs + 1, lastPerSeries: 1 });
  if (tumbles(definition.window)) return fillInstant({ definition, known, atMs, progress });
  return known.filter(({ validToMs }) => validToMs === null || validToMs > atMs);
}

/** Where every label is given, there is one series, which the store finds by its key. */
function labelsOf({ kpi, labels }: ValuesQuery): Pick<ValueQuery, 'labels'> {
  const names = new Set(kpi.definition.by.map(({ dimension }) => dimension));
  return labels.size < names.size ? {} : { labels: [encodeLabels(Object.fromEntries(labels))] };
}

function present(row: ValueRow, kpi: Kpi): PresentedRow {
  const { labelMap, value, valueExact, samples, state, revision, reason } = row;
  const shift = shiftOf(kpi.definition.window, row.windowEndMs);
  return {
    labels: labelMap,
    ...(row.definition === kpi.definition.hash ? {} : { definition: row.definition }),
    windowStart: iso(row.windowStartMs),
    windowEnd: iso(row.windowEndMs),
    ...(shift === null ? {} : { shift }),
    validTo: row.validToMs === null ? null : iso(row.validToMs),
    value,
    valueExact,
    samples,
    state,
    revision,
    reason,
    target: goalAt(narrowed(kpi.target, labelMap), row.windowEndMs),
    planned: plannedFor(kpi.plan, labelMap, row.windowStartMs, row.windowEndMs),
  };
}

function iso(ms: number): string {
  return new Date(ms).toISOString();
}
