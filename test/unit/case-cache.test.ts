import { expect, test } from 'vitest';
import { CaseCache } from '../../services/processor/aggregate/case-cache.ts';
import { MemoryStore } from '../../services/shared/adapters/store/memory/memory-store.ts';
import type { LoggedEvent } from '../../services/shared/core/event.ts';
import { planWorkflow } from '../../services/shared/core/workflow-plan.ts';

const PLAN = planWorkflow([], new Map());

function cacheOf(casesMax: number): CaseCache {
  return new CaseCache({ store: new MemoryStore(), workflow: 'desk', partition: 0, epoch: 0, casesMax });
}

function event(caseId: string, offset: number): LoggedEvent {
  const none = { value: null, target: null, importId: null };
  const what = { workflow: 'desk', caseId, id: `e${offset}`, kind: 'event' as const, activity: 'a', dimensions: {} };
  return { ...what, ...none, timeMs: offset, offset, appendMs: offset };
}

/** The ids of the events that the cache has of a case. */
function has(cache: CaseCache, caseId: string): string[] {
  return cache.get(caseId).events.map(({ id }) => id);
}

test('a case that was packed comes back with all its events, however often', () => {
  const cache = cacheOf(1_000);
  for (let round = 0; round < 5; round++) {
    for (let n = 0; n < 300; n++) {
      cache.get(`c${n}`).add(event(`c${n}`, round * 300 + n), PLAN);
      if (n % 50 === 0) cache.evict();
    }
  }
  cache.evict();
  expect(cache.size).toBe(300);
  for (const n of [0, 7, 299])
    expect(has(cache, `c${n}`)).toEqual([0, 1, 2, 3, 4].map((round) => `e${round * 300 + n}`));
});

test('what was not used for longest leaves first, but nothing that the store lacks', () => {
  const cache = cacheOf(100);
  for (let n = 0; n < 150; n++) {
    cache.get(`c${n}`).add(event(`c${n}`, n), PLAN);
    if (n === 0) cache.hold('c0');
    cache.evict();
  }
  expect(cache.size).toBe(100);
  expect([has(cache, 'c0'), has(cache, 'c149'), has(cache, 'c1')]).toEqual([['e0'], ['e149'], []]);
});
