import { readFileSync } from 'node:fs';
import { Ajv } from 'ajv';
import { parse } from 'yaml';
import { expect, test } from 'vitest';
import { formatDecimal, parseDecimal } from '../../services/shared/core/decimal.ts';
import { parseExpression } from '../../services/shared/core/formula/expression.ts';
import type { Mapping } from '../../services/shared/core/ingest/mapping.ts';
import { compileMapping } from '../../services/shared/core/ingest/mapping-compile.ts';
import { mappingColumns } from '../../services/shared/core/ingest/mapping-columns.ts';
import { readMapping } from '../../services/shared/core/ingest/mapping-read.ts';
import { mapRow, type MappedRow } from '../../services/shared/core/ingest/mapping-row.ts';
import { compositeKey, rowHash, uniqueHeaders } from '../../services/shared/core/ingest/row-identity.ts';

function evaluate(text: string, cells: Record<string, string>): string {
  const parsed = parseExpression(text);
  if ('problem' in parsed) throw new Error(`${parsed.problem.column}: ${parsed.problem.message}`);
  return formatDecimal(parsed.expression.evaluate((column) => parseDecimal(cells[column] ?? '')!));
}

test.each([
  ['Quantity * UnitPrice', '7.65'],
  ['Quantity*[Unit Price] - 0.1', '7.55'],
  ['-(Quantity + 2) * 0.5', '-2.5'],
  ['Quantity - 1 - 1', '1'],
  ['数量 * 2', '8'],
  ['Variant#2', '5'],
])('%s is exact', (text, expected) => {
  const cells = { Quantity: '3', UnitPrice: '2.55', 'Unit Price': '2.55', 数量: '4', 'Variant#2': '5' };
  expect(evaluate(text, cells)).toBe(expected);
});

test.each([
  ['Quantity / 2', 10],
  ['Quantity *', 11],
  ['(a + b', 7],
  ['a b', 3],
  ['', 1],
  ['[a', 1],
])('%s is no expression, at character %i', (text, column) => {
  expect(parseExpression(text)).toMatchObject({ problem: { column } });
});

test('a row hash does not depend on the order of columns, and depends on every cell and name', () => {
  const hash = rowHash(['a', 'b'], ['1', '2']);
  expect(hash).toMatch(/^[0-9a-f]{32}$/);
  expect(rowHash(['b', 'a'], ['2', '1'])).toBe(hash);
  const others = [rowHash(['a', 'b'], ['2', '1']), rowHash(['a', 'c'], ['1', '2']), rowHash(['a', 'b'], ['12', ''])];
  expect(new Set([hash, ...others]).size).toBe(4);
});

test('equal header names are numbered', () => {
  expect(uniqueHeaders(['Variant', 'x', 'Variant', 'Variant#2'])).toEqual(['Variant', 'x', 'Variant#2', 'Variant#2#2']);
});

test('composite keys are length-prefixed', () => {
  expect(compositeKey(['PO-01', 'Car-01'])).toBe('5:PO-016:Car-01');
  expect(compositeKey(['a', 'b:c'])).not.toBe(compositeKey(['a:b', 'c']));
});

const HEADER = ['id', 'line', 'opened', 'closed', 'outcome', 'Quantity', 'UnitPrice', 'team'];
const MAPPING = {
  workflow: 'sales',
  zone: 'UTC',
  case: [{ const: 'x' }, 'id'],
  events: [
    { activity: 'opened', time: { column: 'opened', formats: ['yyyy-MM-dd'] } },
    { activity: { column: 'outcome' }, time: { column: 'closed' }, value: 'Quantity * UnitPrice', when: 'present' },
  ],
  dimensions: { team: 'team', plant: { const: 'P1' } },
};

function map(cells: readonly string[], asOfMs: number | null = null): MappedRow {
  const { mapping } = readMapping(MAPPING);
  const { compiled } = compileMapping(mapping!, HEADER, asOfMs);
  return mapRow(compiled!, cells, { importId: 'i', asOfMs }, () => ({ hash: 'h', ordinal: 2 }));
}

test('a row becomes several events', () => {
  const mapped = map(['7', 'L', '2020-01-01', '2020-01-02', 'Won', '3', '2.55', '']);
  const shared = {
    workflow: 'sales',
    caseId: '1:x1:7',
    kind: 'event',
    dimensions: { plant: 'P1' },
    target: null,
    importId: 'i',
  };
  expect(mapped).toEqual({
    events: [
      { ...shared, id: 'h-2-1', activity: 'opened', timeMs: Date.UTC(2020, 0, 1), value: null },
      { ...shared, id: 'h-2-2', activity: 'Won', timeMs: Date.UTC(2020, 0, 2), value: { unscaled: 765n, scale: 2 } },
    ],
  });
});

test('an event that is not present keeps the others, and their ids', () => {
  expect(map(['7', 'L', '2020-01-01', '', '', '', '', 'A'])).toMatchObject({
    events: [{ id: 'h-2-1', dimensions: { team: 'A' } }],
  });
});

test('a row without a date takes the as-of time', () => {
  expect(map(['7', '', '', '', '', '', '', ''], 5)).toMatchObject({ events: [{ timeMs: 5 }] });
});

test.each([
  [['', '', '2020-01-01', '', '', '', '', ''], "no case id: 'id' is empty"],
  [['7', '', '', '', '', '', '', ''], "no time: 'opened' is empty"],
  [['7', '', '2020-02-31', '', '', '', '', ''], `'opened' is no date: "2020-02-31"; allowed: yyyy-MM-dd (zone UTC)`],
  [['7', '', '2020-01-01', '2020-01-01', '', '', '', ''], "no activity: 'outcome' is empty"],
  [['7', '', '2020-01-01', '2020-01-01', 'void', '', '', ''], "'void' is reserved"],
  [['7', '', '2020-01-01', '2020-01-01', 'Won', '3', '2,5', ''], `'UnitPrice' is no decimal: "2,5"`],
  [['7', '', '9999-01-01', '', '', '', '', ''], 'out of range'],
])('the row %j fails', (cells, why) => {
  const mapped = map(cells);
  expect('failure' in mapped && mapped.failure.code).toBe('ROW_INVALID');
  expect('failure' in mapped && mapped.failure.reason).toContain(why);
});

/** What a row of HEADER becomes under MAPPING with changes. */
function changed(change: object, cells: readonly string[], zone: string | null = 'UTC'): MappedRow {
  const { mapping } = readMapping({ ...MAPPING, ...change });
  const { compiled } = compileMapping(mapping!, HEADER, null, zone);
  return mapRow(compiled!, cells, { importId: null, asOfMs: null }, () => ({ hash: 'h', ordinal: 1 }));
}

const JOINED = { events: [{ activity: { columns: ['outcome', 'line'] }, time: 'opened' }] };

test.each([
  ['Won', 'L', 'Won+L'],
  ['Won', '', 'Won'],
])('an activity of two columns: %j and %j', (outcome, line, activity) => {
  const mapped = changed(JOINED, ['7', line, '2020-01-01', '', outcome, '', '', '']);
  expect(mapped).toMatchObject({ events: [{ activity }] });
});

test('an activity of two columns is none without the first', () => {
  const mapped = changed(JOINED, ['7', 'L', '2020-01-01', '', '', '', '', '']);
  expect(mapped).toMatchObject({ failure: { reason: "no activity: 'outcome' is empty" } });
});

test.each([
  ['L', 'A', 1],
  ['', 'B', 1],
  ['M', 'A', 0],
  ['L', '', 0],
])('where takes rows that fulfil all conditions, and no bad one that it leaves out: %j, %j', (line, team, events) => {
  const where = { line: ['L', ''], team: ['A', 'B'] };
  const time = events === 1 ? '2020-01-01' : 'never';
  const mapped = changed({ where }, ['7', line, time, '', '', '', '', team]);
  expect('events' in mapped && mapped.events).toHaveLength(events);
});

test('without a zone a time needs an offset', () => {
  const events = [{ activity: 'a', time: 'opened' }];
  const read = (time: string, change: object = {}): MappedRow =>
    changed({ zone: undefined, events, ...change }, ['7', '', time, '', '', '', '', ''], null);
  expect(read('2020-01-01T12:00:00+02:00')).toMatchObject({ events: [{ timeMs: Date.UTC(2020, 0, 1, 10) }] });
  expect(read('2020-01-01T12:00:00')).toMatchObject({ failure: { code: 'ZONE_MISSING' } });
  expect(read('soon')).toMatchObject({ failure: { code: 'ROW_INVALID' } });
  const rome = { events: [{ activity: 'a', time: { column: 'opened', zone: 'Europe/Rome' } }] };
  expect(read('2020-01-01T12:00:00', rome)).toMatchObject({ events: [{ timeMs: Date.UTC(2020, 0, 1, 11) }] });
});

test('the columns that a mapping names', () => {
  const { mapping } = readMapping({ ...MAPPING, ...JOINED, where: { line: 'L', plant: 'P' } });
  expect(mappingColumns(mapping!)).toEqual(['id', 'outcome', 'line', 'opened', 'team', 'plant']);
  expect(mappingColumns(readMapping(MAPPING).mapping!)).toEqual(
    expect.arrayContaining(['closed', 'Quantity', 'UnitPrice']),
  );
});

test('an unknown column is named with what it may have meant', () => {
  const mapping: Mapping = { ...readMapping(MAPPING).mapping!, case: [{ column: 'Id ' }] };
  const { compiled, problems } = compileMapping(mapping, HEADER, null);
  expect(compiled).toBeNull();
  expect(problems).toMatchObject([{ path: ['case', 0], message: "the file has no column 'Id ', did you mean 'id'?" }]);
});

const schema = new Ajv({ allowUnionTypes: true }).compile(
  JSON.parse(readFileSync('schemas/mapping.schema.json', 'utf8')) as object,
);
const CHANGES: readonly (readonly [change: object, legal: boolean])[] = [
  [{}, true],
  [{ case: 'id' }, true],
  [{ delimiter: '\t', encoding: 'latin1' }, true],
  [{ events: [{ activity: 'a', time: 'opened', value: 1 }] }, true],
  [{ events: [{ activity: { columns: ['outcome', 'line'] }, time: 'opened' }] }, true],
  [{ where: { outcome: 'Won', line: ['L', 2, ''] } }, true],
  [{ workflow: undefined }, false],
  [{ events: [{ activity: { columns: [] }, time: 'opened' }] }, false],
  [{ events: [{ activity: { columns: [''] }, time: 'opened' }] }, false],
  [{ case: [{ columns: ['id', 'line'] }] }, false],
  [{ where: ['outcome'] }, false],
  [{ where: { outcome: [] } }, false],
  [{ where: { outcome: [null] } }, false],
  [{ case: [] }, false],
  [{ events: [] }, false],
  [{ events: [{ time: 'opened' }] }, false],
  [{ events: [{ activity: 'a', when: 'sometimes', time: 'opened' }] }, false],
  [{ events: [{ activity: 'a', time: { colum: 'x' } }] }, false],
  [{ delimiter: '::' }, false],
  [{ dimensions: { value: 'x' } }, false],
  [{ dimensions: { 'a b': 'x' } }, false],
  [{ dimension: {} }, false],
];
test.each(CHANGES)('the published schema and the reader agree on %j', (change, legal) => {
  const parsed: unknown = JSON.parse(JSON.stringify({ ...MAPPING, ...change }));
  expect(readMapping(parsed).mapping !== null).toBe(legal);
  expect(schema(parsed)).toBe(legal);
});

test.each(['helpdesk_italian', 'dascen'])('the mapping of %s fits the published schema', (name) => {
  expect(schema(parse(readFileSync(`test/catalogues/${name}.mapping.yaml`, 'utf8')))).toBe(true);
});
