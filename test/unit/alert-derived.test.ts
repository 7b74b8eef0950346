import { expect, test } from 'vitest';
import { AlertTask } from '../../services/alerter/alert/alert-task.ts';
import { LockFileRegistry } from '../../services/shared/adapters/registry/lock-file-registry.ts';
import { MemoryStore } from '../../services/shared/adapters/store/memory/memory-store.ts';
import { encodeLabels } from '../../services/shared/core/measure/labels.ts';
import type { Message, TransitionMessage, ValueMessage } from '../../services/shared/core/messages.ts';
import { parseCatalogue } from '../../services/shared/runtime/catalogue-file.ts';
import { MessageCodec } from '../../services/shared/runtime/codec.ts';
import { FIRST_MS, MINUTE_MS } from '../support/transition.ts';

const text = `version: 1
workflows:
  care: { activities: [complained] }
  shop: { activities: [shipped] }
kpis:
  complaints: { workflow: care, measure: { event: complained }, aggregate: count, window: { rolling: 1m, every: 1m } }
  shipped: { workflow: shop, measure: { event: shipped }, aggregate: count, window: { rolling: 1m, every: 1m } }
  rate: { formula: complaints / shipped, alerts: [{ name: many, when: value > 0.1 }] }
`;
const { catalogue } = parseCatalogue(text, 'catalogue.yaml', { calendarVersion: 'test' });
const { definition } = catalogue!.kpis.get('rate')!;
const [rule] = [...catalogue!.rules.values()];
const codec = await MessageCodec.create(await LockFileRegistry.open('schemas/schemas.lock.json'));

function value(endMs: number, state: ValueMessage['state'], of: number | null, reason = ''): Message {
  const place = { kpi: 'rate', definition: definition.hash, labels: encodeLabels({}) };
  const window = { windowStartMs: endMs - MINUTE_MS, windowEndMs: endMs, value: of, valueExact: null, samples: 5 };
  return { type: 'value', ...place, ...window, state, revision: 0, reason, withdrawn: false, version: 1n };
}

function mark(workflow: string, watermarkMs: number): Message {
  const places = { position: 1n, storedPosition: 1n };
  return {
    type: 'mark',
    source: `${workflow}/0`,
    ...places,
    watermarkMs,
    openImports: [],
    definitions: [],
    filling: [],
  };
}

async function startedTask(): Promise<(...messages: readonly Message[]) => Promise<string[]>> {
  const task = new AlertTask({
    partition: 0,
    epoch: 0,
    store: new MemoryStore(),
    codec,
    definitionOf: (hash) => (hash === definition.hash ? definition : undefined),
    ruleOf: (hash) => (hash === rule!.hash ? rule : undefined),
    workflowOf: (name) => catalogue!.workflows.get(name),
    sourcesOf: () => 1,
    maxAlertAgeMs: 10 * MINUTE_MS,
  });
  await task.restore();
  return async (...messages) => {
    const { nextOffset } = task;
    const records = messages.map((message, i) => ({ offset: nextOffset + i, value: codec.encode(message) }));
    await task.apply(records.map((record) => ({ ...record, appendMs: FIRST_MS, key: null })));
    const said = task.collectPublication().records.map((record) => codec.decode(record.value) as TransitionMessage);
    return said.map(({ to, suppressed }) => (suppressed === null ? to : `${to}, ${suppressed}`));
  };
}

test('a rule on a formula over two workflows waits for both, and then acts on its first final value', async () => {
  const apply = await startedTask();
  expect(
    await apply({ type: 'control', definitions: [rule!.hash], filling: [] }, value(FIRST_MS, 'provisional', 0.2)),
  ).toEqual([]);
  expect(await apply(mark('care', FIRST_MS + 5 * MINUTE_MS)), 'nothing is known of the other').toEqual([]);
  expect(await apply(mark('shop', FIRST_MS - MINUTE_MS)), 'the other is behind').toEqual([]);
  expect(await apply(value(FIRST_MS, 'final', 0.3), mark('shop', FIRST_MS))).toEqual(['firing']);
  const next = FIRST_MS + MINUTE_MS;
  expect(
    await apply(value(next, 'final', null, 'shipped is zero'), mark('shop', next)),
    'no value ends nothing',
  ).toEqual([]);
  expect(await apply(value(next + MINUTE_MS, 'final', 0), mark('shop', next + MINUTE_MS))).toEqual(['inactive']);
});

test('what an import brought about is history, also where there is a reason for no value beside it', async () => {
  const apply = await startedTask();
  await apply({ type: 'control', definitions: [rule!.hash], filling: [] }, mark('care', FIRST_MS + 5 * MINUTE_MS));
  const said = await apply(value(FIRST_MS, 'final', 0.3, 'import: shipped is zero'), mark('shop', FIRST_MS));
  expect(said).toEqual(['firing, inside an import']);
});
