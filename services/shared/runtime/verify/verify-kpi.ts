import {
  type ComputedRow,
  compareWindows,
  type Compared,
  type Mismatch,
  type StreamedRow,
} from '../../core/verify/compare-windows.ts';
import type { Definition } from '../../core/definition.ts';
import { encodeLabels } from '../../core/measure/labels.ts';
import type { EventSpan } from '../../core/verify/measure-sql.ts';
import { NotChecked } from '../../core/verify/not-checked.ts';
import { contributionsSql, type ContributionsSql } from '../../core/verify/sql-contributions.ts';
import { quoted } from '../../core/verify/sql-text.ts';
import { windowsSql } from '../../core/verify/sql-windows.ts';
import type { WindowEnds } from '../../core/verify/window-ends.ts';
import { type CasesBehind, casesBehind } from './cases-behind.ts';
import { verifyPages } from './verify-pages.ts';
import type { VerifyRange, VerifySource } from './verify-source.ts';

/** Differences of a KPI that are listed; of the others only the number is told. */
const LISTED_MAX = 20;
/** Cases that are named for each. */
const CASES_MAX = 10;
/** How often a page in which something differs is looked at again while its rows still change. */
const LOOKS_MAX = 3;

/** A difference with what the events say of it. */
export interface Difference extends Mismatch, CasesBehind {}

/** What the check of a KPI came to. */
export interface KpiCheck {
  readonly kpi: string;
  /** Why it was not checked; null: it was. */
  readonly notChecked: string | null;
  /** Windows that were compared. */
  readonly windows: number;
  /** Rows that were left out because they are not final. */
  readonly open: number;
  /** Rows that went on changing while they were looked at. */
  readonly moving: number;
  readonly differencesCount: number;
  /** At most LISTED_MAX of them. */
  readonly differences: readonly Difference[];
}

/** What a check needs to know of a KPI's workflow. */
export interface WorkflowState {
  /** Null: it has no events. */
  readonly span: EventSpan | null;
  readonly watermarkMs: number | null;
}

/**
 * Compares the stored values of a KPI with what the archived events give. `onPage` is told how many windows were compared
 * so far. Throws what the source throws; what has no SQL, or is too much for one statement, is told in `notChecked`.
 */
export async function verifyKpi(
  definition: Definition,
  { span, watermarkMs }: WorkflowState,
  range: VerifyRange,
  source: VerifySource,
  onPage: (windows: number) => void,
): Promise<KpiCheck> {
  const { kpi, window } = definition;
  const sum = { windows: 0, open: 0, moving: 0, differencesCount: 0 };
  const differences: Difference[] = [];
  try {
    if (window.kind === 'total' && (range.fromMs ?? range.toMs) !== null)
      throw new NotChecked('a total is of no range; run it without --from and --to');
    const known = span ?? { firstMs: 0, lastMs: 0 };
    const contributions = contributionsSql(definition, known);
    // What has no SQL is told even where there is nothing to compare yet.
    windowsSql(definition, contributions, { afterMs: 0, untilMs: 0 });
    for await (const ends of verifyPages(definition, known, range, watermarkMs, source)) {
      const { compared, open, mismatches, moving } = await verifyPage({ definition, contributions, ends, source });
      sum.windows += compared;
      sum.open += open;
      sum.moving += moving;
      sum.differencesCount += mismatches.length;
      for (const mismatch of mismatches.slice(0, LISTED_MAX - differences.length))
        differences.push({
          ...mismatch,
          ...(await casesBehind(definition, contributions, mismatch, CASES_MAX, source)),
        });
      onPage(sum.windows);
    }
    return { kpi, notChecked: null, ...sum, differences };
  } catch (error) {
    const notChecked = whyNotChecked(error, window.kind === 'total');
    if (notChecked === null) throw error;
    return { kpi, notChecked, ...sum, differences };
  }
}

function whyNotChecked(error: unknown, total: boolean): string | null {
  const { code, message } = error as { readonly code?: string; readonly message: string };
  if (error instanceof NotChecked) return message;
  if (code === 'QUERY_LIMIT')
    return `its events are too many for one query${total ? '' : '; try a shorter range with --from and --to'}`;
  if (code === 'QUERY_FAILED' && message.includes('too many digits'))
    return 'a value of more digits than SQL can add up';
  return null;
}

interface Page {
  readonly definition: Definition;
  readonly contributions: ContributionsSql;
  readonly ends: WindowEnds;
  readonly source: VerifySource;
}

/**
 * Events and values are stored one after the other, so that what differs may only be on its way. It is looked at again
 * between two reads of the rows, with everything stored before each step: a row that is the same in both has seen what
 * SQL has seen.
 */
async function verifyPage(page: Page): Promise<Compared & { readonly moving: number }> {
  const { definition, source } = page;
  let comparison = compareWindows(definition, await streamedRows(page), await computedRows(page));
  let moving: readonly Mismatch[] = [];
  for (let look = 0; look < LOOKS_MAX && comparison.mismatches.length > 0; look++) {
    await source.settled();
    const before = await streamedRows(page);
    await source.settled();
    comparison = compareWindows(definition, before, await computedRows(page));
    await source.settled();
    const changed = changesBetween(before, await streamedRows(page));
    moving = comparison.mismatches.filter((mismatch) => changed.has(keyOf(mismatch)));
    if (moving.length === 0) break;
  }
  const mismatches = comparison.mismatches.filter((mismatch) => !moving.includes(mismatch));
  return { ...comparison, compared: comparison.compared - moving.length, mismatches, moving: moving.length };
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
  readonly version: string;
}

async function streamedRows({ definition, ends, source }: Page): Promise<StreamedRow[]> {
  const sql = `SELECT labels, window_start_ms AS start_ms, window_end_ms AS end_ms, value, value_exact, samples, state, toString(version) AS version
FROM \`values\` WHERE definition = ${quoted(definition.hash)} AND withdrawn = 0
  AND window_end_ms > ${ends.afterMs} AND window_end_ms <= ${ends.untilMs}
ORDER BY window_end_ms, labels`;
  return (await source.rows<StoredRow>(sql)).map(({ labels, value, state, version, ...row }) => ({
    labels,
    startMs: Number(row.start_ms),
    endMs: Number(row.end_ms),
    value,
    exact: row.value_exact,
    samples: Number(row.samples),
    state,
    version,
  }));
}

type SumsRow = Record<'end_ms' | 'n', string | number> & Record<'a' | 'b', string> & { readonly labels: string[] };

async function computedRows({ definition, contributions, ends, source }: Page): Promise<ComputedRow[]> {
  const rows = await source.rows<SumsRow>(windowsSql(definition, contributions, ends));
  return rows.map(({ labels, end_ms, n, a, b }) => ({ labels, endMs: Number(end_ms), n: Number(n), a, b }));
}
