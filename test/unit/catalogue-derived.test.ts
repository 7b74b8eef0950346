import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Definition } from '../../services/shared/core/definition.ts';
import { leavesOf } from '../../services/shared/core/formula/derived-leaves.ts';
import { type DerivedDefinition, workflowsOf } from '../../services/shared/core/formula/derived.ts';
import { lintSmart } from '../../services/shared/core/catalogue/lint-smart.ts';
import { sentence } from '../../services/shared/core/sentence/sentence.ts';
import { parseCatalogue } from '../../services/shared/runtime/catalogue-file.ts';
import { loadCatalogues } from '../../services/shared/runtime/catalogue-files.ts';
import { problemLine } from '../../services/shared/runtime/yaml-document.ts';
import { temporaryDirectory } from '../support/embedded.ts';

const options = { calendarVersion: '2025b' };
const HEAD = `version: 1
workflows:
  shop: { activities: [ordered, shipped], dimensions: [region, clerk], disorder: 1m }
  care: { activities: [complained, solved], dimensions: [region] }
kpis:
  orders: { workflow: shop, measure: { event: ordered }, aggregate: count, by: [region], window: { rolling: 1h, every: 1m } }
  shipped: { workflow: shop, measure: { event: shipped }, aggregate: sum, unit: EUR, by: [region], window: { rolling: 1h, every: 1m } }
  complaints: { workflow: care, measure: { event: complained }, aggregate: count, by: [region], window: { tumbling: day }, settle: 2m }
  solving: { workflow: care, measure: { duration: { from: complained, to: solved } }, aggregate: mean, by: [region], window: { tumbling: day } }
  clerks: { workflow: shop, measure: { event: ordered }, aggregate: count, by: [clerk], window: { rolling: 1h, every: 1m } }
  ever: { workflow: shop, measure: { event: ordered }, aggregate: count, by: [region], window: total }
`;

function parsed(lines: string, head = HEAD): ReturnType<typeof parseCatalogue> {
  return parseCatalogue(`${head}${lines}`, 'c.yaml', options);
}

function definition(lines: string, key = 'k', head = HEAD): Definition {
  const { catalogue, problems } = parsed(lines, head);
  expect(problems).toEqual([]);
  return catalogue!.kpis.get(key)!.definition;
}

function bad(lines: string): string[] {
  const { catalogue, problems } = parsed(lines);
  expect(catalogue).toBeNull();
  return problems.map(problemLine);
}

test('a formula takes labels, window, workflows and settling time from the KPIs it names', () => {
  const derived = definition('  k: { formula: complaints / orders * 100 }\n');
  expect(derived).toMatchObject({
    workflow: 'care',
    workflows: ['care', 'shop'],
    aggregate: { kind: 'derived' },
    by: [{ dimension: 'region', at: 'to' }],
    window: { kind: 'tumbling', unit: 'day', zone: 'UTC' },
    unit: '',
    settleMs: 120_000,
  });
  expect(derived.measure).toMatchObject({ kind: 'formula', expression: 'complaints / orders * 100' });
  expect(workflowsOf(derived)).toEqual(['care', 'shop']);
  expect(definition('  k: { measure: { formula: shipped + shipped }, by: [region] }\n').unit).toBe('EUR');
  expect(definition('  k: { formula: shipped / orders, unit: EUR per order }\n').unit).toBe('EUR per order');
});

test('what is wrong with a formula is told with its place', () => {
  expect(bad('  k: { formula: orders * compaints }\n')).toEqual([
    "c.yaml:12:17: unknown KPI 'compaints' (character 10), did you mean 'complaints'?; allowed: orders, shipped, complaints, solving, clerks, ever, k",
  ]);
  expect(bad('  k: { formula: orders * }\n')[0]).toMatch(/^c\.yaml:12:17: the formula ends too early \(character 9\)/);
  expect(bad('  k: { formula: shipped + solving }\n')[0]).toContain("'shipped + solving': EUR and s cannot be added");
  expect(bad('  k: { formula: orders / clerks }\n')[0]).toContain(
    'the KPIs have unlike labels: orders has the labels region, clerks has the labels clerk',
  );
  expect(bad('  k: { formula: orders / ever }\n')[0]).toContain('ever is over everything and orders is not');
  expect(bad('  k: { formula: 1 + 1 }\n')[0]).toContain('the formula uses no KPI');
  expect(bad('  k: { formula: orders / 2, by: [clerk] }\n')[0]).toContain(
    'c.yaml:12:29: by is [clerk], but orders has',
  );
  expect(bad('  k: { formula: orders / 2, workflow: shop }\n')[0]).toContain('a formula takes its workflow from');
  expect(bad('  k: { formula: orders / 2, measure: { event: ordered } }\n')[0]).toContain(
    'formula and measure stand together',
  );
  expect(bad('  k: { formula: [orders] }\n')[0]).toContain('kpis.k.formula is a list');
  expect(bad('  k: { workflow: shop }\n')).toEqual(["c.yaml:12:3: kpis.k lacks 'measure'"]);
});

test('a KPI that is computed from itself is an error that names the ring', () => {
  const ring = bad('  a: { formula: b + 1 }\n  b: { formula: orders + c }\n  c: { formula: a }\n  d: { formula: a }\n');
  expect(ring).toEqual([
    'c.yaml:12:17: a → b → c → a: a KPI cannot be computed from itself',
    'c.yaml:13:17: b → c → a → b: a KPI cannot be computed from itself',
    'c.yaml:14:17: c → a → b → c: a KPI cannot be computed from itself',
  ]);
  expect(bad('  a: { formula: 2 * a }\n')).toHaveLength(1);
});

test('a formula of formulas comes down to measured KPIs, with how far they lie behind', () => {
  const lines = '  k: { formula: rate / orders }\n  rate: { formula: shipped / complaints }\n';
  const leaves = leavesOf(definition(lines) as DerivedDefinition);
  expect(leaves.map((leaf) => [leaf.definition.kpi, leaf.lagMs > 0, leaf.isGrid])).toEqual([
    ['shipped', false, true],
    ['complaints', true, false],
    ['orders', false, true],
  ]);
});

test('a changed KPI changes the formulas of it, and a way of writing does not', () => {
  const lines = '  k: { formula: rate / orders }\n  rate: { formula: shipped * 2 }\n';
  const before = definition(lines).hash;
  expect(definition(lines.replace('shipped * 2', ' shipped  * 2 ')).hash).toBe(before);
  expect(definition(lines.replace('shipped * 2', 'shipped * 3')).hash).not.toBe(before);
  expect(
    definition(lines, 'k', HEAD.replace('measure: { event: shipped }', 'measure: { event: ordered }')).hash,
  ).not.toBe(before);
  expect(definition(lines, 'k', HEAD.replace('activities: [complained', 'activities: [called, complained')).hash).toBe(
    before,
  );
});

test('a formula says itself in both languages, and its source is that of its KPIs', () => {
  const { catalogue } = parsed(
    '  k: { name: { en: Rate, zh-CN: 投诉率 }, formula: 100 * complaints / orders, target: 1 }\n',
  );
  const kpi = catalogue!.kpis.get('k')!;
  expect(sentence(kpi, 'en')).toBe('Rate: 100 × complaints ÷ orders, for each region, per day (UTC).');
  expect(sentence(kpi, 'zh-CN')).toBe('投诉率：每日（UTC），按region分组，100 × complaints ÷ orders。');
  const advice = lintSmart(catalogue!).find(({ place }) => place === 'k')!;
  expect(advice.message).not.toContain('source');
});

let folder: ReturnType<typeof temporaryDirectory>;
beforeEach(() => (folder = temporaryDirectory()));
afterEach(() => folder.remove());

test('a formula may name KPIs and formulas of other files', async () => {
  const write = (name: string, text: string): string => {
    const path = join(folder.path, name);
    writeFileSync(path, text);
    return path;
  };
  const day = 'by: [region], window: { tumbling: day }';
  const files = [
    write('all.yaml', 'version: 1\nkpis:\n  rate: { formula: per_order * 2 }\n'),
    write(
      'care.yaml',
      `version: 1\ntimezone: Asia/Shanghai\nworkflows:\n  care: { activities: [complained], dimensions: [region] }\nkpis:\n  complaints: { workflow: care, measure: { event: complained }, aggregate: count, ${day} }\n  per_order: { formula: complaints / orders }\n`,
    ),
    write(
      'shop.yaml',
      `version: 1\nworkflows:\n  shop: { activities: [ordered], dimensions: [region] }\nkpis:\n  orders: { workflow: shop, measure: { event: ordered }, aggregate: count, ${day} }\n`,
    ),
  ];
  const catalogue = await loadCatalogues(files, options);
  const { definition: rate } = catalogue.kpis.get('rate')!;
  expect([rate.window, workflowsOf(rate)]).toEqual([
    { kind: 'tumbling', unit: 'day', zone: 'Asia/Shanghai' },
    ['care', 'shop'],
  ]);
  write('all.yaml', 'version: 1\nkpis:\n  orders: { formula: per_order * 2 }\n');
  await expect(loadCatalogues(files, options)).rejects.toThrow(/orders → per_order → orders|stands in/);
});
