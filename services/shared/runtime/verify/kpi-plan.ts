import type { Definition } from '../../core/definition.ts';
import { type MeasuredInput, measuredInputs } from '../../core/verify/derived-inputs.ts';
import type { EventSpan } from '../../core/verify/measure-sql.ts';
import { contributionsSql, type ContributionsSql } from '../../core/verify/sql-contributions.ts';
import { windowsSql } from '../../core/verify/sql-windows.ts';

/** A measured KPI with what its events contribute. */
export interface PlannedInput extends MeasuredInput {
  readonly contributions: ContributionsSql;
  /** Of the events of its workflow. */
  readonly span: EventSpan;
}

/** How a KPI is computed again: from the events of the measured KPIs below it, of a measured one its own. */
export interface KpiPlan {
  readonly definition: Definition;
  readonly inputs: readonly PlannedInput[];
}

/** What is taken for the span of a workflow without events. */
export const NO_SPAN: EventSpan = { firstMs: 0, lastMs: 0 };

/** Plans a KPI; `spanOf`: of the events of a workflow. Throws NotChecked for what has no SQL. */
export function planKpi(definition: Definition, spanOf: (workflow: string) => EventSpan | null): KpiPlan {
  const inputs = measuredInputs(definition).map((input) => {
    const span = spanOf(input.definition.workflow) ?? NO_SPAN;
    const contributions = contributionsSql(input.definition, span);
    // What has no SQL is told even where there is nothing to compare yet.
    windowsSql(input.definition, contributions, { afterMs: 0, untilMs: 0 }, span);
    return { ...input, contributions, span };
  });
  return { definition, inputs };
}
