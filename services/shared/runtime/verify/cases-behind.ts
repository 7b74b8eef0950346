import type { Definition } from '../../core/definition.ts';
import type { Mismatch } from '../../core/verify/compare-windows.ts';
import { casesSql } from '../../core/verify/sql-cases.ts';
import type { EventSpan } from '../../core/verify/measure-sql.ts';
import type { ContributionsSql } from '../../core/verify/sql-contributions.ts';
import type { VerifySource } from './verify-source.ts';

/** A case behind a value. */
export interface CaseBehind {
  readonly caseId: string;
  /** How many contributions it makes to the window, and what they add up to: events, milliseconds, or values at the scale. */
  readonly contributions: number;
  readonly amount: string;
}

/** The cases behind a value. */
export interface CasesBehind {
  /** Those that weigh most. */
  readonly cases: readonly CaseBehind[];
  /** How many there are in all. */
  readonly casesCount: number;
}

type CaseRow = Record<'n' | 'cases', string | number> & Record<'case_id' | 'amount', string>;

/** The cases that contribute to a window of a label set, at most `casesMax` of them. Throws what the source throws. */
export async function casesBehind(
  definition: Definition,
  contributions: ContributionsSql,
  window: Pick<Mismatch, 'labels' | 'startMs' | 'endMs'>,
  casesMax: number,
  span: EventSpan,
  source: Pick<VerifySource, 'rows'>,
): Promise<CasesBehind> {
  const rows = await source.rows<CaseRow>(casesSql(definition, contributions, window, casesMax, span));
  const cases = rows.map(({ case_id, n, amount }) => ({ caseId: case_id, contributions: Number(n), amount }));
  return { cases, casesCount: Number(rows[0]?.cases ?? 0) };
}
