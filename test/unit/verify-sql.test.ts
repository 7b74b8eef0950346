import { expect, test } from 'vitest';
import { checkUserQuery } from '../../services/shared/adapters/store/clickhouse/user-query.ts';
import type { Definition } from '../../services/shared/core/definition.ts';
import { computedValue } from '../../services/shared/core/verify/computed-value.ts';
import { readFraction } from '../../services/shared/core/verify/fraction.ts';
import { contributionsSql } from '../../services/shared/core/verify/sql-contributions.ts';
import { quoted } from '../../services/shared/core/verify/sql-text.ts';
import { Random } from '../simulation/random.ts';
import { anyDefinition, START_MS } from '../support/verify-cases.ts';

const DAY_MS = 86_400_000;
const base = anyDefinition(new Random(1), 0);

test('texts of a catalogue stay texts', () => {
  expect(quoted("a'b\\c\0")).toBe("'a\\'b\\\\c\\0'");
  const evil = "x'); DROP TABLE events; SELECT ('";
  const event = {
    activity: evil,
    occurrence: 'each',
    where: [{ op: 'in', dimension: evil, values: [evil, '\\'] }],
  } as const;
  const definition: Definition = { ...base, workflow: evil, activities: [evil], measure: { kind: 'event', event } };
  const sql = contributionsSql(definition, { firstMs: 0, lastMs: 0 })({ fromMs: 0, toMs: 1 });
  expect(() => checkUserQuery(sql, 'JSONEachRow')).not.toThrow();
});

test('a calendar over centuries is not checked, and over thirty years it fits into a statement', () => {
  const week = [0, 1, 2, 3, 4, 5, 6].map(() => [{ fromMinute: 540, toMinute: 1020 }]);
  const hours = { calendar: 'c', zone: 'Asia/Shanghai', week, closed: [], makeUp: [], special: [] };
  const selector = { activity: 'opened', occurrence: 'first', where: [] } as const;
  const definition: Definition = { ...base, measure: { kind: 'duration', from: selector, to: selector, hours } };
  const over = (years: number): string =>
    contributionsSql(definition, { firstMs: START_MS, lastMs: START_MS + years * 366 * DAY_MS })({
      fromMs: null,
      toMs: null,
    });
  expect(over(30).length).toBeLessThan(70_000);
  expect(() => over(300)).toThrow(/^a calendar over the 109801 days/);
});

test('exact texts of values are read, and nothing else is', () => {
  const texts = ['12', '-0.50', '1/3', '-7/12', '1e3', '', '1/0', 'x'];
  const read = texts.map((text) => {
    const found = readFraction(text);
    return found === null ? null : `${found.numerator}/${found.denominator}`;
  });
  expect(read).toEqual(['12/1', '-50/100', '1/3', '-7/12', null, null, null, null]);
});

test('sums become values of the unit: of nothing as of something', () => {
  const of = (changes: Partial<Definition>, n: number, a: string, b = '0'): unknown => {
    const { value, exact } = computedValue({ ...base, scale: 2, unit: 'EUR', measure: EVENT, ...changes }, { n, a, b });
    return exact === null ? value : `${exact.numerator}/${exact.denominator}`;
  };
  const EVENT = { kind: 'event', event: { activity: 'any', occurrence: 'each', where: [] } } as const;
  expect(of({ aggregate: { kind: 'sum' } }, 0, '0')).toBe('0/100');
  expect(of({ aggregate: { kind: 'mean' } }, 4, '-50')).toBe('-50/400');
  expect(of({ aggregate: { kind: 'mean' } }, 0, '0')).toBeNull();
  expect(of({ aggregate: { kind: 'max' } }, 0, '0')).toBeNull();
  expect(of({ aggregate: { kind: 'percentile', q: 0.5 } }, 0, 'nan')).toBeNull();
  const side = (aggregate: 'sum' | 'count') => ({ event: EVENT.event, aggregate });
  const ratio = { kind: 'ratio', numerator: side('sum'), denominator: side('count') } as const;
  expect(of({ measure: ratio, aggregate: { kind: 'ratio' } }, 3, '250', '2')).toBe('250/200');
  expect(of({ measure: ratio, aggregate: { kind: 'ratio' } }, 3, '250', '0')).toBeNull();
  const duration = { kind: 'duration', from: EVENT.event, to: EVENT.event } as const;
  expect(of({ measure: duration, aggregate: { kind: 'sum' }, unit: 'min' }, 1, '90000')).toBe('90000/60000');
});
