import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseAst } from 'vite';
import { expect, test } from 'vitest';

const ASSETS = 'dist/web/assets';
const files = readdirSync(ASSETS);
const textsOf = (ending: string): string[] =>
  files.filter((name) => name.endsWith(ending)).map((name) => readFileSync(join(ASSETS, name), 'utf8'));

/** What came after Chrome 79, of what a program may name by a property. */
const NEWER_NAMES = new Set([
  'at',
  'replaceAll',
  'hasOwn',
  'findLast',
  'findLastIndex',
  'toSorted',
  'toReversed',
  'toSpliced',
  'replaceChildren',
  'randomUUID',
  'any',
]);
const NEWER_GLOBALS = new Set([
  'structuredClone',
  'WeakRef',
  'AggregateError',
  'FinalizationRegistry',
  'CompressionStream',
]);

interface Node {
  readonly type: string;
  readonly [key: string]: unknown;
}

/** What Chrome 79 does not know in a program. */
function newerThanChrome79(source: string): string[] {
  const found: string[] = [];
  const visit = (value: unknown, inFunction: boolean): void => {
    if (Array.isArray(value)) for (const each of value) visit(each, inFunction);
    if (typeof value !== 'object' || value === null || typeof (value as Node).type !== 'string') return;
    const node = value as Node;
    const why = newer(node, inFunction);
    if (why !== null) found.push(why);
    const inside = inFunction || /Function/.test(node.type);
    for (const [key, child] of Object.entries(node)) if (key !== 'parent') visit(child, inside);
  };
  visit(parseAst(source), false);
  return found;
}

function newer(node: Node, inFunction: boolean): string | null {
  const operator = typeof node['operator'] === 'string' ? node['operator'] : '';
  if (node.type === 'ChainExpression') return '?.';
  if (node.type === 'StaticBlock') return 'static block';
  if (node.type === 'AwaitExpression' && !inFunction) return 'await outside of functions';
  if (node.type === 'LogicalExpression' && operator === '??') return '??';
  if (node.type === 'AssignmentExpression' && ['??=', '||=', '&&='].includes(operator)) return operator;
  if (node.type === 'BinaryExpression' && operator === 'in' && (node['left'] as Node).type === 'PrivateIdentifier')
    return '#x in';
  if (node.type === 'MethodDefinition' && (node['key'] as Node).type === 'PrivateIdentifier') return 'private method';
  if (node.type === 'Literal' && /[dv]/.test((node['regex'] as { flags?: string } | undefined)?.flags ?? ''))
    return 'flag of a regular expression';
  const property = node.type === 'MemberExpression' ? (node['property'] as Node) : null;
  if (property?.type === 'Identifier' && node['computed'] !== true && NEWER_NAMES.has(String(property['name'])))
    return `.${String(property['name'])}`;
  if (node.type === 'Identifier' && NEWER_GLOBALS.has(String(node['name']))) return String(node['name']);
  return null;
}

/** What Chrome 79 does not know in a style sheet; gap it knows in grids as grid-gap. */
const NEWER_STYLES: readonly RegExp[] = [
  /[;{\s](?:row-|column-)?gap:/,
  /[;{\s]aspect-ratio:/,
  /[;{\s]inset(?:-[a-z-]+)?:/,
  /:(?:is|where|has|focus-visible)\b/,
  /@(?:container|layer|property)\b/,
  /[;{\s](?:accent-color|text-decoration-thickness|text-underline-offset|content-visibility|translate|rotate|scale):/,
  /\d(?:d|s|l)v(?:h|w|min|max)\b/,
  /color-mix\(|oklch\(|oklab\(/,
  /&[\s.:[]/,
];

function newerStyles(css: string): string[] {
  return NEWER_STYLES.flatMap((pattern) => pattern.exec(css)?.[0] ?? []);
}

test.each([
  ['a?.b', '?.'],
  ['a ?? b', '??'],
  ['a ??= b', '??='],
  ['a ||= b', '||='],
  ['await a', 'await outside of functions'],
  ['class A { static { a(); } }', 'static block'],
  ['class A { #a() {} }', 'private method'],
  ['[].at(0)', '.at'],
  ['structuredClone(a)', 'structuredClone'],
  ['/a/d', 'flag of a regular expression'],
])('%s is found', (source, why) => {
  expect(newerThanChrome79(source)).toContain(why);
});

test('what Chrome 79 knows is passed', () => {
  expect(
    newerThanChrome79('class A { x = 1; #y = 2; async f() { await 0; } }; try { 1n ** 2n } catch { import("./a.js") }'),
  ).toEqual([]);
  expect(newerStyles('a{grid-gap:1px;width:clamp(1px,2px,3px)}@media (max-aspect-ratio:1/1){a:hover{top:0}}')).toEqual(
    [],
  );
});

test.each(['a{gap:1px}', 'a{inset:0}', 'a{aspect-ratio:1}', 'a:is(b){top:0}', 'a{height:1dvh}', '@container a{}'])(
  '%s is found',
  (css) => {
    expect(newerStyles(css)).not.toEqual([]);
  },
);

test('the built pages are what Chrome 79 knows', () => {
  const [scripts, styles] = [textsOf('.js'), textsOf('.css')];
  expect([scripts.length > 0, styles.length > 0]).toEqual([true, true]);
  expect(scripts.flatMap(newerThanChrome79)).toEqual([]);
  expect(styles.flatMap(newerStyles)).toEqual([]);
});

test('the page and its files name no other address and hold nothing inline', () => {
  const html = readFileSync('dist/web/index.html', 'utf8');
  expect(html).not.toMatch(/<style|style=|\son\w+=|<script(?![^>]*\ssrc=)/);
  for (const [, address] of html.matchAll(/(?:src|href)="([^"]*)"/g)) expect(address).toMatch(/^\/assets\//);
  for (const css of textsOf('.css')) expect(css).not.toMatch(/url\(|@import/);
});
