import type { Definition } from '../definition.ts';
import type { Mismatch } from './compare-windows.ts';
import type { ContributionsSql } from './sql-contributions.ts';
import { textArray } from './sql-text.ts';

/**
 * SQL of the cases behind a window: case_id, n (contributions), amount (their sum, as text) and cases (how many there are
 * in all), those that weigh most first, at most `casesMax`. Of a level those that are open at its instant.
 */
export function casesSql(
  { by, window }: Definition,
  contributions: ContributionsSql,
  { labels, startMs, endMs }: Pick<Mismatch, 'labels' | 'startMs' | 'endMs'>,
  casesMax: number,
): string {
  const level = window.kind === 'instant';
  const bounded = window.kind === 'total' ? { fromMs: null, toMs: null } : { fromMs: level ? null : startMs, toMs: endMs };
  const wanted = textArray(by.map(({ dimension }) => labels[dimension] ?? ''));
  return `SELECT case_id, n, toString(amount) AS amount, count() OVER () AS cases
FROM (
  SELECT case_id, count() AS n, sum(amount) AS amount
  FROM (${contributions(bounded)})
  WHERE labels = ${wanted}
  GROUP BY case_id${level ? ' HAVING amount != 0' : ''}
)
ORDER BY abs(amount) DESC, case_id
LIMIT ${casesMax}`;
}
