import type { Definition } from '../definition.ts';
import { OTHER_LABEL } from '../measure/labels.ts';
import { quoted, textArray } from './sql-text.ts';

/** SQL of the labels of a row of values, an array in the order of `by`: its text is in the order of their names. */
export function labelsSql({ by }: Pick<Definition, 'by'>): string {
  if (by.length === 0) return 'emptyArrayString()';
  const names = by.map(({ dimension }) => dimension).sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
  const pairs = "JSONExtract(labels, 'Array(Array(String))')";
  return `[${by.map(({ dimension }) => `${pairs}[${names.indexOf(dimension) + 1}][2]`).join(', ')}]`;
}

/**
 * SQL of the labels under which a contribution of the labels `own` counts: where the definition admits some label sets
 * only, all others are one. The list is read from the definition's row: thousands of them do not fit into a statement.
 */
export function countedLabelsSql(definition: Definition, own: string): string {
  const { admitted, by, hash } = definition;
  if (admitted === undefined || by.length === 0) return own;
  const list = `SELECT ${labelsSql(definition)} FROM (SELECT arrayJoin(JSONExtract(content, 'admitted', 'Array(String)')) AS labels FROM definitions FINAL WHERE hash = ${quoted(hash)})`;
  return `if(${own} IN (${list}), ${own}, ${textArray(by.map(() => OTHER_LABEL))})`;
}
