import { expect, test } from 'vitest';
import { seriesJob } from '../../services/scheduler/series-job.ts';
import { ManualClock } from '../../services/shared/adapters/clock/manual-clock.ts';
import { NodeCron } from '../../services/shared/adapters/cron/node-cron.ts';
import { MemoryStore } from '../../services/shared/adapters/store/memory/memory-store.ts';
import type { Catalogue } from '../../services/shared/core/catalogue/catalogue.ts';
import { lintLimited } from '../../services/shared/core/catalogue/lint-history.ts';
import { encodeLabels } from '../../services/shared/core/measure/labels.ts';
import { LabelPlan } from '../../services/shared/core/measure/label-plan.ts';
import { limitedKpis, limitSeries } from '../../services/shared/core/series/limit-series.ts';
import { seriesGroups } from '../../services/shared/core/series/series-groups.ts';
import { parseCatalogue } from '../../services/shared/runtime/catalogue-file.ts';

function catalogueOf(max: number | null = 2): Catalogue {
  const seriesMax = max === null ? '' : `series_max: ${max},`;
  const counted = `workflow: w, aggregate: count, window: { tumbling: hour }`;
  const text = `version: 1
workflows: { w: { activities: [a, b], dimensions: [team] } }
kpis:
  all: { ${counted}, measure: { event: a } }
  some: { ${counted}, measure: { event: a }, by: [team], ${seriesMax} alerts: [{ name: many, when: value > 3 }] }
  others: { ${counted}, measure: { event: b }, by: [team], series_max: 7 }
  alone: { ${counted}, measure: { event: any }, by: [team] }
  share: { formula: some / others, alerts: [{ name: high, when: value > 1 }] }
  rise: { measure: { growth: { of: share, over: previous } } }
`;
  const { catalogue, problems } = parseCatalogue(text, 'c.yaml', { calendarVersion: 'test' });
  expect(problems).toEqual([]);
  return catalogue!;
}

const team = (name: string): string => encodeLabels({ team: name });
const hashOf = ({ kpis }: Catalogue, key: string): string => kpis.get(key)!.definition.hash;

test('KPIs that a formula joins are one group under the lowest limit; those without labels are in none', () => {
  const groups = seriesGroups(catalogueOf()).map(({ kpis, seriesMax }) => [kpis.join(), seriesMax]);
  expect(groups).toEqual([
    ['others,some', 2],
    ['alone', 1_000],
  ]);
  const [joined] = seriesGroups(catalogueOf());
  expect(seriesGroups(catalogueOf())[0]!.id).toBe(joined!.id);
  expect(seriesGroups(catalogueOf(3))[0]!.id).not.toBe(joined!.id);
});

test('a limit alone changes no definition', () => {
  expect(hashOf(catalogueOf(3), 'some')).toBe(hashOf(catalogueOf(null), 'some'));
});

test('what was decided makes other versions of the group, of what is computed from it, and of the rules on both', () => {
  const catalogue = catalogueOf();
  const { id } = seriesGroups(catalogue)[0]!;
  const limit = { id, seriesMax: 2, labelSets: 5, admitted: [team('a')] };
  const limited = limitSeries(catalogue, new Map([[id, limit]]), 'test');
  const changed = [...catalogue.kpis.keys()].filter((key) => hashOf(catalogue, key) !== hashOf(limited, key));
  expect(changed).toEqual(['some', 'others', 'share', 'rise']);
  const { measure } = limited.kpis.get('share')!.definition;
  expect('inputs' in measure && measure.inputs.map(({ hash }) => hash)).toEqual([
    hashOf(limited, 'some'),
    hashOf(limited, 'others'),
  ]);
  for (const [name, rule] of limited.rules) {
    expect(rule.definition).toBe(hashOf(limited, rule.kpi));
    expect(rule.hash).not.toBe(catalogue.rules.get(name)!.hash);
  }
  expect(limitSeries(catalogue, new Map([['other', limit]]), 'test')).toBe(catalogue);
  expect(limitedKpis(catalogue, new Map([[id, limit]])).map(({ kpi }) => kpi)).toEqual(['others', 'some']);
  expect(lintLimited(limitedKpis(catalogue, new Map([[id, limit]])))[0]!.message).toMatch(/^had 5 label sets/);
});

test('a label set that is not admitted counts as the other one, whatever its size', () => {
  const by = [
    { dimension: 'team', at: 'to' },
    { dimension: 'grade', at: 'to' },
  ] as const;
  const admitted = [encodeLabels({ team: 'a', grade: '(none)' })];
  const plan = new LabelPlan(by, admitted);
  expect(plan.encode(['a', null])).toBe(admitted[0]);
  expect(plan.encode(['a', 'x'])).toBe(encodeLabels({ team: '__other__', grade: '__other__' }));
  expect(plan.encode(['a', 'x'])).toBe(plan.encode(['b', null]));
  expect(new LabelPlan(by).encode(['a', 'x'])).toBe(encodeLabels({ team: 'a', grade: 'x' }));
});

test('the job admits the busiest label sets of a group once, and nothing of what is within its limit', async () => {
  const catalogue = catalogueOf();
  const store = new MemoryStore();
  const clock = new ManualClock(77);
  const job = seriesJob(
    { pattern: new NodeCron().read('* * * * *'), zone: 'UTC' },
    { store, clock, catalogue: () => catalogue },
  );
  const run = () => job.run({ scheduledMs: 0, attempt: 1, signal: new AbortController().signal });
  const count = (key: string, name: string, samples: number) =>
    store.insert('slices', [
      {
        definition: hashOf(catalogue, key),
        labels: team(name),
        labelPartition: 0,
        sliceStartMs: 0,
        source: 'w/0',
        samples,
        state: new Uint8Array(),
        importId: null,
        version: 1n,
      },
    ]);
  await count('some', 'z', 1);
  await count('some', 'a', 9);
  for (const name of ['a', 'b', 'c', 'd']) await count('alone', name, 1);
  expect(await run()).toBe('');
  expect(await store.seriesLimits()).toEqual([]);
  // The third of the group is one of the other KPI.
  await count('others', 'm', 5);
  expect(await run()).toBe('others, some: 3 label sets, 2 keep their labels');
  const { id } = seriesGroups(catalogue)[0]!;
  const row = {
    id,
    kpis: ['others', 'some'],
    seriesMax: 2,
    labelSets: 3,
    admitted: [team('a'), team('m')],
    version: 77n,
  };
  expect(await store.seriesLimits()).toEqual([row]);
  await count('others', 'y', 50);
  clock.advance(60_000);
  expect(await run()).toBe('');
  expect(await store.seriesLimits()).toEqual([row]);
});
