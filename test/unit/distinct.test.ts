import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  type AggregateState,
  contribute,
  decodeState,
  emptyState,
  encodeState,
  mergeEncoded,
  replaceEncoded,
} from '../../services/shared/core/aggregate/aggregate-state.ts';
import type { Aggregate, Definition } from '../../services/shared/core/definition.ts';
import { distinctAmount } from '../../services/shared/core/aggregate/distinct-state.ts';
import { STANDARD_ERROR } from '../../services/shared/core/aggregate/hyper-log-log.ts';
import { resultOf } from '../../services/shared/core/aggregate/result.ts';

const EXACT = { kind: 'distinct', approximate: false } as const;
const SKETCH = { kind: 'distinct', approximate: true } as const;
const BOTH: readonly (Aggregate & { readonly kind: 'distinct' })[] = [EXACT, SKETCH];
const names = fc.array(fc.oneof(fc.nat(12).map(String), fc.string({ unit: 'grapheme' })), { maxLength: 60 });

function count(state: AggregateState, values: Iterable<string>, sign: 1 | -1 = 1): void {
  for (const value of values) contribute(state, distinctAmount(value), 0, sign);
}

function stateOf(aggregate: Aggregate, values: Iterable<string>): AggregateState {
  const state = emptyState(aggregate);
  count(state, values);
  return state;
}

function valueOf(state: AggregateState, aggregate: Aggregate): ReturnType<typeof resultOf> {
  return resultOf({ aggregate } as Definition, state);
}

test('the exact number is that of a set, and its text the same', () => {
  fc.assert(
    fc.property(names, (values) => {
      const { size } = new Set(values);
      const result = valueOf(stateOf(EXACT, values), EXACT);
      expect(result).toEqual({ value: size, exact: String(size), samples: values.length });
    }),
  );
});

test.each(BOTH)('what came and went leaves no trace, byte for byte (approximate: $approximate)', (aggregate) => {
  fc.assert(
    fc.property(names, names, (stay, go) => {
      const state = stateOf(aggregate, [...go, ...stay]);
      count(state, go.toReversed(), -1);
      expect(encodeState(state)).toEqual(encodeState(stateOf(aggregate, stay)));
    }),
  );
});

test.each(BOTH)('order and grouping into slices do not matter (approximate: $approximate)', (aggregate) => {
  fc.assert(
    fc.property(names, fc.array(fc.nat(3), { minLength: 60, maxLength: 60 }), (values, places) => {
      const slices = [0, 1, 2, 3].map((slice) => values.filter((_, i) => places[i] === slice).toReversed());
      const merged = emptyState(aggregate);
      for (const slice of slices) mergeEncoded(merged, aggregate, encodeState(stateOf(aggregate, slice)));
      expect(encodeState(merged)).toEqual(encodeState(stateOf(aggregate, values)));
    }),
  );
});

test.each(BOTH)('large states merge, give way and go as small ones do (approximate: $approximate)', (aggregate) => {
  const numbers = (from: number, to: number): string[] => Array.from({ length: to - from }, (_, i) => String(from + i));
  const [left, middle, right] = [numbers(0, 900), numbers(800, 1_500), numbers(850, 2_400)];
  const bytes = encodeState(stateOf(aggregate, middle));
  const state = stateOf(aggregate, left);
  mergeEncoded(state, aggregate, bytes);
  expect(encodeState(state)).toEqual(encodeState(stateOf(aggregate, [...left, ...middle])));
  replaceEncoded(state, aggregate, bytes, encodeState(stateOf(aggregate, right)));
  expect(encodeState(state)).toEqual(encodeState(stateOf(aggregate, [...right, ...left])));
  expect(decodeState(aggregate, encodeState(state))).toEqual(state);
  mergeEncoded(state, aggregate, encodeState(stateOf(aggregate, right)), -1);
  expect(encodeState(state)).toEqual(encodeState(stateOf(aggregate, left)));
});

test('the sketch is exact for a few, and has no exact text', () => {
  for (const n of [0, 1, 2, 3, 10])
    expect(
      valueOf(
        stateOf(
          SKETCH,
          Array.from({ length: n }, (_, i) => `case ${i}`),
        ),
        SKETCH,
      ),
    ).toEqual({
      value: n,
      exact: null,
      samples: n,
    });
});

test.each([100, 1_000, 10_000, 40_000, 200_000])(
  'of %i values the sketch is as near as it says, also after as many were taken back',
  (n) => {
    const errors: number[] = [];
    for (let run = 0; run < 8; run++) {
      const [stay, go] = ['stay', 'go'].map((word) =>
        Array.from({ length: n / 8 }, (_, i) => `${run} ${word} ${i * 7}`),
      );
      const state = stateOf(SKETCH, [...stay!, ...go!]);
      count(state, go!, -1);
      const { value } = valueOf(state, SKETCH);
      errors.push((value! - stay!.length) / stay!.length);
    }
    // Four standard deviations for each, and for the mean of the eight.
    for (const error of errors) expect(Math.abs(error)).toBeLessThan(4 * STANDARD_ERROR);
    const mean = errors.reduce((sum, error) => sum + error, 0) / errors.length;
    expect(Math.abs(mean)).toBeLessThan((4 * STANDARD_ERROR) / Math.sqrt(errors.length));
  },
);

test('a sketch of many values takes a fraction of the room of exact ones', () => {
  const values = Array.from({ length: 50_000 }, (_, i) => `customer ${i}`);
  expect(encodeState(stateOf(EXACT, values)).length).toBe(450_000 + 6);
  expect(encodeState(stateOf(SKETCH, values)).length).toBeLessThan(60_000);
});
