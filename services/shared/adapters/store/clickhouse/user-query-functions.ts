import { TaktError } from '../../../core/errors.ts';

/** Table functions that only compute, or read the store's own tables. The engine has ninety; most reach elsewhere. */
const TABLE_FUNCTIONS: readonly string[] = [
  'generate_series',
  'generateseries',
  'merge',
  'null',
  'numbers',
  'numbers_mt',
  'primes',
  'values',
  'view',
  'viewifpermitted',
  'zeros',
  'zeros_mt',
];
/** Functions of values that read files or speak to other machines; `readonly` does not stop them. */
const REACHING = /^(?:file|catboostevaluate|evalmlmethod|hascolumnintable|ai[a-z]+|reversedns[a-z]*)$/;

/** The statement that gives a statement's syntax tree, one node a line, without running it. */
export function treeOf(statement: string): string {
  return `EXPLAIN AST\n${statement}`;
}

/**
 * Refuses a statement that would read outside of the store, by the functions that its syntax tree names: the engine's
 * own parser knows what is a call, whatever quotes and comments stand around it. `readonly` refuses writing, but not
 * `SELECT file('/etc/passwd')`. Throws QUERY_NOT_READ_ONLY.
 */
export function checkFunctions(tree: string): void {
  let inTable = false;
  for (const line of tree.split('\n')) {
    const node = line.replace(/^[\s"]+/, '');
    const name = /^Function (\S+)/.exec(node)?.[1]?.toLowerCase();
    if (name !== undefined && (inTable ? !TABLE_FUNCTIONS.includes(name) : REACHING.test(name)))
      throw new TaktError(
        'QUERY_NOT_READ_ONLY',
        `the statement calls ${name.slice(0, 40)}(), which may read outside of the store; takt query only reads its tables and views.`,
      );
    inTable = node.startsWith('TableExpression');
  }
}
