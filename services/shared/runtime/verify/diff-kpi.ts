import { isMoving } from '../../core/aggregate/moving.ts';
import type { Definition } from '../../core/definition.ts';
import { compareWindows, type Mismatch } from '../../core/verify/compare-windows.ts';
import { NotChecked } from '../../core/verify/not-checked.ts';
import { quoted } from '../../core/verify/sql-text.ts';
import { computedWindows } from './computed-windows.ts';
import { type KpiPlan, NO_SPAN, planKpi } from './kpi-plan.ts';
import { type KpiState, whyNotChecked } from './verify-kpi.ts';
import { streamedRows } from './verify-page.ts';
import { stillTold } from './still-told.ts';
import { verifyPages } from './verify-pages.ts';
import type { VerifyRange, VerifySource } from './verify-source.ts';

/** Differences of a KPI that are listed: the largest. */
const LISTED_MAX = 10;

/** What a new definition of a KPI would change in its history. */
export interface KpiDiff {
  readonly kpi: string;
  readonly change: 'changed' | 'new' | 'removed';
  /** Why it cannot be told; null: it is told. */
  readonly notTold: string | null;
  /** Windows that were compared; of a new KPI those that it would have. */
  readonly windows: number;
  /** Those in which the values are not the same, or only one has any. */
  readonly differing: number;
  /** The end of the first and the last of them, milliseconds UTC; null: none. */
  readonly firstMs: number | null;
  readonly lastMs: number | null;
  /** The largest of them: `streamed` is the value now, `computed` what it would be. Of a new KPI its latest values. */
  readonly largest: readonly Mismatch[];
}

/**
 * Holds the stored values of a KPI (`hash`: of its definition now; null: it has none) against what another definition
 * gives for the same windows, from the archived events. Windows that are not final yet are left out. Throws what the
 * source throws.
 */
export async function diffKpi(
  next: Definition,
  hash: string | null,
  state: KpiState,
  range: VerifyRange,
  source: VerifySource,
  onPage: (windows: number) => void,
): Promise<KpiDiff> {
  // The rows of the definition now, the events read as the next one says.
  const definition: Definition = { ...next, hash: hash ?? '' };
  const told = { windows: 0, differing: 0, firstMs: null as number | null, lastMs: null as number | null };
  let largest: Mismatch[] = [];
  const done = (notTold: string | null): KpiDiff => {
    return { kpi: next.kpi, change: hash === null ? 'new' : 'changed', notTold, ...told, largest };
  };
  try {
    const plan = planKpi(definition, (workflow) => state.spanOf(workflow));
    if (next.window.kind === 'total' && !range.totals) throw new NotChecked('a total is of no range');
    await refuseMoving(plan, source);
    const stillRange = stillTold(definition, range, state.frozenMs);
    for await (const ends of verifyPages(definition, state.span ?? NO_SPAN, stillRange, state.watermarkMs, source)) {
      const computed = await computedWindows(plan, ends, source);
      const rows = await streamedRows({ plan, ends, source });
      const { compared, mismatches } = compareWindows(definition, rows, computed);
      const differing = mismatches.filter(isOther);
      told.windows += compared;
      told.differing += differing.length;
      for (const { endMs } of differing) {
        told.firstMs = Math.min(told.firstMs ?? endMs, endMs);
        told.lastMs = Math.max(told.lastMs ?? endMs, endMs);
      }
      const order = hash === null ? byLatest : bySize;
      largest = [...largest, ...differing].sort(order).slice(0, LISTED_MAX);
      onPage(told.windows);
    }
    return done(null);
  } catch (error) {
    const notTold = whyNotChecked(error, next.window.kind === 'total');
    if (notTold === null) throw error;
    return done(notTold);
  }
}

/**
 * Where a derived KPI would have rows by another KPI that moves with time and is not in force as it is here, nobody can
 * tell: it depends on how time went. Throws NotChecked.
 */
export async function refuseMoving({ definition, inputs }: KpiPlan, source: VerifySource): Promise<void> {
  if (definition.aggregate.kind !== 'derived') return;
  for (const { definition: input, givesRows } of inputs) {
    if (!givesRows || !isMoving(input)) continue;
    const known = await source.rows(`SELECT 1 FROM definitions WHERE hash = ${quoted(input.hash)} AND active = 1`);
    if (known.length === 0) throw new NotChecked(`${input.kpi}, which moves with time, is another one too`);
  }
}

/** Samples may be counted otherwise where the value is the same. */
function isOther({ streamed, computed }: Mismatch): boolean {
  return (streamed?.value ?? null) !== (computed?.value ?? null);
}

function bySize(a: Mismatch, b: Mismatch): number {
  return sizeOf(b) - sizeOf(a) || a.endMs - b.endMs;
}

function byLatest(a: Mismatch, b: Mismatch): number {
  return b.endMs - a.endMs;
}

/** How far apart the values are; one that is on one side only counts whole. */
function sizeOf({ streamed, computed }: Mismatch): number {
  return Math.abs((computed?.value ?? 0) - (streamed?.value ?? 0));
}
