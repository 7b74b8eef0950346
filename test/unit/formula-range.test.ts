import fc from 'fast-check';
import { expect, test } from 'vitest';
import { formulaOf } from '../../services/shared/core/formula/formula.ts';
import { parseFormula } from '../../services/shared/core/formula/formula-parse.ts';
import { formulaRange, type Outcome } from '../../services/shared/core/verify/formula-range.ts';

const NAMES = ['a', 'b', 'c'] as const;

const numbers: fc.Memo<string> = fc.memo((depth) =>
  depth <= 1
    ? fc.oneof(fc.constantFrom(...NAMES), fc.constantFrom('0', '1', '2.5', '1e300'))
    : fc.oneof(
        numbers(1),
        numbers(depth - 1).map((of) => `-(${of})`),
        fc
          .tuple(numbers(depth - 1), fc.constantFrom('+', '-', '*', '/'), numbers(depth - 1))
          .map((parts) => `(${parts.join(' ')})`),
        fc.tuple(truths(depth - 1), numbers(depth - 1), numbers(depth - 1)).map(([t, x, y]) => `(${t} ? ${x} : ${y})`),
      ),
);
const truths: fc.Memo<string> = fc.memo((depth) =>
  depth <= 1
    ? fc
        .tuple(numbers(1), fc.constantFrom('<', '<=', '>', '>=', '==', '!='), numbers(1))
        .map((parts) => `(${parts.join(' ')})`)
    : fc.oneof(
        truths(1),
        truths(depth - 1).map((of) => `!${of}`),
        fc
          .tuple(truths(depth - 1), fc.constantFrom('&&', '||'), truths(depth - 1))
          .map((parts) => `(${parts.join(' ')})`),
      ),
);
const known = fc.oneof(
  fc.constant(null),
  fc.integer({ min: -3, max: 3 }),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
);
const values = fc.record({ a: known, b: known, c: known });
type Values = Readonly<Record<string, number | null>>;

function rangeOf(text: string, of: (name: string) => Outcome): Outcome {
  const parsed = parseFormula(text);
  if ('problem' in parsed) throw new Error(parsed.problem.message);
  return formulaRange(parsed.root, of);
}

function outcome(name: string, value: number | null, slack = 0): Outcome {
  if (value === null) return { range: null, none: [`${name} has no value`] };
  return { range: { low: value - slack, high: value + slack }, none: [] };
}

const evaluate = (text: string, given: Values): { value: number | null; why: string | null } =>
  formulaOf(text, () => '').evaluate((name) => given[name] ?? null);

test('of numbers that are known it is what the folds compute, and for the same reason nothing', () => {
  fc.assert(
    fc.property(numbers(4), values, (text, given: Values) => {
      const { range, none } = rangeOf(text, (name) => outcome(name, given[name] ?? null));
      const { value, why } = evaluate(text, given);
      // NaN, of infinities within: the range says no more than that.
      if (range !== null && range.low !== range.high) return;
      expect({ low: range?.low ?? null, none }).toEqual({
        low: value === 0 ? range?.low : value,
        none: why === null ? [] : [why],
      });
    }),
    { numRuns: 2_000 },
  );
});

test('wherever in their ranges the inputs are, what the folds compute is among what it says', () => {
  const slack = fc.constantFrom(0, 0.1, 1);
  const at = fc.double({ min: -1, max: 1, noNaN: true });
  fc.assert(
    fc.property(
      numbers(4),
      values,
      fc.record({ a: slack, b: slack, c: slack }),
      fc.record({ a: at, b: at, c: at }),
      (text, given: Values, slacks, places) => {
        const ranges = rangeOf(text, (name) => outcome(name, given[name] ?? null, slacks[name as 'a']));
        const inside = Object.fromEntries(
          NAMES.map((name) => [name, given[name] === null ? null : given[name]! + slacks[name] * places[name]]),
        );
        const { value, why } = evaluate(text, inside);
        const { range, none } = ranges;
        const said = value === null ? none.includes(why!) : range !== null && value >= range.low && value <= range.high;
        expect({ text, inside, value, why, ranges, said }).toMatchObject({ said: true });
      },
    ),
    { numRuns: 2_000 },
  );
});

test('a divisor that may be zero leaves both open', () => {
  expect(rangeOf('1 / a', () => ({ range: { low: -1, high: 1 }, none: [] }))).toEqual({
    range: { low: -Infinity, high: Infinity },
    none: ['a is zero', 'the result is too large'],
  });
  expect(rangeOf('a > 0 ? 1 : b', (name) => (name === 'a' ? outcome(name, 0, 1) : outcome(name, null)))).toEqual({
    range: { low: 1, high: 1 },
    none: ['b has no value'],
  });
});

test('a divisor with a long name is named alike by both', () => {
  const text = '1 / (a + a + a + a + a + a + a + a + a + a + a + a + a + a + a + a + a + a)';
  const { none } = rangeOf(text, (name) => outcome(name, 0));
  expect(none).toEqual([evaluate(text, { a: 0 }).why]);
});
