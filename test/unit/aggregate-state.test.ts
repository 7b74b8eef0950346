import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  contribute,
  decodeState,
  emptyState,
  encodeState,
  mergeEncoded,
  mergeState,
  replaceEncoded,
  takesBack,
} from '../../services/shared/core/aggregate/aggregate-state.ts';
import type { Aggregate } from '../../services/shared/core/definition.ts';
import { distinctAmount } from '../../services/shared/core/aggregate/distinct-state.ts';
import { quantileOf, RELATIVE_ACCURACY } from '../../services/shared/core/aggregate/log-bins.ts';

const AGGREGATES: readonly Aggregate[] = [
  { kind: 'count' },
  { kind: 'sum' },
  { kind: 'min' },
  { kind: 'percentile', q: 0.9 },
  { kind: 'ratio' },
  { kind: 'level' },
  { kind: 'level', of: 'sum' },
  { kind: 'last' },
  { kind: 'distinct', approximate: false },
  { kind: 'distinct', approximate: true },
  { kind: 'age', of: 'mean' },
  { kind: 'age', of: 'max' },
  { kind: 'age', of: 'percentile', q: 0.5 },
  { kind: 'integral', of: 'mean' },
];
const amounts = fc.array(fc.oneof(fc.constant(0), fc.integer(), fc.maxSafeInteger()), { maxLength: 40 });

function stateOf(aggregate: Aggregate, values: readonly number[]): ReturnType<typeof emptyState> {
  const state = emptyState(aggregate);
  // A level counts cases in and out; one of values knows an exit by its part; a distinct has hashes.
  const counts = aggregate.kind === 'level' && aggregate.of === undefined;
  values.forEach((value, i) => {
    const amount = aggregate.kind === 'distinct' ? distinctAmount(String(value)) : counts ? Math.sign(value) : value;
    const place = { timeMs: Math.abs(value % 3), rank: 0, activity: '', id: String(i), caseId: String(value) };
    contribute(state, amount, value < 0 ? 1 : 0, 1, place, value % 1_000);
  });
  return state;
}

test.each(AGGREGATES)('a state of $kind is what its binary form gives', (aggregate) => {
  fc.assert(
    fc.property(amounts, (values) => {
      const state = stateOf(aggregate, values);
      expect(decodeState(aggregate, encodeState(state))).toEqual(state);
    }),
  );
});

test.each(AGGREGATES)('merging a binary form of $kind is decoding it and merging', (aggregate) => {
  fc.assert(
    fc.property(amounts, amounts, (a, b) => {
      const merged = stateOf(aggregate, a);
      mergeState(merged, decodeState(aggregate, encodeState(stateOf(aggregate, b))));
      const quick = stateOf(aggregate, a);
      mergeEncoded(quick, aggregate, encodeState(stateOf(aggregate, b)));
      expect(quick).toEqual(merged);
    }),
  );
});

test.each(AGGREGATES.filter(takesBack))('what was merged into $kind can be taken back', (aggregate) => {
  fc.assert(
    fc.property(amounts, amounts, (a, b) => {
      const state = stateOf(aggregate, a);
      const bytes = encodeState(stateOf(aggregate, b));
      mergeEncoded(state, aggregate, bytes);
      mergeEncoded(state, aggregate, bytes, -1);
      expect(state).toEqual(stateOf(aggregate, a));
    }),
  );
});

test.each(AGGREGATES.filter(takesBack))(
  'one state of $kind gives way to another as if it were taken back and the other merged',
  (aggregate) => {
    fc.assert(
      fc.property(amounts, amounts, amounts, amounts, (others, shared, before, after) => {
        const state = stateOf(aggregate, others);
        const old = encodeState(stateOf(aggregate, [...shared, ...before]));
        mergeEncoded(state, aggregate, old);
        replaceEncoded(state, aggregate, old, encodeState(stateOf(aggregate, [...shared, ...after])));
        expect(state).toEqual(stateOf(aggregate, [...others, ...shared, ...after]));
      }),
    );
  },
);

test.each([7, 14, 28, 55, 56, 90])(
  'p%i of 100 values is the one at that rank, whatever doubles make of it',
  (percent) => {
    // One apart in rank is twice as much.
    const ranks = Array.from({ length: 100 }, (_, n) => 2 ** n);
    const q = Number(`${percent}e-2`);
    const state = stateOf({ kind: 'percentile', q }, ranks);
    if (state.kind !== 'quantile') throw new Error('a percentile is kept in bins');
    const exact = ranks[percent - 1]!;
    expect(Math.abs(quantileOf(state.bins, state.n, q)! - exact)).toBeLessThanOrEqual(exact * RELATIVE_ACCURACY);
  },
);

test('a percentile is within its accuracy of the value at its rank, of negative values and zero too', () => {
  fc.assert(
    fc.property(
      fc.array(fc.oneof(fc.constant(0), fc.integer()), { minLength: 1, maxLength: 60 }),
      fc.integer({ min: 1, max: 99_999 }),
      (values, parts) => {
        const q = parts / 100_000;
        const state = stateOf({ kind: 'percentile', q }, values);
        if (state.kind !== 'quantile') throw new Error('a percentile is kept in bins');
        const exact = [...values].sort((a, b) => a - b)[Math.floor((parts * values.length + 99_999) / 100_000) - 1]!;
        const given = quantileOf(state.bins, state.n, q)!;
        expect(Math.abs(given - exact)).toBeLessThanOrEqual(Math.abs(exact) * RELATIVE_ACCURACY);
      },
    ),
  );
});
