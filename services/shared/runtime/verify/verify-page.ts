import { compareWindows, type Compared, type Mismatch, type StreamedRow } from '../../core/verify/compare-windows.ts';
import { encodeLabels } from '../../core/measure/labels.ts';
import { quoted } from '../../core/verify/sql-text.ts';
import type { WindowEnds } from '../../core/verify/window-ends.ts';
import { computedWindows } from './computed-windows.ts';
import type { KpiPlan } from './kpi-plan.ts';
import type { PageWindows } from './page-windows.ts';
import type { VerifySource } from './verify-source.ts';

/** How often a page in which something differs is looked at again while its rows still change. */
const LOOKS_MAX = 3;

/** Windows of a KPI that are looked at together. */
export interface Page {
  readonly plan: KpiPlan;
  readonly ends: WindowEnds;
  readonly source: VerifySource;
}

/** What a comparison came to. */
export interface PageCheck extends Compared {
  /** Rows that went on changing, and so were not compared. */
  readonly moving: number;
  /** As the events gave them last. */
  readonly computed: PageWindows;
}

/**
 * Events and values are stored one after the other, so that what differs may only be on its way. It is looked at again
 * between two reads of the rows, with everything stored before each step: a row that is the same in both has seen what
 * SQL has seen.
 */
export async function verifyPage(page: Page): Promise<PageCheck> {
  const { ends, source } = page;
  const { definition } = page.plan;
  const rows = await streamedRows(page);
  let computed = await computedWindows(page.plan, ends, source);
  let comparison = compareWindows(definition, rows, computed);
  let moving: readonly Mismatch[] = [];
  for (let look = 0; look < LOOKS_MAX && comparison.mismatches.length > 0; look++) {
    await source.settled();
    const before = await streamedRows(page);
    await source.settled();
    computed = await computedWindows(page.plan, ends, source);
    comparison = compareWindows(definition, before, computed);
    await source.settled();
    const changed = changesBetween(before, await streamedRows(page));
    moving = comparison.mismatches.filter((mismatch) => changed.has(keyOf(mismatch)));
    if (moving.length === 0) break;
  }
  const mismatches = comparison.mismatches.filter((mismatch) => !moving.includes(mismatch));
  return { ...comparison, compared: comparison.compared - moving.length, mismatches, moving: moving.length, computed };
}

function keyOf({ labels, endMs }: Pick<Mismatch, 'labels' | 'endMs'>): string {
  return `${encodeLabels(labels)} ${endMs}`;
}

/** Keys of the rows that came, went or got another version. */
function changesBetween(before: readonly StreamedRow[], after: readonly StreamedRow[]): ReadonlySet<string> {
  const versions = new Map(before.map((row) => [`${row.labels} ${row.endMs}`, row.version]));
  const changed = new Set<string>();
  for (const row of after) {
    const key = `${row.labels} ${row.endMs}`;
    if (versions.get(key) !== row.version) changed.add(key);
    versions.delete(key);
  }
  for (const key of versions.keys()) changed.add(key);
  return changed;
}

interface StoredRow {
  readonly labels: string;
  readonly start_ms: string | number;
  readonly end_ms: string | number;
  readonly value: number | null;
  readonly value_exact: string | null;
  readonly samples: string | number;
  readonly state: string;
  readonly reason: string;
  readonly version: string;
}

/** The rows of some windows that stand, of the definition with this hash. */
export async function streamedRows({ plan: { definition }, ends, source }: Page): Promise<StreamedRow[]> {
  const sql = `SELECT labels, window_start_ms AS start_ms, window_end_ms AS end_ms, value, value_exact, samples, state, reason, toString(version) AS version
FROM \`values\` WHERE definition = ${quoted(definition.hash)} AND withdrawn = 0
  AND window_end_ms > ${ends.afterMs} AND window_end_ms <= ${ends.untilMs}
ORDER BY window_end_ms, labels`;
  return (await source.rows<StoredRow>(sql)).map(({ labels, value, state, reason, version, ...row }) => ({
    labels,
    startMs: Number(row.start_ms),
    endMs: Number(row.end_ms),
    value,
    exact: row.value_exact,
    samples: Number(row.samples),
    state,
    reason,
    version,
  }));
}
