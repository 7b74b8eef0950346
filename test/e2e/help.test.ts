import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { takt } from '../support/takt-process.ts';

const COMMANDS = [
  'start',
  'import',
  'replay',
  'query',
  'status',
  'diff',
  'backfill',
  'reload',
  'verify',
  'explain',
  'dead-letters',
  'redrive',
  'release',
  'reject',
  'notify test',
  'lint',
  'key',
  'ingest',
  'processor',
  'alerter',
  'wallboard',
  'scheduler',
  'epoch',
];

function flagsIn(text: string): string[] {
  return [...new Set(text.match(/--[a-z][a-z-]*/g) ?? [])].filter((flag) => flag !== '--help');
}

test('docs/cli.md names every command and every flag, and no other', async () => {
  const helps = await Promise.all(COMMANDS.map((command) => takt([...command.split(' '), '--help'])));
  expect(helps.map(({ code }) => code)).toEqual(COMMANDS.map(() => 0));
  const docs = readFileSync('docs/cli.md', 'utf8');
  expect(COMMANDS.filter((command) => !docs.includes(`\n## takt ${command}`))).toEqual([]);
  expect(flagsIn(docs).toSorted()).toEqual([...new Set(helps.flatMap(({ stdout }) => flagsIn(stdout)))].toSorted());
});

test('the help of takt lists every command, and that of import says what counts once', async () => {
  const { stdout } = await takt(['--help']);
  expect(COMMANDS.filter((command) => !new RegExp(`^ +${command.split(' ')[0]} `, 'm').test(stdout))).toEqual([]);
  expect((await takt(['import', '--help'])).stdout).toContain('equal rows of two different files count once');
});
