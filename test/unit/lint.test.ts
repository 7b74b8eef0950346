import { expect, test } from 'vitest';
import { lintLabels, lintNeverSeen, lintSamples } from '../../services/shared/core/catalogue/lint-history.ts';
import { lintSmart } from '../../services/shared/core/catalogue/lint-smart.ts';
import type { Catalogue } from '../../services/shared/core/catalogue/catalogue.ts';
import { parseCatalogue } from '../../services/shared/runtime/catalogue-file.ts';

const SMART = 'owner: me, source: desk, objective: fast help, review: yearly';

function catalogueOf(...kpis: readonly string[]): Catalogue {
  const text = `version: 1
workflows: { desk: { activities: [opened, closed], dimensions: [team] } }
kpis:
${kpis.map((kpi, i) => `  k${i}: { workflow: desk, measure: { event: opened }, ${kpi} }\n`).join('')}`;
  const { catalogue, problems } = parseCatalogue(text, 'c.yaml', { calendarVersion: 'test' });
  expect(problems).toEqual([]);
  return catalogue!;
}

test.each([
  [
    'nothing but a definition',
    '',
    ['lacks owner (who answers for it: Specific), source', 'target', 'objective', 'review'],
  ],
  ['all of it', `${SMART}, target: 0, better: lower`, []],
  ['a target without a direction', `${SMART}, target: 5`, ['write better']],
] as const)('SMART: %s', (_name, fields, said) => {
  const warnings = lintSmart(catalogueOf(`aggregate: count, window: total${fields === '' ? '' : `, ${fields}`}`));
  expect(warnings).toHaveLength(said.length === 0 ? 0 : 1);
  for (const part of said) expect(warnings[0]!.message).toContain(part);
});

test('a window of very many slices is said', () => {
  const all = `${SMART}, target: 0, better: lower`;
  const catalogue = catalogueOf(
    `aggregate: count, window: { rolling: 1d, every: 1m }, ${all}`,
    `aggregate: count, window: { rolling: 8h, every: 1m }, ${all}`,
  );
  expect(lintSmart(catalogue).map(({ place, message }) => [place, message.slice(0, 32)])).toEqual([
    ['k0', 'its window is made of 1440 slice'],
  ]);
});

test('a percentile of fewer samples than lie on its far side is said, of the definition in force', () => {
  const catalogue = catalogueOf(
    'aggregate: p90, window: total',
    'aggregate: p5, window: total',
    'aggregate: sum, window: total',
  );
  const hashes = [...catalogue.kpis.values()].map(({ definition }) => definition.hash);
  const counts = (...medians: readonly number[]) =>
    medians.map((median, i) => ({ kpi: `k${i}`, definition: hashes[i]!, median }));
  expect(lintSamples(catalogue, counts(9, 19, 1)).map(({ message }) => message)).toEqual([
    expect.stringContaining('below 10 it is about the largest'),
    expect.stringContaining('below 20 it is about the smallest'),
  ]);
  expect(lintSamples(catalogue, counts(10, 20, 1))).toEqual([]);
  expect(lintSamples(catalogue, [{ kpi: 'k0', definition: 'another', median: 1 }])).toEqual([]);
});

test('an activity that never occurs is said, where the workflow has events', () => {
  const catalogue = catalogueOf('aggregate: count, window: total');
  expect(lintNeverSeen(catalogue, [{ workflow: 'desk', activity: 'opened' }])).toEqual([
    { place: 'workflow desk', message: "no event is 'closed'" },
  ]);
  expect(lintNeverSeen(catalogue, [])).toEqual([]);
});

test('a label of too many values is said', () => {
  const catalogue = catalogueOf('aggregate: count, window: total, by: [team]', 'aggregate: count, window: total');
  const counts = (values: number) => [{ workflow: 'desk', dimension: 'team', values }];
  expect(lintLabels(catalogue, counts(1_001)).map(({ place }) => place)).toEqual(['k0']);
  expect(lintLabels(catalogue, counts(1_000))).toEqual([]);
});
