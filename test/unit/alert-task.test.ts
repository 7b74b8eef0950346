import { expect, test } from 'vitest';
import { AlertTask } from '../../services/alerter/alert/alert-task.ts';
import { firstKey, FirstsBook } from '../../services/alerter/alert/firsts-book.ts';
import { MemoryStore } from '../../services/shared/adapters/store/memory/memory-store.ts';
import { encodeLabels } from '../../services/shared/core/measure/labels.ts';
import type { Message, TransitionMessage, ValueMessage } from '../../services/shared/core/messages.ts';
import type { InstanceRow } from '../../services/shared/ports/kpi-rows.ts';
import { parseCatalogue } from '../../services/shared/runtime/catalogue-file.ts';
import { MessageCodec } from '../../services/shared/runtime/codec.ts';
import { LockFileRegistry } from '../../services/shared/adapters/registry/lock-file-registry.ts';
import { FIRST_MS, MINUTE_MS } from '../support/transition.ts';

const text = `version: 1
workflows:
  sim: { activities: [a], dimensions: [team] }
kpis:
  total:
    workflow: sim
    measure: { event: a }
    aggregate: sum
    by: [team]
    window: { rolling: 1m, every: 1m }
    alerts: [{ name: early, when: value > 10, provisional: true }]
`;
const { catalogue } = parseCatalogue(text, 'catalogue.yaml', { calendarVersion: 'test' });
const { definition } = catalogue!.kpis.get('total')!;
const rule = [...catalogue!.rules.values()][0]!;
const codec = await MessageCodec.create(await LockFileRegistry.open('schemas/schemas.lock.json'));
const W = FIRST_MS;

const inForce: Message = { type: 'control', definitions: [rule.hash], filling: [] };
const gone: Message = { type: 'control', definitions: [], filling: [] };

function value(state: ValueMessage['state'] = 'final', endMs = W): ValueMessage {
  const place = { kpi: 'total', definition: definition.hash, labels: encodeLabels({ team: 'north' }) };
  const window = { windowStartMs: endMs - MINUTE_MS, windowEndMs: endMs, value: 11, valueExact: '11', samples: 1 };
  return { type: 'value', ...place, ...window, state, revision: 0, reason: '', withdrawn: false, version: 1n };
}

/** The mark of the only source, which has passed the window that ends at `endMs`. */
function mark(endMs = W): Message {
  const places = { position: 1n, storedPosition: 1n, watermarkMs: endMs };
  return { type: 'mark', source: 'sim/0', ...places, openImports: [], definitions: [], filling: [] };
}

/** A fold of one partition that nobody but the test drives. Of first values it remembers none that are stored. */
class Fold {
  readonly store: MemoryStore;
  readonly said: TransitionMessage[] = [];
  private readonly task: AlertTask;

  constructor(store = new MemoryStore()) {
    this.store = store;
    this.task = new AlertTask({
      partition: 0,
      epoch: 0,
      store,
      codec,
      definitionOf: (hash) => (hash === definition.hash ? definition : undefined),
      ruleOf: (hash) => (hash === rule.hash ? rule : undefined),
      workflowOf: (name) => catalogue!.workflows.get(name),
      sourcesOf: () => 1,
      maxAlertAgeMs: 10 * MINUTE_MS,
      firstsKnownMax: 0,
    });
  }

  async restore(): Promise<void> {
    await this.task.restore();
  }

  /** Folds these as one batch, after what was folded before. */
  async apply(...messages: readonly Message[]): Promise<void> {
    const { nextOffset } = this.task;
    const records = messages.map((message, i) => ({ offset: nextOffset + i, value: codec.encode(message) }));
    await this.task.apply(records.map((record) => ({ ...record, appendMs: W, key: null })));
    for (const record of this.task.collectPublication().records)
      this.said.push(codec.decode(record.value) as TransitionMessage);
  }

  /** Stores what changed, but of instances only those that `keeps` says, and the position only with all of them. */
  async save(keeps?: (row: InstanceRow) => boolean): Promise<void> {
    const checkpoint = this.task.collectCheckpoint();
    const { firsts = [], transitions = [], instances = [] } = checkpoint.rows;
    await this.store.insert('firsts', firsts);
    await this.store.insert('transitions', transitions);
    await this.store.insert('instances', keeps === undefined ? instances : instances.filter(keeps));
    if (keeps === undefined) await this.store.insert('positions', [checkpoint.position!]);
    this.task.stored(checkpoint);
  }
}

async function fold(store?: MemoryStore): Promise<Fold> {
  const it = new Fold(store);
  await it.restore();
  return it;
}

test('a final value that comes again behind the mark that evaluated it is not another first value', async () => {
  const it = await fold();
  await it.apply(inForce, value());
  await it.save();
  await it.apply(mark(), value());
  await it.save();
  expect(it.store.dump('firsts').map(({ kind }) => kind)).toEqual(['first']);
});

test('a first value that is on its way to the store is known, even if it is stored and forgotten meanwhile', async () => {
  const book = new FirstsBook({ store: new MemoryStore(), labelPartition: 0, knownMax: 0 });
  book.keep(value(), 'first', false, 1n);
  expect(await book.lookUp([value()])).toEqual(new Set([firstKey(value())]));
});

test('a series that waits for an import knows after a restart how far it had come', async () => {
  const it = await fold();
  await it.apply(inForce, value('backfilling'));
  await it.save();
  await it.apply(mark());
  await it.save();
  const next = await fold(it.store);
  await next.apply(value('final', W - 5 * MINUTE_MS));
  await next.save();
  expect(next.store.dump('firsts').map(({ kind }) => kind)).toEqual(['late_first']);
});

test('a rule that goes and comes back within one window begins another episode', async () => {
  const it = await fold();
  await it.apply(inForce, value('provisional'), mark(W - MINUTE_MS), value('provisional'));
  await it.apply(gone, inForce, value('provisional'));
  expect(it.said.map(({ from, to }) => `${from} > ${to}`)).toEqual([
    'inactive > firing',
    'firing > inactive',
    'inactive > firing',
  ]);
  const [first, ended, second] = it.said.map(({ episode }) => episode);
  expect(ended).toBe(first);
  expect(second).not.toBe(first);
});

test('an instance whose row is of the record that ended it starts anew when its rule comes back', async () => {
  const records = [inForce, value('provisional'), mark(W - MINUTE_MS), value('provisional'), gone];
  const back = [inForce, value('provisional')];
  const undisturbed = await fold();
  await undisturbed.apply(...records, ...back);
  const crashed = await fold();
  await crashed.apply(...records);
  await crashed.save(() => true);
  const next = await fold(crashed.store);
  await next.apply(...records, ...back);
  expect(next.said.at(-1)).toEqual(undisturbed.said.at(-1));
});

test('a series whose instances are ahead of its own row gets it from its first record, not from a mark before', async () => {
  const records = [inForce, mark(), value(), mark(W + MINUTE_MS)];
  const undisturbed = await fold();
  for (const record of records) await undisturbed.apply(record);
  await undisturbed.save();
  const crashed = await fold();
  await crashed.apply(...records);
  await crashed.save(({ state }) => state !== 'watching');
  const next = await fold(crashed.store);
  for (const record of records) await next.apply(record);
  await next.save();
  expect(next.store.dump('firsts')).toEqual(undisturbed.store.dump('firsts'));
  const series = ({ state }: InstanceRow): boolean => state === 'watching';
  expect(next.store.dump('instances').filter(series)).toEqual(undisturbed.store.dump('instances').filter(series));
});

test.each([
  { name: 'no mark before it', before: [inForce] },
  { name: 'a mark before it', before: [inForce, mark()] },
])('an instance whose row was lost sees the value that its series is past, with $name', async ({ before }) => {
  const crashed = await fold();
  await crashed.apply(...before, value(), mark(W + MINUTE_MS));
  expect(crashed.said).toHaveLength(1);
  await crashed.save(({ state }) => state === 'watching');
  const next = await fold(crashed.store);
  for (const record of [...before, value(), mark(W + MINUTE_MS)]) await next.apply(record);
  const [again, ...more] = next.said.slice(1);
  expect(again).toEqual(crashed.said[0]);
  expect(more).toEqual([]);
});
