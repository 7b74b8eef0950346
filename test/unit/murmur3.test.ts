import { expect, test } from 'vitest';
import { murmur3 } from '../../services/shared/core/bytes/murmur3.ts';

/** The first 16 digits that the reference implementation gives (MurmurHash3_x86_128, seed 0). */
const KNOWN: readonly (readonly [string, string])[] = [
  ['', '0000000000000000'],
  ['a', 'a794933c5556b01b'],
  ['hello', '2b2444a0db91def7'],
  ['17850.0', '311ed7f6bcda57bd'],
  ['The quick brown fox jumps over the lazy dog', '2f1583c3ecee2c67'],
  ['客户客户客户客户客户', '585f9b0dd060a94e'],
  ['x'.repeat(16), '704be03d8792ddda'],
  ['x'.repeat(31), '6f01597a40788fe2'],
];

test.each(KNOWN)('the hash of %j is that of the reference implementation', (text, expected) => {
  const { high, low } = murmur3(text);
  expect(high.toString(16).padStart(8, '0') + low.toString(16).padStart(8, '0')).toBe(expected);
});

test('a hundred thousand numbers in a row have different hashes, in both halves spread evenly', () => {
  const hashes = Array.from({ length: 100_000 }, (_, i) => murmur3(String(i)));
  expect(new Set(hashes.map(({ high, low }) => `${high} ${low}`)).size).toBe(hashes.length);
  for (const half of ['high', 'low'] as const) {
    const perBucket = Array.from({ length: 100 }, () => 0);
    for (const hash of hashes) perBucket[Math.floor((hash[half] / 2 ** 32) * 100)]!++;
    // 1,000 each; five standard deviations of 31.
    for (const bucket of perBucket) expect(Math.abs(bucket - 1_000)).toBeLessThan(160);
  }
});
