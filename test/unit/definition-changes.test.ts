import { beforeEach, expect, test } from 'vitest';
import { DefinitionChanges } from '../../services/processor/definition-changes.ts';
import { ManualClock } from '../../services/shared/adapters/clock/manual-clock.ts';
import { MemoryLog } from '../../services/shared/adapters/log/memory/memory-log.ts';
import { LockFileRegistry } from '../../services/shared/adapters/registry/lock-file-registry.ts';
import { MemoryStore } from '../../services/shared/adapters/store/memory/memory-store.ts';
import type { EventRow } from '../../services/shared/ports/kpi-rows.ts';
import { MessageCodec } from '../../services/shared/runtime/codec.ts';

const codec = await MessageCodec.create(await LockFileRegistry.open('schemas/schemas.lock.json'));
const TOPIC = 'events.w';

/** A partition as far as the changes look at it. */
class Place {
  readonly workflow = 'w';
  readonly topic = TOPIC;
  readonly partition = 0;
  nextOffset = 0;
  definitionsInForce: readonly string[] = [];
  filling: Record<string, string | null> = {};
  readonly fromPeriod = 0;
}

let clock: ManualClock;
let log: MemoryLog;
let store: MemoryStore;
let place: Place;
let wanted: readonly string[];
beforeEach(async () => {
  clock = new ManualClock(1_000);
  log = new MemoryLog({ clock });
  store = new MemoryStore();
  place = new Place();
  wanted = ['one', 'two'];
  await log.createTopic(TOPIC, 1);
});

function changesOf(isHurried = false): DefinitionChanges {
  return new DefinitionChanges({
    log,
    store,
    codec,
    clock,
    wanted: () => wanted,
    isHurried: () => isHurried,
    fillEventsMax: 3,
  });
}

/** Archived events, two of each case. */
async function archive(...cases: readonly string[]): Promise<void> {
  const rows = cases.flatMap((caseId, i) =>
    [0, 1].map((n): EventRow => {
      const offset = i * 2 + n;
      const rest = { kind: 'event', activity: 'a', timeMs: 0, dimensions: {}, value: null, target: null } as const;
      const id = `${caseId} ${n}`;
      return { workflow: 'w', partition: 0, caseId, id, ...rest, importId: null, appendMs: 0, offset, version: 1n };
    }),
  );
  await store.insert('events', rows);
}

async function said(): Promise<unknown[]> {
  const records = await log.read(TOPIC, 0, 0, { recordsMax: 100, bytesMax: 1e6 });
  return records.map(({ value }) => codec.decode(value));
}

test('with little in the archive definitions come into force whole', async () => {
  await archive('a');
  const changes = changesOf();
  expect(changes.isSettled(place)).toBe(false);
  await changes.step(place);
  await changes.step(place);
  expect(await said()).toEqual([{ type: 'control', definitions: ['one', 'two'], filling: [] }]);
  Object.assign(place, { nextOffset: 1, definitionsInForce: ['two', 'one'] });
  await changes.step(place);
  expect([changes.isSettled(place), (await said()).length, changes.progressOf(place)]).toEqual([true, 1, null]);
});

test('with more in it they are filled, each fill once the one before is applied and as much time again has passed', async () => {
  await archive('a', 'b', 'c');
  place.definitionsInForce = ['two'];
  const changes = changesOf();
  await changes.step(place);
  expect(await said()).toEqual([{ type: 'control', definitions: ['one', 'two'], filling: ['one'] }]);
  Object.assign(place, { definitionsInForce: ['one', 'two'], filling: { one: null } });
  clock.advance(50);
  await changes.step(place);
  expect(await said()).toHaveLength(1);
  place.nextOffset = 1;
  await changes.step(place);
  clock.advance(49);
  await changes.step(place);
  expect(await said()).toHaveLength(1);
  clock.advance(1);
  await changes.step(place);
  expect((await said())[1]).toEqual({ type: 'fill', definitions: ['one'], after: null, upTo: 'b' });
  expect(changes.progressOf(place)).toEqual({ definitions: ['one'], eventsOfAll: 6, events: 0 });
  Object.assign(place, { nextOffset: 2, filling: { one: 'b' } });
  await changes.step(place);
  expect((await said())[2]).toEqual({ type: 'fill', definitions: ['one'], after: 'b', upTo: null });
  expect([changes.progressOf(place)?.events, changes.isSettled(place)]).toEqual([4, false]);
});

test('those that came later have fills of their own; in a hurry there are no pauses', async () => {
  await archive('a', 'b', 'c');
  Object.assign(place, { definitionsInForce: ['one', 'two'], filling: { one: 'a', two: null } });
  const changes = changesOf(true);
  await changes.step(place);
  clock.advance(1_000);
  Object.assign(place, { nextOffset: 1, filling: { two: null } });
  await changes.step(place);
  expect(await said()).toEqual([
    { type: 'fill', definitions: ['one'], after: 'a', upTo: 'c' },
    { type: 'fill', definitions: ['two'], after: null, upTo: 'b' },
  ]);
});
