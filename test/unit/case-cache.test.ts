import { expect, test } from 'vitest';
import { CaseCache } from '../../services/processor/aggregate/case-cache.ts';
import { MemoryStore } from '../../services/shared/adapters/store/memory/memory-store.ts';
import type { LoggedEvent } from '../../services/shared/core/event.ts';
import { planWorkflow } from '../../services/shared/core/measure/workflow-plan.ts';

const PLAN = planWorkflow([], new Map());

function cacheOf(bytesMax: number): CaseCache {
  return new CaseCache({ store: new MemoryStore(), workflow: 'desk', partition: 0, epoch: 0, bytesMax });
}

function event(caseId: string, offset: number): LoggedEvent {
  const none = { value: null, target: null, importId: null };
  const what = { workflow: 'desk', caseId, id: `e${offset}`, kind: 'event' as const, activity: 'a', dimensions: {} };
  return { ...what, ...none, timeMs: offset, offset, appendMs: offset };
}

/** The ids of the events that the cache has of a case. */
function has(cache: CaseCache, caseId: string): string[] {
  return cache.eventsOf(caseId).map(({ id }) => id);
}

/** What the store has to write, by case: how many events each has. */
function changed(cache: CaseCache): number[] {
  return [...cache.takeChanged(PLAN.order)].map(([, { events }]) => events);
}

test.each([300, 3])('%d cases of many events each have all of them, however often room is made', (cases) => {
  const cache = cacheOf(1_000_000);
  const rounds = 1_500 / cases;
  for (let offset = 0; offset < 1_500; offset++) {
    expect(cache.add(event(`c${offset % cases}`, offset), PLAN)).toEqual([]);
    if (offset % 50 === 0) cache.evict();
  }
  expect(cache.size).toBe(cases);
  const last = `c${cases - 1}`;
  expect(has(cache, last)).toEqual(Array.from({ length: rounds }, (_, round) => `e${(round + 1) * cases - 1}`));
  expect(cache.add(event(last, cases - 1), PLAN)).toBeNull();
});

test('more long cases than are kept as objects are packed, and go on', () => {
  const cache = cacheOf(100_000_000);
  const events = 20;
  for (let n = 0; n < 700; n++) for (let i = 0; i < events; i++) cache.add(event(`c${n}`, n * events + i), PLAN);
  cache.evict();
  expect([cache.size, changed(cache).length]).toEqual([700, 700]);
  for (const n of [0, 699]) {
    expect(has(cache, `c${n}`)).toHaveLength(events);
    expect(cache.add(event(`c${n}`, 1_000_000 + n), PLAN)).toEqual([]);
    expect(cache.add(event(`c${n}`, 1_000_000 + n), PLAN)).toBeNull();
  }
  expect(changed(cache)).toEqual([events + 1, events + 1]);
});

test('what was stored longest ago leaves first, but nothing that the store lacks', () => {
  const cache = cacheOf(20_000);
  const addUpTo = (from: number, to: number): void => {
    for (let n = from; n < to; n++) {
      cache.add(event(`c${n}`, n), PLAN);
      cache.evict();
    }
  };
  addUpTo(0, 501);
  expect(changed(cache)).toHaveLength(501);
  cache.acknowledge(400);
  addUpTo(501, 1_000);
  expect([has(cache, 'c400'), has(cache, 'c401'), has(cache, 'c999')]).toEqual([[], ['e401'], ['e999']]);
  expect(cache.unacknowledged().map(({ id }) => id)).toEqual(Array.from({ length: 599 }, (_, n) => `e${401 + n}`));
});

test('a case that changed stays until its row was taken, and comes up once', () => {
  const cache = cacheOf(0);
  cache.add(event('c', 1), PLAN);
  cache.add(event('c', 2), PLAN);
  cache.acknowledge(2);
  cache.evict();
  expect(changed(cache)).toEqual([2]);
  expect(changed(cache)).toEqual([]);
  cache.evict();
  expect(has(cache, 'c')).toEqual([]);
});
