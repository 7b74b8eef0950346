import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { PLANTS, TARGETS } from './arrow-plants.ts';
import { plantTree, ROOT, runTool } from './planted-tree.ts';

interface Cruise {
  readonly modules: readonly { readonly source: string; readonly couldNotResolve?: boolean }[];
  readonly summary: {
    readonly totalDependenciesCruised: number;
    readonly violations: readonly {
      readonly from: string;
      readonly to: string;
      readonly rule: { readonly name: string };
    }[];
  };
}

const CRUISER = 'dependency-cruiser/bin/dependency-cruise.mjs';

const tree = plantTree({ ...TARGETS, ...Object.fromEntries(PLANTS.map(({ from, source }) => [from, source])) });
afterAll(() => tree.remove());

function cruise(cwd: string): Cruise {
  const run = runTool(CRUISER, ['services', 'test', '--output-type', 'json'], cwd);
  if (run.stdout === '') throw new Error(`dependency-cruiser printed nothing:\n${run.stderr}`);
  return JSON.parse(run.stdout) as Cruise;
}

const planted = cruise(tree.path);
const refusedBy = (from: string): string[] =>
  planted.summary.violations.filter((violation) => violation.from === from).map((violation) => violation.rule.name);

test.each(PLANTS)('$rule refuses $from', ({ rule, from }) => {
  expect(refusedBy(from)).toContain(rule);
});

test('files that keep to the arrows are accepted', () => {
  expect(Object.keys(TARGETS).flatMap(refusedBy)).toEqual([]);
});

test('every rule has a planted violation and every planted violation a rule', () => {
  const { forbidden } = createRequire(import.meta.url)(join(ROOT, '.dependency-cruiser.cjs')) as {
    forbidden: readonly { readonly name: string; readonly severity: string }[];
  };
  expect([...new Set(PLANTS.map(({ rule }) => rule))].sort()).toEqual(forbidden.map(({ name }) => name).sort());
  expect(forbidden.filter(({ severity }) => severity !== 'error')).toEqual([]);
});

test('the command of `npm run check:arrows` fails on a violation and names its rule', () => {
  const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
    scripts: Record<string, string>;
  };
  const [tool, ...args] = (scripts['check:arrows'] ?? '').split(' ');
  expect(tool).toBe('depcruise');
  const run = runTool(CRUISER, args, tree.path);
  expect(run.exit).toBeGreaterThan(0);
  expect(run.stdout).toContain('core-imports-nothing-of-ours');
});

test('on this repository every file is analysed, none silently left out', () => {
  const real = cruise(ROOT);
  const analysed = new Set(real.modules.map(({ source }) => source));
  const files = ['services', 'test'].flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.ts'))
      .map((file) => `${folder}/${file}`),
  );
  expect(files.length).toBeGreaterThan(20);
  expect(files.filter((file) => !analysed.has(file))).toEqual([]);
  expect(real.summary.totalDependenciesCruised).toBeGreaterThan(files.length / 2);
});
