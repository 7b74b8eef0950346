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
      const looks: (readonly [number[], number[]])[] = [];
      for (const { act, endMs } of todo) {
        if (act === 'add') pending.add(endMs);
        if (act === 'add') plain.add(endMs);
        if (act === 'delete') pending.delete(endMs);
        if (act === 'delete') plain.delete(endMs);
        if (act !== 'look') continue;
        const passed = [...plain].filter((each) => each <= endMs).toSorted((x, y) => x - y);
        looks.push([pending.upTo(endMs).toSorted((x, y) => x - y), passed]);
      }
      for (const [found, passed] of looks) expect(found).toEqual(passed);
      expect(pending.size).toBe(plain.size);
    }),
  );
});
