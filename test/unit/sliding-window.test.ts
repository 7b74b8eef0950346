import fc from 'fast-check';
import { expect, test } from 'vitest';
import { SlidingWindow } from '../../services/processor/roll/sliding-window.ts';
import {
  type AggregateState,
  contribute,
  emptyState,
  encodeState,
  mergeEncoded,
} from '../../services/shared/core/aggregate/aggregate-state.ts';
import { distinctAmount } from '../../services/shared/core/aggregate/distinct-state.ts';
import type { Aggregate, Definition } from '../../services/shared/core/definition.ts';

const EVERY_MS = 10;
const SIZE_MS = 50;
const AGGREGATES: readonly Aggregate[] = [
  { kind: 'sum' },
  { kind: 'max' },
  { kind: 'last' },
  { kind: 'percentile', q: 0.5 },
  { kind: 'distinct', approximate: false },
  { kind: 'distinct', approximate: true },
];

/** A slice gets new contents, and then a window may be asked for. */
const steps = fc.array(
  fc.record({
    slice: fc.nat(20),
    source: fc.nat(1),
    values: fc.array(fc.integer(), { maxLength: 5 }),
    end: fc.option(fc.integer({ min: 1, max: 30 })),
  }),
  { maxLength: 60 },
);

test.each(AGGREGATES)('a window of $kind that slides is the window merged anew', (aggregate) => {
  expect.hasAssertions();
  const definition = { aggregate, window: { kind: 'rolling', sizeMs: SIZE_MS, everyMs: EVERY_MS } } as Definition;
  fc.assert(
    fc.property(steps, (todo) => {
      const slices = new Map<number, Map<number, Uint8Array>>();
      const partsOf = (startMs: number): Uint8Array[] => [...(slices.get(startMs)?.values() ?? [])];
      const window = new SlidingWindow(definition, partsOf);
      const merged = (endMs: number): AggregateState => {
        const fresh = emptyState(aggregate);
        for (let startMs = endMs - SIZE_MS; startMs < endMs; startMs += EVERY_MS)
          for (const bytes of partsOf(startMs)) mergeEncoded(fresh, aggregate, bytes);
        return fresh;
      };
      for (const { slice, source, values, end } of todo) {
        const state = emptyState(aggregate);
        const startMs = slice * EVERY_MS;
        values.forEach((value, i) => {
          const place = { timeMs: startMs, rank: 0, activity: '', id: `${source} ${i}`, caseId: '' };
          contribute(state, aggregate.kind === 'distinct' ? distinctAmount(String(value % 9)) : value, 0, 1, place);
        });
        const sources = slices.get(startMs) ?? new Map<number, Uint8Array>();
        const before = sources.get(source) ?? null;
        sources.set(source, encodeState(state));
        slices.set(startMs, sources);
        window.replace(startMs, before, encodeState(state));
        const endMs = (end ?? slice) * EVERY_MS;
        expect(window.at(endMs)).toEqual(merged(endMs));
      }
    }),
  );
});
