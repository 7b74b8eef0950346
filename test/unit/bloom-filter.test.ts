import { expect, test } from 'vitest';
import { CaseCache } from '../../services/processor/aggregate/case-cache.ts';
import {
  FILTER_GROWTH_SAVED_CASES,
  FILTER_SAVED_EVERY_MS,
} from '../../services/processor/aggregate/stored-case-filter.ts';
import { MemoryStore } from '../../services/shared/adapters/store/memory/memory-store.ts';
import { versionOf } from '../../services/shared/core/version.ts';
import { BloomFilter } from '../../services/shared/core/bytes/bloom-filter.ts';
import { planWorkflow } from '../../services/shared/core/measure/workflow-plan.ts';

test('every added case may be there: a forgotten one would be folded as new', () => {
  const filter = new BloomFilter();
  const ids = Array.from({ length: 120_000 }, (_, i) => `case ${i * 7}`);
  for (const id of ids) filter.add(id);
  expect(ids.filter((id) => !filter.mayHave(id))).toEqual([]);
});

test('few cases that were never added are asked for', () => {
  const filter = new BloomFilter();
  for (let i = 0; i < 50_000; i++) filter.add(`case ${i}`);
  const asked = Array.from({ length: 50_000 }, (_, i) => `other ${i}`).filter((id) => filter.mayHave(id));
  // Each one makes the fold wait for the store.
  expect(asked.length).toBeLessThan(20);
});

test('a case that comes again takes no room again', () => {
  const filter = new BloomFilter();
  for (let i = 0; i < 200_000; i++) filter.add(`case ${i % 10}`);
  expect(filter.size).toBe(10);
  expect(filter.encode().length).toBeLessThan(210_000);
});

test('what is saved is what is read; another form is built again', () => {
  const filter = new BloomFilter();
  const ids = Array.from({ length: 60_000 }, (_, i) => `case ${i}`);
  for (const id of ids) filter.add(id);
  const again = BloomFilter.parse(filter.encode())!;
  expect(ids.filter((id) => !again.mayHave(id))).toEqual([]);
  expect([again.size, again.encode()]).toEqual([filter.size, filter.encode()]);
  expect(BloomFilter.parse(filter.encode().replace('fnv', 'abc'))).toBeNull();
});

/** A store that notes which cases it is asked for, and from which offset the filter is topped up. */
class WatchedStore extends MemoryStore {
  readonly asked: string[] = [];
  readonly from: number[] = [];

  override async caseEvents(...query: Parameters<MemoryStore['caseEvents']>): ReturnType<MemoryStore['caseEvents']> {
    this.asked.push(...query[2]);
    return super.caseEvents(...query);
  }

  override caseIds(...query: Parameters<MemoryStore['caseIds']>): ReturnType<MemoryStore['caseIds']> {
    this.from.push(query[2]);
    return super.caseIds(...query);
  }
}

function cacheOn(store: MemoryStore, epoch = 0): CaseCache {
  return new CaseCache({ store, workflow: 'desk', partition: 1, epoch, bytesMax: 10_000 });
}

const NONE = { value: null, target: null, importId: null };

/** An event of a new case comes. */
function add(cache: CaseCache, caseId: string): void {
  const what = { workflow: 'desk', caseId, id: 'e', kind: 'event' as const, activity: 'a', dimensions: {} };
  cache.add({ ...what, ...NONE, timeMs: 0, offset: 1, appendMs: 0 }, planWorkflow([], new Map()));
}

/** One event of a case in the archive. */
async function archive(store: MemoryStore, caseId: string, offset: number): Promise<void> {
  const place = { workflow: 'desk', partition: 1, caseId, id: 'e', offset, version: versionOf(0, offset) };
  await store.insert('events', [
    { ...place, ...NONE, kind: 'event', activity: 'a', timeMs: 0, appendMs: 0, dimensions: {} },
  ]);
}

test('the filter is saved hourly and when it has grown; a start reads only what came after it', async () => {
  const store = new WatchedStore();
  const cache = cacheOn(store);
  await cache.restore(-1);
  add(cache, 'old');
  await archive(store, 'old', 10);
  expect(cache.filter.rowToSave(5, versionOf(0, 10))).toBeNull();
  expect(cache.filter.rowToSave(5 + FILTER_SAVED_EVERY_MS - 1, versionOf(0, 11))).toBeNull();
  const hourly = cache.filter.rowToSave(5 + FILTER_SAVED_EVERY_MS, versionOf(0, 12))!;
  expect(cache.filter.rowToSave(5 + 3 * FILTER_SAVED_EVERY_MS, versionOf(0, 13))).toBeNull();
  for (let i = 0; i < FILTER_GROWTH_SAVED_CASES * 1.01; i++) add(cache, `many ${i}`);
  expect(cache.filter.rowToSave(6 + 3 * FILTER_SAVED_EVERY_MS, versionOf(0, 14))).not.toBeNull();

  await store.insert('positions', [hourly]);
  await archive(store, 'later', 20);
  const next = cacheOn(store);
  await next.restore(14);
  await next.load(['old', 'later', 'new'], 100);
  expect(store.asked.toSorted()).toEqual(['later', 'old']);
  expect(store.from).toEqual([0, 13]);
});

test('a saved filter of another epoch, where offsets began anew, is not used', async () => {
  const store = new WatchedStore();
  const cache = cacheOn(store);
  await cache.restore(-1);
  add(cache, 'old');
  cache.filter.rowToSave(0, 0n);
  await store.insert('positions', [cache.filter.rowToSave(FILTER_SAVED_EVERY_MS, versionOf(0, 12))!]);
  await cacheOn(store, 1).restore(-1);
  expect(store.from).toEqual([0, 0]);
});
