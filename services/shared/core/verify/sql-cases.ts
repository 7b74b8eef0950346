import { isMoving } from '../aggregate/moving.ts';
import type { Definition } from '../definition.ts';
import { clockSql, timesSql } from './clock-sql.ts';
import type { Mismatch } from './compare-windows.ts';
import type { EventSpan } from './measure-sql.ts';
import type { ContributionsSql } from './sql-contributions.ts';
import { textArray } from './sql-text.ts';

/** Which cases come first, where it is not those with the greatest sum. */
const HEAVIEST: Readonly<Record<string, string>> = { min: 'least', last: 'latest DESC' };

/**
 * SQL of the cases behind a window: case_id, n (contributions), amount (their sum, as text; of different values their
 * number) and cases (how many there are in all), those that weigh most first (of a minimum the least, of a last the latest),
 * at most `casesMax`. Of a level those that are open at its instant. What moves with time has milliseconds: of age, in the
 * states asked for, or in which readings held. `span`: of the events of the workflow.
 */
export function casesSql(
  definition: Definition,
  contributions: ContributionsSql,
  { labels, startMs, endMs }: Pick<Mismatch, 'labels' | 'startMs' | 'endMs'>,
  casesMax: number,
  span: EventSpan,
): string {
  const { by, window, aggregate } = definition;
  const level = window.kind === 'instant';
  const bounded =
    window.kind === 'total' ? { fromMs: null, toMs: null } : { fromMs: level ? null : startMs, toMs: endMs };
  const wanted = textArray(by.map(({ dimension }) => labels[dimension] ?? ''));
  if (isMoving(definition)) {
    const from = contributions({ fromMs: null, toMs: endMs });
    return `${movingCases(definition, from, { startMs, endMs }, wanted, span)}\nORDER BY abs(total) DESC, case_id\nLIMIT ${casesMax}`;
  }
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

function movingCases(
  definition: Definition,
  contributions: string,
  { startMs, endMs }: Pick<Mismatch, 'startMs' | 'endMs'>,
  wanted: string,
  span: EventSpan,
): string {
  const { aggregate } = definition;
  const clock = clockSql(definition, span, endMs);
  const age = aggregate.kind === 'age';
  // Of a window what lies before it counts from its start on.
  const since = age ? timesSql(definition, clock) : clock.at(`greatest(toInt64(time), toInt64(${startMs}))`);
  const passed = `(${clock.at(`toInt64(${endMs})`)} - ${since})`;
  const what = aggregate.kind === 'integral' && aggregate.of !== 'mean' ? 'amount' : 'mark';
  const tables = clock.tables.length === 0 ? '' : `WITH ${clock.tables.join(',\n  ')}\n`;
  return `${tables}SELECT case_id, n, toString(total) AS amount, count() OVER () AS cases
FROM (
  SELECT case_id, countIf(time >= ${age ? 0 : startMs}) AS n, sum(toInt256(${what}) * ${passed}) AS total,
    sum(toInt256(mark) * ${age ? 'toInt256(1)' : passed}) AS observed
  FROM (${contributions})
  WHERE labels = ${wanted}
  GROUP BY case_id HAVING observed != 0
)`;
}
