import { expect, test } from 'vitest';
import { compileFormula, formulaOf } from '../../services/shared/core/formula/formula.ts';
import { FORMULA_CHARS_MAX, parseFormula } from '../../services/shared/core/formula/formula-parse.ts';

const UNITS: Readonly<Record<string, string>> = { price: 'EUR', cost: 'EUR', wait: 'min', n: '' };

/** The value of a formula over these values, or why there is none. */
function evaluate(text: string, values: Readonly<Record<string, number | null>> = {}): number | string {
  const { value, why } = formulaOf(text, () => '').evaluate((name) => values[name] ?? null);
  return value ?? why!;
}

/** What is wrong with a formula, as `character: message`. */
function problems(text: string): string[] {
  const parsed = parseFormula(text);
  if ('problem' in parsed) return [`${parsed.problem.at}: ${parsed.problem.message}`];
  const formula = compileFormula(parsed, (name) => UNITS[name] ?? '');
  return 'problems' in formula ? formula.problems.map(({ at, message }) => `${at}: ${message}`) : [];
}

function unit(text: string): string | null {
  const parsed = parseFormula(text);
  const formula = 'problem' in parsed ? null : compileFormula(parsed, (name) => UNITS[name] ?? '');
  return formula === null || 'problems' in formula ? 'wrong' : formula.unit;
}

test('whole numbers are doubles like all others', () => {
  expect(evaluate('100 * a / b', { a: 1, b: 8 })).toBe(12.5);
  expect(evaluate('a * (1 / 2)', { a: 3 })).toBe(1.5);
  expect(evaluate('a + 1 == 3 ? 0x10 : 1e3', { a: 2 })).toBe(16);
  expect(evaluate('-a - -2', { a: 5 })).toBe(-3);
  expect(evaluate('a >= 2 && !(a != 2) || a < 1 ? 1 : 2', { a: 2 })).toBe(1);
});

test('no value is no value, with a reason, and never infinity', () => {
  expect(evaluate('a / b', { a: 1, b: 0 })).toBe('b is zero');
  expect(evaluate('1 / (1 / (a - b))', { a: 2, b: 2 })).toBe('a - b is zero');
  expect(evaluate('a * b', { a: null, b: 2 })).toBe('a has no value');
  expect(evaluate('a * a', { a: 1e200 })).toBe('the result is too large');
});

test('what a condition does not choose does not matter', () => {
  expect(evaluate('b == 0 ? 0 : a / b', { a: 1, b: 0 })).toBe(0);
  expect(evaluate('b > 0 ? b : a', { a: null, b: 2 })).toBe(2);
  expect(evaluate('b > 0 || a > 0 ? 1 : 0', { a: null, b: 2 })).toBe(1);
});

test('syntax and types are told with the character', () => {
  expect(problems('price *')).toEqual(['8: the formula ends too early']);
  expect(problems('price + + cost')).toEqual(['9: the formula is no CEL: unexpected token: PLUS']);
  expect(problems('package / n')).toEqual([
    "1: 'package' is a word of CEL: a KPI of this key needs another one to be used",
  ]);
  expect(problems('n > 1')).toEqual(['1: a number is wanted here, and this is true or false']);
  expect(problems('n + (n > 1)')).toHaveLength(1);
  expect(problems('n ? 1 : 2')).toEqual(['1: a condition is wanted here, and this is a number']);
  for (const text of ['max(n, 1)', 'n.value', '"one"', '[n]', '{"a": n}', 'n % 2', 'true', 'n in [1]', 'null', '1u'])
    expect(problems(text), text).toHaveLength(1);
  expect(problems('max(n, 1) * 2')[0]).toBe("1: 'max(n, 1)' has no place in a formula");
  expect(problems('1'.repeat(FORMULA_CHARS_MAX + 1))[0]).toContain(`more than ${FORMULA_CHARS_MAX}`);
});

test('unlike units are not added, subtracted, compared or chosen between', () => {
  expect(problems('price + wait')).toEqual(["1: 'price + wait': EUR and min cannot be added"]);
  expect(problems('2 * price - wait')).toHaveLength(1);
  expect(problems('price > wait ? 1 : 2')).toHaveLength(1);
  expect(problems('n > 1 ? price : wait')).toHaveLength(1);
  for (const text of ['price * wait', 'price / wait + n', 'price + cost', 'price + n', 'price > 3 ? price : cost / 2'])
    expect(problems(text), text).toEqual([]);
  expect([unit('price - 2 * cost'), unit('price / 2'), unit('price / cost'), unit('n + 1')]).toEqual([
    'EUR',
    'EUR',
    null,
    null,
  ]);
});

test('names come in order of appearance, and parts are told as they are written', () => {
  const parsed = parseFormula('b   / (a+b)*c');
  expect('names' in parsed && parsed.names).toEqual([
    { name: 'b', at: 1 },
    { name: 'a', at: 8 },
    { name: 'c', at: 13 },
  ]);
  expect(problems('(n > 1) + 2 * (1 + n)')).toEqual(['2: a number is wanted here, and this is true or false']);
  expect(evaluate('1 / ((a + b) * (a - b))', { a: 1, b: 1 })).toBe('(a + b) * (a - b) is zero');
});
