import { expect, test } from 'vitest';
import { RollTask } from '../../services/processor/roll/roll-task.ts';
import { ManualClock } from '../../services/shared/adapters/clock/manual-clock.ts';
import { MemoryLog } from '../../services/shared/adapters/log/memory/memory-log.ts';
import { LockFileRegistry } from '../../services/shared/adapters/registry/lock-file-registry.ts';
import { MemoryStore } from '../../services/shared/adapters/store/memory/memory-store.ts';
import { emptyState, encodeState } from '../../services/shared/core/aggregate/aggregate-state.ts';
import { encodeLabels } from '../../services/shared/core/measure/labels.ts';
import type { Message } from '../../services/shared/core/messages.ts';
import { parseCatalogue } from '../../services/shared/runtime/catalogue-file.ts';
import { MessageCodec } from '../../services/shared/runtime/codec.ts';
import { SLICES_TOPIC } from '../../services/shared/runtime/topics.ts';
import { FIRST_MS, MINUTE_MS } from '../support/transition.ts';

const text = `version: 1
workflows:
  sim: { activities: [a], dimensions: [team] }
kpis:
  events:
    workflow: sim
    measure: { event: a }
    aggregate: count
    by: [team]
    window: { rolling: 1m, every: 1m }
`;
const { catalogue } = parseCatalogue(text, 'catalogue.yaml', { calendarVersion: 'test' });
const { definition } = catalogue!.kpis.get('events')!;
const codec = await MessageCodec.create(await LockFileRegistry.open('schemas/schemas.lock.json'));

/** One event of the first minute, of the only source. */
function slice(version: bigint, team = 'north'): Message {
  const state = encodeState({ ...emptyState({ kind: 'count' }), n: 1 } as ReturnType<typeof emptyState>);
  const place = { definition: definition.hash, labels: encodeLabels({ team }), sliceStartMs: FIRST_MS };
  return { type: 'slice', ...place, source: 'sim/0', version, samples: 1, state, importId: null };
}

function mark(position: bigint, storedPosition: bigint, watermarkMs = FIRST_MS, more: object = {}): Message {
  return {
    type: 'mark',
    source: 'sim/0',
    position,
    storedPosition,
    watermarkMs,
    openImports: [],
    definitions: [],
    filling: [],
    ...more,
  };
}

/** A fold of one partition that nobody but the test drives. */
class Fold {
  readonly task: RollTask;

  constructor() {
    const log = new MemoryLog({ clock: new ManualClock(FIRST_MS) });
    const limits = { slicesMax: 100, openSlicesMax: 10 };
    const ways = { sourcesOf: () => 1, definitionOf: () => definition };
    const store = new MemoryStore();
    this.task = new RollTask({ partition: 0, epoch: 0, log, store, codec, ...ways, ...limits });
    const { hash, kpi, workflow } = definition;
    const row = { hash, kpi, workflow, content: '', active: true, version: 1n };
    this.ready = store
      .insert('definitions', [row])
      .then(() => log.createTopic(SLICES_TOPIC, 1))
      .then(() => this.task.restore());
  }

  /** Restored on an empty store. */
  readonly ready: Promise<void>;

  async apply(...messages: readonly Message[]): Promise<void> {
    const { nextOffset } = this.task;
    const made = messages.map((message, i) => ({ offset: nextOffset + i, value: codec.encode(message) }));
    await this.task.apply(made.map((record) => ({ ...record, appendMs: FIRST_MS, key: null })));
  }

  /** Whether a store is due so long after the last one. */
  due(sinceMs: number): boolean {
    return this.task.storeDue(sinceMs);
  }

  /** As if the log and the store had taken what there is. */
  save(): void {
    this.task.collectPublication();
    this.task.stored(this.task.collectCheckpoint());
  }
}

test('the position follows as soon as the source has stored what was read, and later waits for more than marks', async () => {
  const fold = new Fold();
  await fold.ready;
  await fold.apply(slice(1n), mark(1n, -1n));
  expect(fold.due(1_000), 'a value').toBe(true);
  fold.save();
  expect([fold.due(60_000), fold.task.progress.storedOffset], 'held back by its source').toEqual([false, -1]);
  await fold.apply(mark(1n, 1n));
  expect(fold.due(1_000), 'the source has stored').toBe(true);
  fold.save();
  expect([fold.due(1_000), fold.task.progress.storedOffset]).toEqual([false, 2]);
  await fold.apply(mark(1n, 1n));
  expect([fold.due(1_000), fold.due(MINUTE_MS)], 'a mark alone').toEqual([false, true]);
});

test('of what is being filled nothing is computed; once it is whole, what the store lacks of it is there', async () => {
  const fold = new Fold();
  await fold.ready;
  const { hash } = definition;
  const filling = { definitions: [hash], filling: [hash] };
  const teams = (): string[] =>
    fold.task.collectPublication().records.flatMap(({ value }) => {
      const message = codec.decode(value);
      return message.type === 'value' ? [message.labels] : [];
    });
  await fold.apply(slice(1n), mark(1n, -1n, FIRST_MS, filling));
  await fold.apply(slice(2n, 'south'), mark(2n, -1n, FIRST_MS, filling));
  expect([teams(), fold.task.progress.isFilling]).toEqual([[], false]);
  await fold.apply(mark(3n, -1n, FIRST_MS, { definitions: [hash] }));
  expect(new Set(teams())).toEqual(new Set(['north', 'south'].map((team) => encodeLabels({ team }))));
});
