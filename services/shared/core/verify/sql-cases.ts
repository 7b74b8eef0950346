import type { Definition } from '../definition.ts';
import type { Mismatch } from './compare-windows.ts';
import type { ContributionsSql } from './sql-contributions.ts';
import { textArray } from './sql-text.ts';

/** Which cases come first, where it is not those with the greatest sum. */
const HEAVIEST: Readonly<Record<string, string>> = { min: 'least', last: 'latest DESC' };

/**
 * SQL of the cases behind a window: case_id, n (contributions), amount (their sum, as text; of different values their
 * number) and cases (how many there are in all), those that weigh most first (of a minimum the least, of a last the latest),
 * at most `casesMax`. Of a level those that are open at its instant.
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
  const total = aggregate.kind === 'distinct' ? 'uniqExact(amount)' : 'sum(amount)';
  return `SELECT case_id, n, toString(total) AS amount, count() OVER () AS cases
FROM (
  SELECT case_id, count() AS n, ${total} AS total, min(amount) AS least, max(event_order) AS latest
  FROM (${contributions(bounded)})
  WHERE labels = ${wanted}
  GROUP BY case_id${level ? ' HAVING total != 0' : ''}
)
ORDER BY ${HEAVIEST[aggregate.kind] ?? 'abs(total) DESC'}, case_id
LIMIT ${casesMax}`;
}
