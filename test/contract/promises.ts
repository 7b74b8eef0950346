import { readFileSync } from 'node:fs';

/**
 * The numbers of the promises in a port's doc comment: its lines ` * N. …`, rising.
 * Takes the path of the port's file from the package root. Throws when there is none, because then a suite would
 * agree with nothing.
 */
export function promisesOf(portFile: string): number[] {
  return numbersIn(portFile, /^ \* (\d+)\. /gm);
}

/**
 * The numbers that the titles of a contract suite's tests start with: `test('N. …'`, rising.
 * Takes the path of the suite's file from the package root.
 */
export function promisesTested(suiteFile: string): number[] {
  return numbersIn(suiteFile, /^ *test\(\s*['"`](\d+)\. /gm);
}

function numbersIn(file: string, pattern: RegExp): number[] {
  const found = [...readFileSync(file, 'utf8').matchAll(pattern)].map(([, number]) => Number(number));
  if (found.length === 0) throw new Error(`${file} has no line that matches ${pattern}: nothing would be checked.`);
  return [...new Set(found)].toSorted((a, b) => a - b);
}
