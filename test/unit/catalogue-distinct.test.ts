import { expect, test } from 'vitest';
import type { Catalogue } from '../../services/shared/core/catalogue/catalogue.ts';
import { lintDistinct } from '../../services/shared/core/catalogue/lint-history.ts';
import { DISTINCT_VALUES_MAX } from '../../services/shared/core/aggregate/distinct-state.ts';
import { parseCatalogue } from '../../services/shared/runtime/catalogue-file.ts';
import { problemLine } from '../../services/shared/runtime/yaml-document.ts';

const HEAD = `version: 1
workflows: { shop: { activities: [seen, bought], dimensions: [customer, region] } }
kpis:
`;
const parse = (lines: string): ReturnType<typeof parseCatalogue> =>
  parseCatalogue(`${HEAD}  k: { workflow: shop, window: { tumbling: day }, ${lines} }\n`, 'c.yaml', {
    calendarVersion: '2025b',
  });

test.each([
  [
    '{ of: customer, event: bought }',
    { event: { activity: 'bought', occurrence: 'each', where: [] }, dimension: 'customer' },
    false,
  ],
  ['{ of: case }', { event: { activity: 'any', occurrence: 'each', where: [] }, dimension: null }, false],
  [
    '{ of: region, event: { first: seen }, approximate: true }',
    { event: { activity: 'seen', occurrence: 'first', where: [] }, dimension: 'region' },
    true,
  ],
])('distinct %s', (text, measure, approximate) => {
  const { catalogue, problems } = parse(`measure: { distinct: ${text} }, by: [region]`);
  expect(problems).toEqual([]);
  expect(catalogue!.kpis.get('k')!.definition).toMatchObject({
    measure: { kind: 'distinct', ...measure },
    aggregate: { kind: 'distinct', approximate },
    by: [{ dimension: 'region', at: 'to' }],
  });
});

const hashOf = ({ kpis }: Catalogue): string => kpis.get('k')!.definition.hash;

test('exact and approximate are two definitions', () => {
  const hash = (more: string): string => hashOf(parse(`measure: { distinct: { of: customer${more} } }`).catalogue!);
  expect(hash(', approximate: false')).toBe(hash(''));
  expect(hash(', approximate: true')).not.toBe(hash(''));
});

test('a rule on a number of different values needs no samples', () => {
  const { catalogue } = parse('measure: { distinct: { of: customer } }, alerts: [{ name: nobody, when: value == 0 }]');
  expect(catalogue!.rules.get('nobody')!.minSamples).toBe(0);
});

test.each([
  [
    'measure: { distinct: { of: custmer } }',
    /no dimension 'custmer', did you mean 'customer'\?; allowed: case, customer/,
  ],
  ['measure: { distinct: { of: customer, event: buoght } }', /no activity 'buoght', did you mean 'bought'/],
  ['measure: { distinct: { of: customer } }, aggregate: count', /has no aggregate; allowed: leave the line out/],
  ['measure: { distinct: { event: seen } }', /lacks 'of'; allowed: { of: customer, event: bought }/],
  ['measure: { distinct: { of: customer, approximate: yes please } }', /approximate/],
  [
    'measure: { duration: { from: seen, to: bought } }, aggregate: last',
    /last is the latest value of an event.*max, or a perc/,
  ],
  ['measure: { event: seen }, aggregate: lats', /'lats', did you mean 'last'/],
])('refused: %s', (lines, message) => {
  const found = parse(lines).problems.map(problemLine);
  expect(found).toHaveLength(1);
  expect(found[0]).toMatch(message);
});

test('an exact number of very many different values is advised against', () => {
  const { catalogue } = parse('measure: { distinct: { of: customer } }');
  const warnings = (most: number): string[] =>
    lintDistinct(catalogue!, [{ kpi: 'k', definition: hashOf(catalogue!), most }]).map(({ message }) => message);
  expect(warnings(DISTINCT_VALUES_MAX)).toEqual([]);
  expect(warnings(120_000)).toEqual([expect.stringMatching(/up to 120000 different values.*approximate: true/)]);
  const sketch = parse('measure: { distinct: { of: customer, approximate: true } }').catalogue!;
  expect(
    lintDistinct(sketch, [
      { kpi: 'k', definition: hashOf(sketch), most: 120_000 },
      { kpi: 'gone', definition: 'gone', most: 120_000 },
    ]),
  ).toEqual([]);
  // What an earlier definition of it counted says nothing.
  expect(lintDistinct(catalogue!, [{ kpi: 'k', definition: hashOf(sketch), most: 120_000 }])).toEqual([]);
});
