import { expect, test } from 'vitest';
import { SliceChanges } from '../../services/processor/aggregate/slice-changes.ts';
import { SliceEntries } from '../../services/processor/aggregate/slice-entries.ts';
import type { SliceEntry } from '../../services/processor/aggregate/slice-entry.ts';
import type { SliceGroup } from '../../services/shared/core/measure/workflow-plan.ts';

const member = { definition: { aggregate: { kind: 'count' } } };
const GROUP = { id: 3, members: [member, member] } as unknown as SliceGroup;

/** So many entries of two rows each, one slice after the other; all have left the batch that made them. */
function entriesOf(count: number): SliceEntries {
  const entries = new SliceEntries(4);
  for (let start = 0; start < count; start++) entries.at(GROUP, 'labels', start);
  entries.unpin();
  return entries;
}

function starts(entries: SliceEntries): number[] {
  return entries
    .all()
    .map(({ sliceStartMs }) => sliceStartMs)
    .toSorted((a, b) => a - b);
}

test('an entry is found again, and made once', () => {
  const entries = new SliceEntries(4);
  expect(entries.find(GROUP, 'labels', 60_000)).toBeUndefined();
  const entry = entries.at(GROUP, 'labels', 60_000);
  expect(entries.at(GROUP, 'labels', 60_000)).toBe(entry);
  expect(entries.find(GROUP, 'labels', 60_000)).toBe(entry);
  expect([entries.find(GROUP, 'others', 60_000), entries.find(GROUP, 'labels', 0)]).toEqual([undefined, undefined]);
  expect([entries.size, entry.offsets]).toEqual([2, [-1, -1]]);
});

test('above the limit those leave that were not used of late, but none that a batch, log or store needs', () => {
  const entries = entriesOf(10);
  const left: SliceEntry[] = [];
  const changes = new SliceChanges();
  entries.at(GROUP, 'labels', 0).used = true;
  entries.pin(entries.at(GROUP, 'labels', 1));
  changes.mark(entries.at(GROUP, 'labels', 2));
  entries.evict(10, (entry) => left.push(entry));
  expect([left.length, entries.size]).toEqual([5, 10]);
  expect(starts(entries).slice(0, 3)).toEqual([0, 1, 2]);
  entries.evict(0, (entry) => left.push(entry));
  expect(starts(entries)).toEqual([1, 2]);
  changes.endPublish(changes.takeToPublish(), true);
  changes.takeToStore();
  entries.unpin();
  changes.acknowledge();
  entries.evict(0, () => {});
  expect([starts(entries), entries.size]).toEqual([[], 0]);
});

test('what failed to go out, to the log or to the store, goes out with the next', () => {
  const changes = new SliceChanges();
  const entry = new SliceEntries(4).at(GROUP, 'labels', 0);
  changes.mark(entry);
  expect([changes.unpublished, changes.unstoredRows]).toEqual([1, 2]);
  changes.endPublish(changes.takeToPublish(), false);
  expect(changes.takeToStore()).toEqual([entry]);
  changes.storeAgain();
  expect([changes.unpublished, changes.unstoredRows]).toEqual([1, 2]);
  changes.mark(entry);
  expect([changes.takeToPublish().length, changes.takeToStore().length]).toEqual([1, 1]);
});
