import fc from 'fast-check';
import { expect, test } from 'vitest';
import { compareBytesOf } from '../../services/shared/core/bytes/compare-text.ts';

const text = fc.string({
  unit: fc.constantFrom('a', 'b', '\u00e9', '\ud7ff', '\ue000', '\uffee', '\u{1f600}', '\u{10ffff}'),
});

test('texts are ordered as the bytes of their UTF-8', () => {
  fc.assert(
    fc.property(text, text, (a, b) => {
      expect(Math.sign(compareBytesOf(a, b))).toBe(Buffer.compare(Buffer.from(a), Buffer.from(b)));
    }),
  );
});
