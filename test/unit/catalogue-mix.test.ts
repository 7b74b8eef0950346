import { expect, test } from 'vitest';
import type { Catalogue } from '../../services/shared/core/catalogue/catalogue.ts';
import { mixCatalogues, notComputed, sameCatalogues } from '../../services/shared/core/catalogue/catalogue-mix.ts';
import { parseCatalogue } from '../../services/shared/runtime/catalogue-file.ts';

function catalogueOf({ where = 'north', target = 1, more = '' } = {}): Catalogue {
  const text = `version: 1
workflows: { w: { activities: [a, b], dimensions: [team] } }
kpis:
  changes:
    workflow: w
    measure: { event: a }
    aggregate: count
    where: { team: ${where} }
    window: { tumbling: hour }
    target: ${target}
    alerts: [{ name: high, when: value > target }]
  stays: { workflow: w, measure: { event: b }, aggregate: count, window: { tumbling: hour } }
${more}`;
  const { catalogue, problems } = parseCatalogue(text, 'c.yaml', { calendarVersion: 'test' });
  if (catalogue === null) throw new Error(JSON.stringify(problems));
  return catalogue;
}

const before = catalogueOf();
const next = catalogueOf({
  where: 'south',
  target: 2,
  more: '  comes: { workflow: w, measure: { event: a }, aggregate: count, window: total }\n',
});
const hashOf = (catalogue: Catalogue, kpi: string): string => catalogue.kpis.get(kpi)!.definition.hash;

test('a KPI whose definition changed stays as it was, with its rules, until the new one is computed', () => {
  const mixed = mixCatalogues(before, next, () => false);
  expect(mixed.kpis.get('changes')).toEqual(before.kpis.get('changes'));
  expect(mixed.rules.get('high')).toEqual(before.rules.get('high'));
  expect([...mixed.kpis.keys()]).toEqual(['changes', 'stays', 'comes']);
  expect(mixCatalogues(before, next, (hash) => hash === hashOf(next, 'changes'))).toBe(next);
});

test('what decides no value changes at once, and what is gone is gone', () => {
  const renamed = catalogueOf({ target: 5 });
  expect(mixCatalogues(before, renamed, () => false)).toBe(renamed);
  expect(mixCatalogues(next, before, () => false).kpis.has('comes')).toBe(false);
});

test('what is not computed yet is named, and equal catalogues are known as such', () => {
  expect(notComputed(next, (hash) => hash === hashOf(next, 'stays'))).toEqual(['changes', 'comes']);
  expect([sameCatalogues(before, catalogueOf()), sameCatalogues(before, next)]).toEqual([true, false]);
});
