import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { type JsonLimits, parseJson } from '../../services/shared/core/ingest/json-limits.ts';
import { dataSet, dataSetsMissing } from '../support/data-sets.ts';

const limits: JsonLimits = { depthMax: 32, keysMax: 1_000, itemsMax: 5_000 };
const parse = (text: string): unknown => parseJson(text, limits).value;

test('a number that a double does not hold exactly is told apart', () => {
  expect(parse('[123456789012345, 0.000123456789012345, -1.5e3]')).toEqual([
    123456789012345, 0.000123456789012345, -1500,
  ]);
  expect(parse('[1234567890123456, 12345678901.23456, 1e400, 1e-320]')).toEqual([
    Infinity,
    Infinity,
    Infinity,
    Infinity,
  ]);
  expect(parse('{"a":"1234567890123456789","b":[-1234567890123456789,1]}')).toEqual({
    a: '1234567890123456789',
    b: [Infinity, 1],
  });
});

test('a long number of the wrong form is still no JSON', () => {
  for (const text of ['01234567890123456789', '1234567890123456.', '1.2.3e5555555555555555', '-', '[1e]'])
    expect(() => parse(text), text).toThrow(/not JSON/);
});

test('elements of the outermost array keep their text', () => {
  const { raw } = parseJson(' [ {"a":[1,2]} , "x,]\\"" ,1234567890123456789]', limits);
  expect([raw(0), raw(1), raw(2)]).toEqual(['{"a":[1,2]}', '"x,]\\""', '1234567890123456789']);
  expect(parseJson('{"a":1}', limits).raw(0)).toBe('{"a":1}');
});

test('limits hold at their edge', () => {
  const nested = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth);
  const keyed = (keys: number): string =>
    JSON.stringify(Object.fromEntries(Array.from({ length: keys }, (_, i) => [`k${i}`, i])));
  expect(() => parse(nested(32))).not.toThrow();
  expect(() => parse(nested(33))).toThrow(/deeper than 32/);
  expect(() => parse(keyed(1_000))).not.toThrow();
  expect(() => parse(keyed(1_001))).toThrow(/more than 1000 keys/);
  expect(() => parse(JSON.stringify(Array(5_000).fill(1)))).not.toThrow();
  expect(() => parse(JSON.stringify(Array(5_001).fill(1)))).toThrow(/more than 5000 items/);
});

const suite = dataSet('../badinput/JSONTestSuite/test_parsing');

describe.skipIf(dataSetsMissing)(
  `JSONTestSuite${dataSetsMissing === false ? '' : `: skipped, ${dataSetsMissing}`}`,
  () => {
    test('takes the 95 valid files and none of the 188 invalid ones', () => {
      const taken = (file: string): boolean => {
        try {
          parse(new TextDecoder('utf-8', { fatal: true }).decode(readFileSync(`${suite}/${file}`)));
          return true;
        } catch {
          return false;
        }
      };
      const files = readdirSync(suite);
      const valid = files.filter((file) => file.startsWith('y_'));
      const invalid = files.filter((file) => file.startsWith('n_'));
      expect([valid.length, invalid.length]).toEqual([95, 188]);
      expect(valid.filter((file) => !taken(file))).toEqual([]);
      expect(invalid.filter(taken)).toEqual([]);
    });
  },
);
