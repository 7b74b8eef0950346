import { expect, test } from 'vitest';
import { RESTORED_ROWS_MAX, SliceTable } from '../../services/processor/aggregate/slice-table.ts';
import { MemoryStore } from '../../services/shared/adapters/store/memory/memory-store.ts';
import { emptyState, encodeState } from '../../services/shared/core/aggregate/aggregate-state.ts';
import type { Delta } from '../../services/shared/core/measure/case-folds.ts';
import type { Definition } from '../../services/shared/core/definition.ts';
import { encodeLabels } from '../../services/shared/core/measure/labels.ts';
import { planWorkflow } from '../../services/shared/core/measure/workflow-plan.ts';
import type { SliceRow } from '../../services/shared/ports/kpi-rows.ts';
import { parseCatalogue } from '../../services/shared/runtime/catalogue-file.ts';

const MINUTE_MS = 60_000;
const text = `version: 1
workflows:
  sim: { activities: [a], dimensions: [team] }
kpis:
  old: { workflow: sim, measure: { event: a }, aggregate: count, window: { rolling: 2m, every: 1m } }
  young: { workflow: sim, measure: { event: a }, aggregate: count, window: { rolling: 3m, every: 1m } }
`;
const { catalogue } = parseCatalogue(text, 'catalogue.yaml', { calendarVersion: 'test' });
const [old, young] = ['old', 'young'].map((kpi) => catalogue!.kpis.get(kpi)!.definition);
const LABELS = encodeLabels({});

function row(definition: Definition, minute: number, samples: number): SliceRow {
  const place = { definition: definition.hash, labels: LABELS, labelPartition: 0, sliceStartMs: minute * MINUTE_MS };
  const state = encodeState({ ...emptyState({ kind: 'count' }), n: samples } as ReturnType<typeof emptyState>);
  return { ...place, source: 'sim/0', samples, state, importId: null, version: 5n };
}

test('of a slice of which a start did not read every definition’s row, all are read when it changes', async () => {
  const store = new MemoryStore();
  // Of the older definition the earliest row is one more than are read; of the younger one all are.
  await store.insert(
    'slices',
    Array.from({ length: RESTORED_ROWS_MAX + 1 }, (_, minute) => row(old!, minute, 7)),
  );
  await store.insert('slices', [row(young!, 0, 3)]);
  const table = new SliceTable({
    store,
    source: 'sim/0',
    epoch: 0,
    labelPartitions: 1,
    rowsMax: 10 * RESTORED_ROWS_MAX,
  });
  const plan = planWorkflow([old!, young!], new Map([['a', 0]]));
  expect(plan.slices, 'they share their slices').toHaveLength(1);
  await table.restore(plan);
  const delta = { group: plan.slices[0]!, timeMs: 0, labels: LABELS, amount: 1, part: 0, sign: 1 } as unknown as Delta;
  await table.load([{ deltas: [delta] }]);
  table.nextRecord();
  table.apply(delta, 9, null);
  const [entry] = table.changes.takeToStore();
  expect(table.rows(entry!).map(({ definition, samples }) => [definition, samples])).toEqual([
    [old!.hash, 8],
    [young!.hash, 4],
  ]);
});
