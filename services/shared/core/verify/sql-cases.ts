import type { Definition } from '../definition.ts';
import type { Mismatch } from './compare-windows.ts';
import type { ContributionsSql } from './sql-contributions.ts';
import { textArray } from './sql-text.ts';

/**
 * SQL of the cases behind a window: case_id, n (contributions), amount (their sum, as text) and cases (how many there are
 * in all), those that weigh most first (of a minimum
 * the least), at most `casesMax`. Of a level those that are open at its instant.
 */
export function casesSql(
  { by, window, aggregate }: Definition,
  contributions: ContributionsSql,
  { labels, startMs, endMs }: Pick<Mismatch, 'labels' | 'startMs' | 'endMs'>,
  casesMax: number,
): string {
  const level = window.kind === 'instant';
  const bounded =
    window.kind === 'total' ? { fromMs: null, toMs: null } : { fromMs: level ? null : startMs, toMs: endMs };
  const wanted = textArray(by.map(({ dimension }) => labels[dimension] ?? ''));
  const heaviest = aggregate.kind === 'min' ? 'least' : 'abs(total) DESC';
  return `SELECT case_id, n, toString(total) AS amount, count() OVER () AS cases
FROM (
  SELECT case_id, count() AS n, sum(amount) AS total, min(amount) AS least
  FROM (${contributions(bounded)})
  WHERE labels = ${wanted}
  GROUP BY case_id${level ? ' HAVING total != 0' : ''}
)
ORDER BY ${heaviest}, case_id
LIMIT ${casesMax}`;
}
