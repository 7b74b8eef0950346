import fc from 'fast-check';
import { expect, test } from 'vitest';
import { PendingEnds } from '../../services/processor/roll/pending-ends.ts';

const steps = fc.array(fc.record({ act: fc.constantFrom('add', 'delete', 'look'), endMs: fc.nat(30) }), {
  maxLength: 80,
});

test('whatever was added and deleted, a look finds exactly the ends up to the watermark', () => {
  expect.hasAssertions();
  fc.assert(
    fc.property(steps, (todo) => {
      const pending = new PendingEnds();
      const plain = new Set<number>();
      for (const { act, endMs } of todo) {
        if (act === 'add') {
          pending.add(endMs);
          plain.add(endMs);
        } else if (act === 'delete') {
          pending.delete(endMs);
          plain.delete(endMs);
        } else {
          const passed = [...plain].filter((each) => each <= endMs);
          expect(pending.upTo(endMs).toSorted((a, b) => a - b)).toEqual(passed.toSorted((a, b) => a - b));
        }
        expect(pending.size).toBe(plain.size);
      }
    }),
  );
});
