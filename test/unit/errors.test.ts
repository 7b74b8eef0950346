import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { ERRORS } from '../../services/shared/core/errors.ts';

test('docs/errors.md has each code of the table, with its exit code and HTTP status, and no other', () => {
  const rows = readFileSync('docs/errors.md', 'utf8')
    .split('\n')
    .filter((line) => /^\| [A-Z_]+ \|/.test(line))
    .map((line) => line.split('|').map((cell) => cell.trim()));
  const documented = rows.map(([, code, exit, status]) => ({ code, exit: Number(exit), status: Number(status) }));
  const table = Object.entries(ERRORS).map(([code, { exit, status }]) => ({ code, exit, status }));
  expect(documented).toEqual(table);
  expect(rows.filter((cells) => cells[4] === '' || cells[5] === '')).toEqual([]);
});
