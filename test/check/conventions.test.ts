import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ROOT } from './planted-tree.ts';

/** What no linter here can say: a banned line, why, and one line each that must and must not be caught. */
interface Convention {
  readonly name: string;
  readonly folders: readonly string[];
  readonly banned: RegExp;
  readonly caught: readonly string[];
  readonly passed: readonly string[];
}

const CONVENTIONS: readonly Convention[] = [
  {
    name: 'no barrels: nothing is exported on from another file, import the file itself',
    folders: ['services', 'test'],
    banned: /^\s*export\s+(type\s+)?(\*|\{[^}]*\})\s*(as\s+\w+\s+)?from\s/m,
    caught: ["export * from './a.ts';", "export { a } from './a.ts';", "export type { A } from './a.ts';"],
    passed: ['export { a };', "export const from = 'a';"],
  },
  {
    name: 'a directive that switches a check off says why after --',
    folders: ['services', 'test'],
    banned: /(?:\/\/|\/\*)\s*(?:oxlint|eslint)-disable(?:(?!\s--\s+\S)[^\n])*$/m,
    caught: ['// oxlint-disable-next-line no-console', '/* eslint-disable no-console */'],
    passed: ['// oxlint-disable-next-line no-console -- the only place that speaks to the shell'],
  },
  {
    name: 'pages import their own files, preact, uPlot and types of core',
    folders: ['services/wallboard/web'],
    banned: /^import\s(?!type\s[^;]*'\.\.\/\.\.\/shared\/core\/)(?![^;]*'(?:\.\/|preact|uplot|vite))/m,
    caught: [
      "import { judge } from '../../shared/core/judgement.ts';",
      "import fs from 'node:fs';",
      "import { a } from '../server.ts';",
    ],
    passed: [
      "import type { Tile } from '../../shared/core/screen.ts';",
      "import { h } from 'preact';",
      "import { a } from './a.ts';",
    ],
  },
];

function sources(folders: readonly string[]): string[] {
  return folders.flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
      .filter((file) => /\.tsx?$/.test(file))
      .map((file) => `${folder}/${file}`)
      // The files of this folder quote what is banned.
      .filter((file) => !file.startsWith('test/check/')),
  );
}

test.each(CONVENTIONS)('$name', ({ folders, banned, caught, passed }) => {
  expect(caught.filter((line) => !banned.test(line))).toEqual([]);
  expect(passed.filter((line) => banned.test(line))).toEqual([]);
  const offenders = sources(folders).filter((file) => banned.test(readFileSync(join(ROOT, file), 'utf8')));
  expect(offenders).toEqual([]);
});

test('files are named in kebab-case', () => {
  const kebab = /^(?:[a-z0-9-]+\/)+[a-z0-9]+(?:[.-][a-z0-9]+)*(?:\.d)?\.tsx?$/;
  expect(['services/a/fooBar.ts', 'services/a/foo_bar.ts'].filter((file) => kebab.test(file))).toEqual([]);
  expect(sources(['services', 'test']).filter((file) => !kebab.test(file))).toEqual([]);
});

test('every page of docs/ that a text sends its reader to is there', () => {
  const texts = ['services', 'examples', 'docs', 'schemas', 'test'].flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
      .filter((file) => /\.(tsx?|ya?ml|md|json|sql)$/.test(file))
      .map((file) => `${folder}/${file}`),
  );
  const named = ['README.md', 'ARCHITECTURE.md', 'CONTRIBUTING.md', ...texts].flatMap((file) =>
    (readFileSync(join(ROOT, file), 'utf8').match(/\bdocs\/[\w/-]+\.md\b/g) ?? []).map((page) => ({ file, page })),
  );
  expect(named.length).toBeGreaterThan(20);
  expect(named.filter(({ page }) => !existsSync(join(ROOT, page)))).toEqual([]);
});

test('takt runs under the same flags of Node however it is started', () => {
  const flagsOf = (line: string): string[] => line.match(/ --[a-z0-9-]+=\d+/g) ?? [];
  const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
    readonly scripts: Readonly<Record<'takt' | 'start', string>>;
  };
  const [shebang] = readFileSync(join(ROOT, 'services', 'cli', 'main.ts'), 'utf8').split('\n');
  expect(flagsOf(scripts.takt)).not.toEqual([]);
  expect([flagsOf(shebang!), flagsOf(scripts.start)]).toEqual([flagsOf(scripts.takt), flagsOf(scripts.takt)]);
});
