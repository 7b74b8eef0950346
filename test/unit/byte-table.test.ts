import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ByteTable } from '../../services/shared/core/bytes/byte-table.ts';

const LIMIT = 64 * 1024;

function put(table: ByteTable, key: string, value: string): void {
  const [k, v] = [Buffer.from(key), Buffer.from(value)];
  table.put(k, k.length, v, v.length);
}

function get(table: ByteTable, key: string): string | undefined {
  const bytes = Buffer.from(key);
  return table.find(bytes, bytes.length) ? table.bytes.toString('utf8', table.start, table.end) : undefined;
}

function remove(table: ByteTable, key: string): void {
  table.delete(Buffer.from(key), Buffer.byteLength(key));
}

const keys = fc.oneof(fc.nat(400).map(String), fc.string({ unit: 'binary', maxLength: 40 }));
const values = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 60 }),
  fc.nat(30_000).map((n) => 'x'.repeat(n)),
);
const steps = fc.array(
  fc.oneof(
    { weight: 6, arbitrary: fc.record({ kind: fc.constant('put' as const), key: keys, value: values }) },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('delete' as const), key: keys }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('evict' as const), limit: fc.nat(LIMIT) }) },
  ),
  { maxLength: 300, size: 'max' },
);

test('it has what a Map has, whatever is put, deleted and made room for', () => {
  fc.assert(
    fc.property(steps, (all) => {
      const table = new ByteTable(LIMIT);
      const map = new Map<string, string>();
      for (const step of all) {
        if (step.kind === 'put') {
          put(table, step.key, step.value);
          map.set(step.key, step.value);
        } else if (step.kind === 'delete') {
          remove(table, step.key);
          map.delete(step.key);
        } else table.evict(() => false, step.limit);
      }
      expect(table.size).toBe(map.size);
      for (const [key, value] of map) expect(get(table, key)).toBe(value);
      const seen = new Map<string, string>();
      table.forEach((bytes, start, keyEnd, end) =>
        seen.set(bytes.toString('utf8', start, keyEnd), bytes.toString('utf8', keyEnd, end)),
      );
      expect(seen).toEqual(map);
    }),
    { numRuns: 60 },
  );
});

test('above the limit what was not put for longest leaves first, and nothing that may not', () => {
  const table = new ByteTable(LIMIT);
  for (let n = 0; n < 5_000; n++) {
    put(table, `key ${n}`, n === 7 ? 'stays' : 'value');
    table.evict((bytes, start, end) => bytes.toString('utf8', start, end) !== 'stays');
    expect(table.byteLength).toBeLessThanOrEqual(LIMIT);
  }
  expect([get(table, 'key 7'), get(table, 'key 6'), get(table, 'key 4999')]).toEqual(['stays', undefined, 'value']);
  expect(table.size).toBeGreaterThan(1_000);
});

test('what is put again and again takes room once', () => {
  const table = new ByteTable(LIMIT);
  for (let n = 0; n < 100_000; n++) {
    put(table, `key ${n % 50}`, `value ${n}`);
    table.evict(() => false);
  }
  expect(table.size).toBe(50);
  expect(table.byteLength).toBeLessThan(2 * LIMIT);
  expect(get(table, 'key 49')).toBe('value 99999');
});

test('a value larger than a chunk stands between others', () => {
  const table = new ByteTable(64 * 1024 * 1024);
  const large = 'x'.repeat(5_000_000);
  for (let n = 0; n < 10; n++) put(table, `key ${n}`, n === 5 ? large : `value ${n}`);
  expect([get(table, 'key 4'), get(table, 'key 5') === large, get(table, 'key 6')]).toEqual([
    'value 4',
    true,
    'value 6',
  ]);
  table.clear();
  expect([table.size, get(table, 'key 4')]).toEqual([0, undefined]);
});
