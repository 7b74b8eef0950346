import { isMoving } from '../../core/aggregate/moving.ts';
import { nothing, valuesOf } from '../../core/verify/carried-windows.ts';
import { windowsSql } from '../../core/verify/sql-windows.ts';
import type { WindowEnds } from '../../core/verify/window-ends.ts';
import { tumbles } from '../../core/window/window.ts';
import { derivedWindows } from './derived-windows.ts';
import type { KpiPlan } from './kpi-plan.ts';
import type { PageWindows } from './page-windows.ts';
import { sumsOf } from './sums.ts';
import type { VerifySource } from './verify-source.ts';

/** Computes the windows of a KPI that end in `ends`. Throws NotChecked and what the source throws. */
export async function computedWindows(
  plan: KpiPlan,
  ends: WindowEnds,
  source: Pick<VerifySource, 'rows'>,
): Promise<PageWindows> {
  const { definition, inputs } = plan;
  if (definition.aggregate.kind === 'derived') return derivedWindows(plan, ends, source);
  const { contributions, span } = inputs[0]!;
  const rows = valuesOf(definition, await sumsOf(windowsSql(definition, contributions, ends, span), source));
  // Windows without contributions need no row there, and one of zero is right.
  const always = !isMoving(definition) && (definition.window.kind === 'total' || tumbles(definition.window));
  const empty = always ? nothing(definition) : null;
  return { rows, absent: () => empty, inputsAt: () => [] };
}
