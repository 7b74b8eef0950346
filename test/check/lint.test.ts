import { afterAll, expect, test } from 'vitest';
import { plantTree, runTool } from './planted-tree.ts';

interface Plant {
  readonly what: string;
  readonly rule: string;
  readonly file: string;
  readonly source: string;
}

const GLOBALS = 'eslint(no-restricted-globals)';
const PROPERTIES = 'eslint(no-restricted-properties)';

const CORE_BANS: readonly (readonly [what: string, rule: string, expression: string])[] = [
  ['Date.now()', GLOBALS, 'Date.now()'],
  ['new Date()', GLOBALS, 'new Date(0)'],
  ['setTimeout', GLOBALS, 'setTimeout(() => 1, 1)'],
  ['setInterval', GLOBALS, 'setInterval(() => 1, 1)'],
  ['setImmediate', GLOBALS, 'setImmediate(() => 1)'],
  ['process', GLOBALS, "process.env['HOME']"],
  ['performance', GLOBALS, 'performance.now()'],
  ['Date through globalThis', GLOBALS, 'globalThis.Date'],
  ['fetch', GLOBALS, "fetch('http://localhost')"],
  ['random ids of crypto', GLOBALS, 'crypto.randomUUID()'],
  ['Math.random', PROPERTIES, 'Math.random()'],
  ["Math['random']", PROPERTIES, "Math['random']()"],
  ['console', 'eslint(no-console)', "console.log('')"],
];

const PLANTS: readonly Plant[] = [
  ...CORE_BANS.map(([what, rule, expression], index) => ({
    what: `${what} in core`,
    rule,
    file: `services/shared/core/ban-${index}.ts`,
    source: `export const planted: unknown = ${expression};\n`,
  })),
  {
    what: 'Temporal.Now in core',
    rule: PROPERTIES,
    file: 'services/shared/core/now.ts',
    source: "import { Temporal } from 'temporal-polyfill';\nexport const planted = Temporal.Now.instant();\n",
  },
  {
    what: 'Math.random taken apart in core',
    rule: PROPERTIES,
    file: 'services/shared/core/apart.ts',
    source: 'const { random } = Math;\nexport const planted = random;\n',
  },
  {
    what: 'randomUUID of node:crypto in core',
    rule: 'eslint(no-restricted-imports)',
    file: 'services/shared/core/uuid.ts',
    source: "import { randomUUID } from 'node:crypto';\nexport const planted = randomUUID;\n",
  },
  {
    what: 'console in a service',
    rule: 'eslint(no-console)',
    file: 'services/processor/prints.ts',
    source: "export const planted: unknown = console.log('');\n",
  },
  {
    what: 'a floating promise',
    rule: 'typescript(no-floating-promises)',
    file: 'services/processor/floating.ts',
    source: 'async function work(): Promise<void> {}\nexport function planted(): void {\n  work();\n}\n',
  },
  {
    what: 'export *',
    rule: 'oxc(no-barrel-file)',
    file: 'services/processor/barrel.ts',
    source: "export * from './legal.ts';\n",
  },
  {
    what: 'a directive that names no rule',
    rule: 'unicorn(no-abusive-eslint-disable)',
    file: 'services/processor/directive.ts',
    source: '/* oxlint-disable */\nexport const planted = 1;\n',
  },
  {
    what: '@ts-expect-error without a reason',
    rule: 'typescript(ban-ts-comment)',
    file: 'services/processor/expect-error.ts',
    source: "// @ts-expect-error\nexport const planted: number = '';\n",
  },
];

const LEGAL: Readonly<Record<string, string>> = {
  'services/shared/core/hash.ts':
    "import { createHash } from 'node:crypto';\nexport const hash = createHash('sha256').update('a').digest('hex');\nexport const floor = Math.floor(1.5);\n",
  'services/shared/runtime/clock.ts':
    'export const nowMs = (): number => Date.now();\nexport const timer = setTimeout(() => 1, 1);\nexport const seed = Math.random();\n',
  'services/cli/prints.ts': "console.log('');\nexport const printed = true;\n",
  'services/processor/legal.ts': 'export const legal = 1;\n',
};

const tree = plantTree({ ...LEGAL, ...Object.fromEntries(PLANTS.map(({ file, source }) => [file, source])) });
afterAll(() => tree.remove());

const run = runTool('oxlint/bin/oxlint', ['--format', 'json', 'services'], tree.path);
const { diagnostics } = JSON.parse(run.stdout) as {
  diagnostics: readonly { readonly code: string; readonly severity: string; readonly filename: string }[];
};
const errorsIn = (file: string): string[] =>
  diagnostics.filter(({ filename, severity }) => filename === file && severity === 'error').map(({ code }) => code);

test.each(PLANTS)('lint refuses $what', ({ rule, file }) => {
  expect(errorsIn(file)).toContain(rule);
});

test('lint accepts the same where it is allowed', () => {
  expect(Object.keys(LEGAL).flatMap(errorsIn)).toEqual([]);
});

test('lint ends with an error code when something is refused', () => {
  expect(run.exit).toBe(1);
});
