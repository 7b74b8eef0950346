import { expect, test } from 'vitest';
import { AggregateTask } from '../../services/processor/aggregate/aggregate-task.ts';
import { LockFileRegistry } from '../../services/shared/adapters/registry/lock-file-registry.ts';
import { MemoryStore } from '../../services/shared/adapters/store/memory/memory-store.ts';
import type { EventsMessage } from '../../services/shared/core/messages.ts';
import { decodeState } from '../../services/shared/core/aggregate/aggregate-state.ts';
import { parseCatalogue } from '../../services/shared/runtime/catalogue-file.ts';
import { MessageCodec } from '../../services/shared/runtime/codec.ts';

const HOUR = 3_600_000;
const codec = await MessageCodec.create(await LockFileRegistry.open('schemas/schemas.lock.json'));
const { catalogue } = parseCatalogue(
  `version: 1
workflows:
  w: { activities: [work, closed], retention: 1d }
kpis:
  latest: { workflow: w, measure: { event: { last: work } }, aggregate: count, window: { tumbling: hour } }
  most: { workflow: w, measure: { event: work }, aggregate: max, window: { tumbling: hour } }
  waiting: { workflow: w, measure: { open: { from: { first: work }, to: closed } }, window: { every: 1h } }
  ever: { workflow: w, measure: { event: { last: work } }, aggregate: count, window: total }`,
  'c.yaml',
  { calendarVersion: 'test' },
);
const kpis = catalogue!.kpis;
const hashOf = (kpi: string): string => kpis.get(kpi)!.definition.hash;

let offset = 0;
let store: MemoryStore;
let task: AggregateTask;

async function open(): Promise<void> {
  task = new AggregateTask({
    workflow: catalogue!.workflows.get('w')!,
    partition: 0,
    epoch: 0,
    labelPartitions: 1,
    store,
    codec,
    definitionOf: (hash) => [...kpis.values()].find(({ definition }) => definition.hash === hash)!.definition,
    rowsMax: 100,
    caseBytesMax: 1_000_000,
    archivePeriodMs: HOUR,
  });
  await task.restore();
}

async function apply(...messages: readonly EventsMessage[]): Promise<void> {
  await task.apply(
    messages.map((message) => ({ offset: offset++, appendMs: 0, key: null, value: codec.encode(message) })),
  );
}

/** Stores what there is; gives the samples of a KPI by the hour of the slice. */
async function stored(kpi: string): Promise<Record<string, number>> {
  const { rows, blocks = [], position } = task.collectCheckpoint();
  await store.insert('slices', rows.slices ?? []);
  for (const block of blocks) await store.insertBlocks(block.table, [block]);
  await store.insert('positions', [position!]);
  task.stored({ rows, blocks, position });
  const slices = await store.slices({ definition: hashOf(kpi) });
  return Object.fromEntries(slices.map(({ sliceStartMs, samples }) => [sliceStartMs / HOUR, samples]));
}

function work(caseId: string, hour: number, activity = 'work'): EventsMessage {
  const value = { unscaled: BigInt(hour), scale: 0 };
  const event = { workflow: 'w', caseId, id: `${hour}`, kind: 'event', activity, timeMs: hour * HOUR } as const;
  return { type: 'event', event: { ...event, dimensions: {}, value, target: null, importId: null } };
}

const control = (...names: readonly string[]): EventsMessage => ({
  type: 'control',
  definitions: names.map(hashOf),
  filling: [],
});

test('slices before the cut change no more, those of totals do; what comes later begins at the cut', async () => {
  offset = 0;
  store = new MemoryStore();
  await open();
  await apply(control('latest', 'ever'), work('a', 1), work('a', 5), work('b', 2));
  expect(await stored('latest')).toEqual({ 1: 0, 2: 1, 5: 1 });
  await apply({ type: 'cut', lateMs: 6 * HOUR, frozenMs: 3 * HOUR }, work('a', 8), work('b', 9), work('c', 5));
  // Case b expired, so its new event takes nothing back; that of c was too late.
  expect(await stored('latest')).toEqual({ 1: 0, 2: 1, 5: 0, 8: 1, 9: 1 });
  expect(await stored('ever')).toEqual({ 0: 3 });
  const letters = task.collectPublication().records.filter(({ topic }) => topic === 'dead-letters');
  expect(letters.map(({ value }) => JSON.parse(Buffer.from(value).toString('utf8')))).toMatchObject([
    {
      code: 'EVENT_TOO_LATE',
      workflow: 'w',
      source: 'events.w/0 at offset 7',
      content: { caseId: 'c', kind: 'event' },
    },
  ]);
  await apply({ type: 'cut', lateMs: 9 * HOUR, frozenMs: 7 * HOUR }, control('latest', 'ever', 'most'), work('a', 10));
  // Its events at 5 and before are still archived, but their hours are no longer whole.
  expect(await stored('most')).toEqual({ 8: 1, 9: 1, 10: 1 });
  expect(await stored('latest')).toEqual({ 1: 0, 2: 1, 5: 0, 8: 0, 9: 1, 10: 1 });
  // A definition that comes back keeps what the cut has frozen.
  await apply(control('most'), control('latest', 'most'));
  expect(await stored('latest')).toEqual({ 1: 0, 2: 1, 5: 0, 8: 0, 9: 1, 10: 1 });
  await open();
  await apply(work('d', 8));
  expect(await stored('latest')).toMatchObject({ 8: 0 });
});

test('a level that is computed after a cut has what was open there, and nothing before', async () => {
  offset = 0;
  store = new MemoryStore();
  await open();
  await apply(control('waiting'), work('a', 1), work('b', 2), work('b', 3, 'closed'), work('c', 4));
  await apply({ type: 'cut', lateMs: 9 * HOUR, frozenMs: 8 * HOUR }, control(), control('waiting'));
  // Two are open, since the cut for all it knows; the total row stands at -1.
  const levels = async (): Promise<Record<string, number>> => {
    await stored('waiting');
    const slices = await store.slices({ definition: hashOf('waiting') });
    const level = ({ state }: { state: Uint8Array }): number =>
      Number((decodeState({ kind: 'level' }, state) as { delta: number }).delta);
    return Object.fromEntries(
      slices.map((slice) => [slice.sliceStartMs < 0 ? 'total' : slice.sliceStartMs / HOUR, level(slice)]),
    );
  };
  expect(await levels()).toEqual({ 1: 0, 2: 0, 3: 0, 4: 0, 8: 2, total: 2 });
  await apply(work('a', 10, 'closed'));
  expect(await levels()).toEqual({ 1: 0, 2: 0, 3: 0, 4: 0, 8: 2, 10: -1, total: 1 });
});
