import { expect, test } from 'vitest';
import { changedCount } from '../../services/cli/backfill/value-marks.ts';
import { ManualClock } from '../../services/shared/adapters/clock/manual-clock.ts';
import { MemoryLog } from '../../services/shared/adapters/log/memory/memory-log.ts';
import { LockFileRegistry } from '../../services/shared/adapters/registry/lock-file-registry.ts';
import { MemoryStore } from '../../services/shared/adapters/store/memory/memory-store.ts';
import type { Definition } from '../../services/shared/core/definition.ts';
import { refillPlan } from '../../services/shared/core/refill-plan.ts';
import { parseCatalogue } from '../../services/shared/runtime/catalogue-file.ts';
import { MessageCodec } from '../../services/shared/runtime/codec.ts';
import { refill } from '../../services/shared/runtime/refill.ts';

const codec = await MessageCodec.create(await LockFileRegistry.open('schemas/schemas.lock.json'));
const count = (activity: string) =>
  `{ workflow: w, measure: { event: ${activity} }, aggregate: count, window: { tumbling: day } }`;
const { catalogue } = parseCatalogue(
  `version: 1
workflows: { w: { activities: [a, b, c] } }
kpis:
  one: ${count('a')}
  two: ${count('b')}
  three: ${count('c')}
  share: { formula: one / two }
`,
  'c.yaml',
  { calendarVersion: 'test' },
);
const all = new Map([...catalogue!.kpis].map(([key, { definition }]) => [key, definition]));
const hashOf = (kpi: string): string => all.get(kpi)!.hash;
const keys = (definitions: readonly Definition[]): string[] => definitions.map(({ kpi }) => kpi);

test('what is measured is filled, and what is computed from it changes too', () => {
  const plan = (...names: string[]) => {
    const { filled, touched } = refillPlan(names, [...all.values()]);
    return [keys(filled), keys(touched)];
  };
  expect(plan('two')).toEqual([['two'], ['two', 'share']]);
  expect(plan('share')).toEqual([
    ['one', 'two'],
    ['one', 'two', 'share'],
  ]);
  expect(plan()[0]).toEqual(['one', 'two', 'three']);
  expect(() => plan('shar')).toThrow("did you mean 'share'");
});

test('one record in each partition puts out of force what is in force there, and nothing else', async () => {
  const log = new MemoryLog({ clock: new ManualClock(1) });
  const store = new MemoryStore();
  await log.createTopic('events.w', 3);
  const position = (partition: number, definitions: readonly string[]) => {
    const content = JSON.stringify({ definitions });
    return { stage: 'aggregate', topic: 'events.w', partition, version: 5n, content };
  };
  const inForce = ['one', 'two', 'three'].map(hashOf);
  // Of partition 2 nothing was ever stored.
  await store.insert('positions', [position(0, inForce), position(1, [hashOf('three')])]);
  const records = await refill(['share'], [...all.values()], { log, store, codec });
  expect(records).toEqual([
    { topic: 'events.w', partition: 0, offset: 0, definitions: [hashOf('one'), hashOf('two')] },
  ]);
  const read = await log.read('events.w', 0, 0, { recordsMax: 9, bytesMax: 9_999 });
  expect(read.map(({ value }) => codec.decode(value))).toEqual([
    { type: 'control', definitions: [hashOf('three')], filling: [] },
  ]);
  expect(await log.endOffset('events.w', 1)).toBe(0);
});

test('a window whose value is other, that is gone or that is new has changed', () => {
  const before = new Map([
    ['a', '1'],
    ['b', '2'],
    ['c', '3'],
  ]);
  const after = new Map([
    ['a', '1'],
    ['b', '9'],
    ['d', '4'],
  ]);
  expect(changedCount(before, after)).toBe(3);
});
