import { expect, test } from 'vitest';
import { RowBinaryWriter } from '../../services/shared/adapters/store/clickhouse/row-binary-writer.ts';

function hex(write: (out: RowBinaryWriter) => void): string {
  const out = new RowBinaryWriter();
  write(out);
  return out.take().toString('hex');
}

test('integers are little-endian, with their sign', () => {
  expect(hex((out) => out.uint8(255))).toBe('ff');
  expect(hex((out) => out.uint16(0x0102))).toBe('0201');
  expect(hex((out) => out.uint32(0xfffffffe))).toBe('feffffff');
  const values = [0, 1, -1, 2 ** 32, 2 ** 32 - 1, -(2 ** 32), -(2 ** 32) - 1, 253_402_214_400_000, -62_135_596_800_000];
  for (const value of [...values, Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER]) {
    const expected = Buffer.alloc(8);
    expected.writeBigInt64LE(BigInt(value));
    expect(hex((out) => out.int64(value))).toBe(expected.toString('hex'));
  }
  expect(hex((out) => out.uint64(5))).toBe('0500000000000000');
  expect(hex((out) => out.uint64(2n ** 63n - 1n))).toBe('ffffffffffffff7f');
});

test.each([0.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53])('int64 refuses %d', (value) => {
  expect(() => hex((out) => out.int64(value))).toThrow(RangeError);
  expect(() => hex((out) => out.uint64(value))).toThrow(RangeError);
});

test('numbers out of range are refused, never cut off', () => {
  expect(() => hex((out) => out.uint8(256))).toThrow(RangeError);
  expect(() => hex((out) => out.uint16(-1))).toThrow(RangeError);
  expect(() => hex((out) => out.uint64(-1))).toThrow(RangeError);
  expect(() => hex((out) => out.uint64(2n ** 64n))).toThrow(RangeError);
});

test.each([0, 1, 31, 32, 33, 127, 128, 16_383, 16_384, 70_000])(
  'a string of %d characters has its length in front',
  (length) => {
    for (const character of ['a', 'é', '😀']) {
      const text = character.repeat(length);
      const bytes = Buffer.from(text);
      const prefix: number[] = [];
      for (let rest = bytes.length; ; rest >>>= 7) {
        prefix.push(rest > 0x7f ? (rest & 0x7f) | 0x80 : rest);
        if (rest <= 0x7f) break;
      }
      const expected = Buffer.concat([Buffer.from(prefix), bytes]).toString('hex');
      expect(hex((out) => out.string(text))).toBe(expected);
      expect(hex((out) => out.bytes(bytes))).toBe(expected);
    }
  },
);

test('a short string that ends in something else than ASCII leaves no half behind', () => {
  expect(hex((out) => out.string('abcé'))).toBe(`05${Buffer.from('abcé').toString('hex')}`);
});

test('null has its mark alone, a map its size, and both nest', () => {
  expect(hex((out) => out.nullable<string>(null, (text) => out.string(text)))).toBe('01');
  expect(hex((out) => out.nullable('a', (text) => out.string(text)))).toBe('000161');
  expect(hex((out) => out.map({ a: '1', b: '' }))).toBe('0201610131016200');
  const inherited = Object.create({ hidden: 'x' }) as Record<string, string>;
  expect(hex((out) => out.map(inherited))).toBe('00');
});

test('what was written stays when the buffer grows', () => {
  const out = new RowBinaryWriter();
  for (let i = 0; i < 50_000; i++) out.uint32(i);
  const bytes = out.take();
  expect(bytes).toHaveLength(200_000);
  expect([0, 16_383, 16_384, 49_999].map((i) => bytes.readUInt32LE(i * 4))).toEqual([0, 16_383, 16_384, 49_999]);
});
