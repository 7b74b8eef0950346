import { expect, test } from 'vitest';
import { AlertTask } from '../../services/alerter/alert/alert-task.ts';
import { LockFileRegistry } from '../../services/shared/adapters/registry/lock-file-registry.ts';
import { MemoryStore } from '../../services/shared/adapters/store/memory/memory-store.ts';
import { encodeLabels } from '../../services/shared/core/measure/labels.ts';
import type { Message, TransitionMessage } from '../../services/shared/core/messages.ts';
import { parseCatalogue } from '../../services/shared/runtime/catalogue-file.ts';
import { MessageCodec } from '../../services/shared/runtime/codec.ts';

const text = `version: 1
calendars: { line: { shifts: { early: "06:00-14:00", night: "22:00-06:00" }, closed: [2026-03-04] } }
workflows: { w: { activities: [made] } }
kpis:
  made:
    workflow: w
    measure: { event: made }
    aggregate: count
    window: { shift: line }
    alerts: [{ name: few, when: value < 5 }]
`;
const { catalogue } = parseCatalogue(text, 'catalogue.yaml', { calendarVersion: 'test' });
const { definition } = catalogue!.kpis.get('made')!;
const [rule] = [...catalogue!.rules.values()];
const codec = await MessageCodec.create(await LockFileRegistry.open('schemas/schemas.lock.json'));
const at = (time: string): number => Date.parse(`2026-03-${time}Z`);

function value(start: string, end: string, of: number): Message {
  const place = { kpi: 'made', definition: definition.hash, labels: encodeLabels({}) };
  const window = { windowStartMs: at(start), windowEndMs: at(end), value: of, valueExact: String(of), samples: of };
  return { type: 'value', ...place, ...window, state: 'final', revision: 0, reason: '', withdrawn: false, version: 1n };
}

function mark(watermark: string): Message {
  const places = { position: 1n, storedPosition: 1n };
  return {
    type: 'mark',
    source: 'w/0',
    ...places,
    watermarkMs: at(watermark),
    openImports: [],
    definitions: [],
    filling: [],
  };
}

test('a rule on a shift steps at the ends of shifts: one without events is empty, what lies between two is none', async () => {
  const task = new AlertTask({
    partition: 0,
    epoch: 0,
    store: new MemoryStore(),
    codec,
    definitionOf: (hash) => (hash === definition.hash ? definition : undefined),
    ruleOf: (hash) => (hash === rule!.hash ? rule : undefined),
    workflowOf: (name) => catalogue!.workflows.get(name),
    sourcesOf: () => 1,
    maxAlertAgeMs: 86_400_000,
  });
  await task.restore();
  const apply = async (nowText: string, ...messages: readonly Message[]): Promise<string[]> => {
    const { nextOffset } = task;
    const records = messages.map((message, i) => ({ offset: nextOffset + i, value: codec.encode(message) }));
    await task.apply(records.map((record) => ({ ...record, appendMs: at(nowText), key: null })));
    const said = task.collectPublication().records.map((record) => codec.decode(record.value) as TransitionMessage);
    return said.map(({ to, timeMs, value: of }) => `${to} ${new Date(timeMs).toISOString().slice(5, 16)} ${of}`);
  };
  const control: Message = { type: 'control', definitions: [rule!.hash], filling: [] };
  expect(await apply('02T14:01', control, value('02T06:00', '02T14:00', 9), mark('02T14:00'))).toEqual([]);
  // The next shift has begun: the gap before it has ended, and says nothing.
  expect(await apply('02T23:00', mark('02T22:30'))).toEqual([]);
  expect(await apply('03T06:01', mark('03T06:00'))).toEqual(['firing 03-03T06:00 0']);
  expect(await apply('03T14:01', value('03T06:00', '03T14:00', 7), mark('03T14:00'))).toEqual([
    'inactive 03-03T14:00 7',
  ]);
  // The night of the third goes on into the fourth, which is closed.
  expect(await apply('04T06:01', value('03T22:00', '04T06:00', 8), mark('04T06:00'))).toEqual([]);
  expect(await apply('05T05:59', mark('05T05:59'))).toEqual([]);
  expect(await apply('05T14:01', mark('05T14:00'))).toEqual(['firing 03-05T14:00 0']);
});
