import { expect, test } from 'vitest';
import { RollTask } from '../../services/processor/roll/roll-task.ts';
import { ManualClock } from '../../services/shared/adapters/clock/manual-clock.ts';
import { MemoryLog } from '../../services/shared/adapters/log/memory/memory-log.ts';
import { LockFileRegistry } from '../../services/shared/adapters/registry/lock-file-registry.ts';
import { MemoryStore } from '../../services/shared/adapters/store/memory/memory-store.ts';
import { type AggregateState, emptyState, encodeState } from '../../services/shared/core/aggregate/aggregate-state.ts';
import { LEVEL_TOTAL_MS } from '../../services/shared/core/definition.ts';
import { encodeLabels } from '../../services/shared/core/measure/labels.ts';
import type { Message, SlicesMessage } from '../../services/shared/core/messages.ts';
import { parseCatalogue } from '../../services/shared/runtime/catalogue-file.ts';
import { MessageCodec } from '../../services/shared/runtime/codec.ts';
import { SLICES_TOPIC } from '../../services/shared/runtime/topics.ts';
import { FIRST_MS, MINUTE_MS } from '../support/transition.ts';

const text = `version: 1
workflows:
  sim: { activities: [a, b], dimensions: [] }
kpis:
  recent: { workflow: sim, measure: { event: a }, aggregate: count, window: { rolling: 10m, every: 1m } }
  open: { workflow: sim, measure: { open: { from: a, to: b } } }
  load: { formula: recent / (open + 1) }
`;
const { catalogue } = parseCatalogue(text, 'catalogue.yaml', { calendarVersion: 'test' });
const definitions = new Map([...catalogue!.kpis.values()].map(({ definition }) => [definition.hash, definition]));
const hashOf = (kpi: string): string => catalogue!.kpis.get(kpi)!.definition.hash;
const codec = await MessageCodec.create(await LockFileRegistry.open('schemas/schemas.lock.json'));
const SLICES_MAX = 60;
const MINUTES = 500;

function slice(kpi: string, sliceStartMs: number, version: number, n: number): Message {
  const state: AggregateState =
    kpi === 'open' ? { kind: 'level', n, delta: n } : ({ ...emptyState({ kind: 'count' }), n } as AggregateState);
  const place = { definition: hashOf(kpi), labels: encodeLabels({}), sliceStartMs, source: 'sim/0', importId: null };
  return { type: 'slice', ...place, version: BigInt(version), samples: n, state: encodeState(state) };
}

test('series that events never leave alone do not grow for ever, and a late event still changes what it has to', async () => {
  const store = new MemoryStore();
  const log = new MemoryLog({ clock: new ManualClock(FIRST_MS) });
  await log.createTopic(SLICES_TOPIC, 1);
  for (const { hash, kpi } of definitions.values())
    await store.insert('definitions', [{ hash, kpi, workflow: 'sim', content: '', active: true, version: 1n }]);
  const limits = { slicesMax: SLICES_MAX, openSlicesMax: 10 };
  const definitionOf = (hash: string) => definitions.get(hash);
  const task = new RollTask({ partition: 0, epoch: 0, log, store, codec, sourcesOf: () => 1, definitionOf, ...limits });
  await task.restore();
  /** As aggregate publishes and stores it, and as the log and the store take what comes of it. */
  const come = async (version: number, watermarkMs: number, snapshots: readonly Message[]): Promise<void> => {
    const position = BigInt(version);
    const mark = { type: 'mark', source: 'sim/0', position, storedPosition: position, watermarkMs } as const;
    const messages = [...snapshots, { ...mark, openImports: [], definitions: [], filling: [] }];
    const { nextOffset } = task;
    const made = messages.map((message, i) => ({ offset: nextOffset + i, value: codec.encode(message) }));
    const rows = snapshots.map((row) => ({ ...(row as SlicesMessage), labelPartition: 0 }));
    await store.insert('slices', rows as never);
    await task.apply(made.map((record) => ({ ...record, appendMs: watermarkMs, key: null })));
    task.collectPublication();
    const checkpoint = task.collectCheckpoint();
    await store.insert('values', checkpoint.rows.values ?? []);
    task.stored(checkpoint);
  };
  const minute = (i: number): number => FIRST_MS + i * MINUTE_MS;
  let held = 0;
  for (let i = 0; i < MINUTES; i++) {
    const [startMs, version] = [minute(i), i + 1];
    await come(version, startMs, [
      slice('recent', startMs, version, 1),
      slice('open', startMs, version, 1),
      slice('open', LEVEL_TOTAL_MS, version, i + 1),
    ]);
    held = Math.max(held, task.progress.slices);
  }
  expect(held).toBeLessThan(SLICES_MAX * 2);
  // One more case in the fifth minute.
  await come(MINUTES + 1, minute(MINUTES), [
    slice('recent', minute(4), MINUTES + 1, 2),
    slice('open', minute(4), MINUTES + 1, 2),
    slice('open', LEVEL_TOTAL_MS, MINUTES + 1, MINUTES + 1),
  ]);
  const valueOf = (kpi: string, endMs: number): number | null | undefined =>
    store.dump('values').find((row) => row.kpi === kpi && row.windowEndMs === endMs)?.value;
  const at = (i: number) => ['recent', 'open', 'load'].map((kpi) => valueOf(kpi, minute(i)));
  expect(at(4)).toEqual([4, 4, 4 / 5]);
  expect(at(5)).toEqual([6, 6, 6 / 7]);
  expect(at(MINUTES)).toEqual([10, MINUTES + 1, 10 / (MINUTES + 2)]);
  expect(task.progress.slices).toBeLessThan(MINUTES * 4 + SLICES_MAX);
  for (let i = 0; i < SLICES_MAX; i++)
    await come(MINUTES + 2 + i, minute(MINUTES + i), [slice('recent', minute(MINUTES + i), MINUTES + 2 + i, 1)]);
  expect(task.progress.slices, 'after the late event').toBeLessThan(SLICES_MAX * 2);
});
