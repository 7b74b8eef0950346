import { expect, test } from 'vitest';
import { Backfill } from '../../services/processor/roll/backfill.ts';
import { groupsOf } from '../../services/processor/roll/derived-groups.ts';
import type { SeriesTable } from '../../services/processor/roll/series-table.ts';
import { isDerived } from '../../services/shared/core/formula/derived.ts';
import { parseCatalogue } from '../../services/shared/runtime/catalogue-file.ts';

const { catalogue } = parseCatalogue(
  `version: 1
workflows: { w: { activities: [a, b] } }
kpis:
  one: { workflow: w, measure: { event: a }, aggregate: count, window: { tumbling: hour } }
  two: { workflow: w, measure: { event: b }, aggregate: count, window: { tumbling: hour } }
  alone: { workflow: w, measure: { event: any }, aggregate: count, window: { tumbling: hour } }
  share: { formula: one / two }
`,
  'c.yaml',
  { calendarVersion: 'test' },
);
const definitions = [...catalogue!.kpis.values()].map(({ definition }) => definition);
const hashOf = (kpi: string): string => definitions.find((each) => each.kpi === kpi)!.hash;
const nameOf = (hash: string): string => definitions.find((each) => each.hash === hash)!.kpi;

/** A table whose label sets are so many, and which notes what is loaded. */
function backfillOf(labelSets: number, lacking: Set<string>): { backfill: Backfill; loaded: string[] } {
  const loaded: string[] = [];
  const table = {
    labelSets: async () => new Set(Array.from({ length: labelSets }, (_, i) => `${i}`)),
    load: async ({ kpi }: { kpi: string }, wanted: ReadonlyMap<string, unknown>) =>
      void loaded.push(`${kpi} ${wanted.size}`),
    loadTogether: async (_: unknown, wanted: ReadonlyMap<string, unknown>) =>
      void loaded.push(`together ${wanted.size}`),
  } as unknown as SeriesTable;
  const backfill = new Backfill(table, ({ kpi }) => lacking.has(kpi));
  const derived = definitions.filter(isDerived);
  backfill.start(
    definitions.filter((each) => !isDerived(each)),
    groupsOf(derived),
    [],
  );
  return { backfill, loaded };
}

async function turn(backfill: Backfill): Promise<void> {
  await backfill.load();
  backfill.computed();
}

test('what is new is loaded some label sets at a time, a formula with its leaves, and is done then', async () => {
  const { backfill, loaded } = backfillOf(150, new Set());
  while (backfill.isFilling) await turn(backfill);
  expect(loaded).toEqual(['together 50', 'together 100', 'alone 50', 'alone 100']);
  expect(backfill.filled.map(nameOf).sort()).toEqual(['alone', 'one', 'share', 'two']);
});

test('what a source lacks is blocked, with what is computed from it, and nothing else', async () => {
  const lacking = new Set(['two']);
  const { backfill, loaded } = backfillOf(1, lacking);
  while (backfill.isFilling) await turn(backfill);
  expect(backfill.filled.map(nameOf).sort()).toEqual(['alone', 'one']);
  expect(['one', 'two', 'share'].filter((kpi) => backfill.isBlocked(hashOf(kpi)))).toEqual(['two', 'share']);
  lacking.clear();
  expect(backfill.refresh().map(({ kpi }) => kpi)).toEqual(['two']);
  while (backfill.isFilling) await turn(backfill);
  expect(loaded).toEqual(['one 1', 'alone 1', 'together 1']);
  expect(backfill.filled).toHaveLength(4);
});

test('what begins with nothing again is computed again, and what is loaded of it is let go', async () => {
  const lacking = new Set<string>();
  const { backfill, loaded } = backfillOf(150, lacking);
  await turn(backfill);
  lacking.add('one');
  backfill.begin([hashOf('one')]);
  backfill.refresh();
  while (backfill.isFilling) await turn(backfill);
  expect(backfill.filled.map(nameOf).sort()).toEqual(['alone', 'two']);
  lacking.clear();
  backfill.refresh();
  while (backfill.isFilling) await turn(backfill);
  expect([loaded.filter((each) => each.startsWith('together')).length, backfill.filled.length]).toEqual([3, 4]);
});

test('the position says what is done; of a definition that is gone it says nothing', async () => {
  const { backfill } = backfillOf(0, new Set());
  await turn(backfill);
  expect([backfill.isFilling, backfill.filled.length]).toEqual([false, 4]);
  backfill.start([definitions[0]!], [], [...backfill.filled]);
  expect(backfill.filled.map(nameOf)).toEqual(['one']);
});
