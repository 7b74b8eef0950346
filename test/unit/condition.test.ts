import { expect, test } from 'vitest';
import { compileConditions, matches } from '../../services/shared/core/alert/condition.ts';
import { parseDecimal } from '../../services/shared/core/decimal.ts';
import type { Condition } from '../../services/shared/core/definition.ts';

const dimensions = new Map([
  ['team', 'red'],
  ['object', 'Car-01'],
]);
const holds = (condition: Condition, value: string | null = null): boolean =>
  matches([condition], (name) => dimensions.get(name), value === null ? null : parseDecimal(value));

test.each<[Condition, boolean]>([
  [{ op: 'in', dimension: 'team', values: ['blue', 'red'] }, true],
  [{ op: 'in', dimension: 'team', values: ['blue'] }, false],
  [{ op: 'in', dimension: 'absent', values: ['red'] }, false],
  [{ op: 'not-in', dimension: 'team', values: ['red'] }, false],
  [{ op: 'not-in', dimension: 'absent', values: ['red'] }, true],
  [{ op: 'prefix', dimension: 'object', prefix: 'Car-' }, true],
  [{ op: 'prefix', dimension: 'team', prefix: 'Car-' }, false],
  [{ op: 'prefix', dimension: 'absent', prefix: '' }, false],
  [{ op: 'not-prefix', dimension: 'object', prefix: 'Car-' }, false],
  [{ op: 'not-prefix', dimension: 'absent', prefix: 'Car-' }, true],
  [
    {
      op: 'any-of',
      alternatives: [
        { op: 'in', dimension: 'object', values: ['FAXS'] },
        { op: 'prefix', dimension: 'object', prefix: 'Car-' },
      ],
    },
    true,
  ],
  [{ op: 'any-of', alternatives: [{ op: 'in', dimension: 'object', values: ['FAXS'] }] }, false],
])('%j is %s', (condition, expected) => {
  expect(holds(condition)).toBe(expected);
});

test('values are compared exactly, and no value passes nothing', () => {
  const limit = '0.30000000000000000000000000000000001';
  const outcome = (value: string | null) =>
    (['lt', 'lte', 'gt', 'gte', 'eq', 'ne'] as const).filter((op) => holds({ op, field: 'value', limit }, value));
  expect(outcome('0.3')).toEqual(['lt', 'lte', 'ne']);
  expect(outcome(`${limit}00`)).toEqual(['lte', 'gte', 'eq']);
  expect(outcome('1')).toEqual(['gt', 'gte', 'ne']);
  expect(outcome(null)).toEqual([]);
});

test('all conditions must hold; none always does', () => {
  const test = compileConditions([
    { op: 'in', dimension: 'team', values: ['red'] },
    { op: 'gt', field: 'value', limit: '5' },
  ]);
  const lookup = (name: string) => dimensions.get(name);
  expect([
    test(lookup, parseDecimal('6')),
    test(lookup, parseDecimal('5')),
    test(() => undefined, parseDecimal('6')),
  ]).toEqual([true, false, false]);
  expect(compileConditions([])(() => undefined, null)).toBe(true);
  expect(() => compileConditions([{ op: 'gt', field: 'value', limit: 'x' }])).toThrow(/not a decimal/);
});
