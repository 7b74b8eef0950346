import { expect, test } from 'vitest';
import { computeValues } from '../../services/processor/roll/compute-values.ts';
import { Series } from '../../services/processor/roll/series.ts';
import { emptyState, encodeState } from '../../services/shared/core/aggregate/aggregate-state.ts';
import { type Definition, LEVEL_TOTAL_MS } from '../../services/shared/core/definition.ts';
import { encodeLabels } from '../../services/shared/core/measure/labels.ts';
import type { ValueRow } from '../../services/shared/ports/kpi-rows.ts';

const ALL_STORED = { storedOf: () => 100n, isAhead: () => false, isOpen: () => false };

function series(kind: 'count' | 'level'): Series {
  const window = kind === 'level' ? { kind: 'instant', everyMs: 10 } : { kind: 'rolling', sizeMs: 20, everyMs: 10 };
  return new Series(
    { aggregate: { kind }, window, measure: { kind: 'event' } } as unknown as Definition,
    encodeLabels({}),
  );
}

/** What a source counted in a slice, as of a version. */
function part(sliceStartMs: number, source: string, version: bigint, samples: number, importId: string | null = null) {
  const state = encodeState({ ...emptyState({ kind: 'count' }), n: samples } as ReturnType<typeof emptyState>);
  return { sliceStartMs, source, version, samples, state, importId };
}

test('slices that the store has whole are summed up; their windows stay, and a late snapshot counts once', () => {
  const counts = series('count');
  for (const source of ['w/0', 'w/1']) for (const start of [0, 10]) counts.mergeSnapshot(part(start, source, 5n, 3));
  expect(counts.windowState(20).n).toBe(12);
  counts.closeSlices(1, ALL_STORED);
  expect([counts.isClosed(0), counts.isClosed(10)], 'they are dirty').toEqual([false, false]);
  counts.settle();
  counts.closeSlices(2, ALL_STORED);
  expect([counts.isClosed(0), counts.isClosed(10)], 'no more than may be open').toEqual([false, false]);
  counts.closeSlices(1, { ...ALL_STORED, storedOf: (source) => (source === 'w/0' ? 5n : 4n) });
  expect([counts.isClosed(0), counts.isClosed(10)], 'a source has not stored').toEqual([false, false]);
  // Looked at in vain, they are looked at again when there are twice as many.
  for (const start of [20, 30, 40]) counts.mergeSnapshot(part(start, 'w/0', 6n, 1));
  counts.settle();
  counts.closeSlices(1, ALL_STORED);
  expect([counts.isClosed(0), counts.isClosed(10), counts.samples(0)]).toEqual([true, true, 6]);
  expect([counts.windowState(20).n, counts.windowState(30).n]).toEqual([12, 7]);
  counts.reopen(10, [part(10, 'w/0', 5n, 3), part(10, 'w/1', 5n, 3)]);
  counts.mergeSnapshot(part(10, 'w/1', 7n, 4));
  expect([counts.windowState(20).n, counts.samples(10), counts.isClosed(10)]).toEqual([13, 7, false]);
});

test('a slice that an open import touched keeps its parts', () => {
  const counts = series('count');
  counts.mergeSnapshot(part(0, 'w/0', 5n, 3, 'import'));
  counts.settle();
  counts.closeSlices(0, { ...ALL_STORED, isOpen: (_source, importId) => importId === 'import' });
  expect(counts.isClosed(0)).toBe(false);
  for (const start of [10, 20]) counts.mergeSnapshot(part(start, 'w/0', 6n, 1));
  counts.settle();
  counts.closeSlices(0, ALL_STORED);
  expect(counts.isClosed(0)).toBe(true);
});

test('a level keeps its parts: its total and its slices must be of one moment', () => {
  const level = series('level');
  level.merge(part(0, 'w/0', 5n, 1));
  level.settle();
  level.closeSlices(0, ALL_STORED);
  expect(level.isClosed(0)).toBe(false);
});

test('a slice that was summed up keeps its imports: one may open again', () => {
  const counts = series('count');
  counts.mergeSnapshot(part(0, 'w/0', 5n, 3, 'import'));
  counts.settle();
  counts.closeSlices(0, ALL_STORED);
  expect(counts.isClosed(0)).toBe(true);
  const imports = { isOpen: (source: string, importId: string) => source === 'w/0' && importId === 'import' };
  expect(counts.inImport(0, { ...imports, mayBeOpen: () => true })).toBe(true);
  counts.markImports(new Set(['another']));
  expect([...counts.dirty]).toEqual([]);
  counts.markImports(new Set(['import']));
  expect([...counts.dirty]).toEqual([0]);
});

test('of a series that is in memory from a slice on, earlier slices only count in windows that reach them', () => {
  const counts = series('count');
  counts.floorMs = 100;
  for (const start of [80, 90, 100]) counts.merge(part(start, 'w/0', 5n, 1));
  expect([...counts.dirty], 'earlier ones are not computed again').toEqual([100]);
  expect(counts.windowState(110).n).toBe(2);
  counts.settle();
  const value = { windowEndMs: 60, version: 4n, withdrawn: false } as unknown as ValueRow;
  const known = { windowEndMs: 110, version: 9n, withdrawn: false } as unknown as ValueRow;
  counts.keep(known);
  counts.deepen(
    50,
    [part(40, 'w/0', 5n, 2), part(50, 'w/0', 5n, 3), part(100, 'w/0', 5n, 7)],
    [value, { ...known, version: 8n }],
  );
  expect([counts.samples(40), counts.samples(50), counts.samples(100)], 'what was there stays').toEqual([2, 3, 1]);
  expect([counts.values.get(60), counts.values.get(110)]).toEqual([value, known]);
  // Their own windows are in reach now, and may never have been computed.
  expect([...counts.dirty, counts.floorMs, counts.fresh]).toEqual([50, 80, 90, 50, true]);
});

test('a level whose rows come from the store at several moments is right everywhere once the last of them comes', () => {
  const level = series('level');
  const of = (sliceStartMs: number, version: bigint, delta: number) => ({
    ...part(sliceStartMs, 'w/0', version, 1),
    state: encodeState({ ...emptyState({ kind: 'level' }), n: 1, delta } as ReturnType<typeof emptyState>),
  });
  const imports = { isOpen: () => false, mayBeOpen: () => false };
  const valuesAt = (version: bigint): (readonly [number, number | null])[] => {
    const moment = {
      partition: 0,
      version,
      beforeMs: null,
      watermarkMs: null,
      imports,
      stretches: [],
      isFirst: false,
      movingEndsMax: 1,
    };
    return computeValues(level, moment).map(({ windowEndMs, value }) => [windowEndMs, value] as const);
  };
  // Two came in, at 10 and at 20; what the store has of the slice of 10 is from before the first.
  for (const row of [of(LEVEL_TOTAL_MS, 6n, 2), of(0, 4n, 0), of(10, 4n, 0), of(20, 6n, 1)]) level.merge(row);
  expect(valuesAt(7n)).toEqual([
    [10, 1],
    [20, 1],
    [30, 2],
  ]);
  level.mergeSnapshot(of(10, 5n, 1));
  expect(valuesAt(8n), 'nothing is open at the end of the slice before it').toContainEqual([10, 0]);
});
