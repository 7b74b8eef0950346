import type { Mismatch } from '../../core/verify/compare-windows.ts';
import type { Definition } from '../../core/definition.ts';
import type { EventSpan } from '../../core/verify/measure-sql.ts';
import { NotChecked } from '../../core/verify/not-checked.ts';
import { whatIsBehind, type WhatIsBehind } from './inputs-behind.ts';
import { NO_SPAN, planKpi } from './kpi-plan.ts';
import { stillTold } from './still-told.ts';
import { verifyPage } from './verify-page.ts';
import { verifyPages } from './verify-pages.ts';
import type { VerifyRange, VerifySource } from './verify-source.ts';

/** Differences of a KPI that are listed; of the others only the number is told. */
const LISTED_MAX = 20;
/** Cases that are named for each. */
const CASES_MAX = 10;

/** A difference with what the events say of it. */
export interface Difference extends Mismatch, WhatIsBehind {}

/** What the check of a KPI came to. */
export interface KpiCheck {
  readonly kpi: string;
  /** Where the first window of this version of it begins, ms UTC; null: it has all of history. */
  readonly effectiveMs: number | null;
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

/** What a check needs to know of a workflow. */
export interface WorkflowState {
  /** Null: it has no events. */
  readonly span: EventSpan | null;
  readonly watermarkMs: number | null;
  /** What begins before it has lost events to retention; null: nothing has. */
  readonly frozenMs: number | null;
}

/** What a check needs to know of the workflows of a KPI. */
export interface KpiState {
  spanOf(workflow: string): EventSpan | null;
  /** Of all of them together; null: they have no events. */
  readonly span: EventSpan | null;
  /** Of the slowest. */
  readonly watermarkMs: number | null;
  /** The latest. */
  readonly frozenMs: number | null;
}

/**
 * Compares the stored values of a KPI with what the archived events give. `onPage` is told how many windows were compared
 * so far. Throws what the source throws; what has no SQL, or is too much for one statement, is told in `notChecked`.
 */
export async function verifyKpi(
  definition: Definition,
  state: KpiState,
  range: VerifyRange,
  source: VerifySource,
  onPage: (windows: number) => void,
): Promise<KpiCheck> {
  const { kpi, window, effectiveMs = null } = definition;
  const sum = { windows: 0, open: 0, moving: 0, differencesCount: 0 };
  const differences: Difference[] = [];
  try {
    const plan = planKpi(definition, (workflow) => state.spanOf(workflow));
    if (window.kind === 'total' && !range.totals)
      throw new NotChecked('a total is of no range; run it without --from and --to');
    const told = stillTold(definition, range, state.frozenMs);
    for await (const ends of verifyPages(definition, state.span ?? NO_SPAN, told, state.watermarkMs, source)) {
      const { compared, open, mismatches, moving, computed } = await verifyPage({ plan, ends, source });
      sum.windows += compared;
      sum.open += open;
      sum.moving += moving;
      sum.differencesCount += mismatches.length;
      for (const mismatch of mismatches.slice(0, LISTED_MAX - differences.length))
        differences.push({ ...mismatch, ...(await whatIsBehind(plan, computed, mismatch, CASES_MAX, source)) });
      onPage(sum.windows);
    }
    return { kpi, effectiveMs, notChecked: null, ...sum, differences };
  } catch (error) {
    const notChecked = whyNotChecked(error, window.kind === 'total');
    if (notChecked === null) throw error;
    return { kpi, effectiveMs, notChecked, ...sum, differences };
  }
}

/** Why a KPI cannot be told in SQL; null: the error is another. */
export function whyNotChecked(error: unknown, total: boolean): string | null {
  const { code, message } = error as { readonly code?: string; readonly message: string };
  if (error instanceof NotChecked) return message;
  if (code === 'QUERY_LIMIT')
    return `its events are too many for one query${total ? '' : '; try a shorter range with --from and --to'}`;
  if (code === 'QUERY_FAILED' && message.includes('too many digits'))
    return 'a value of more digits than SQL can add up';
  return null;
}
