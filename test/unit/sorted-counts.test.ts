import fc from 'fast-check';
import { expect, test } from 'vitest';
import { SortedCounts } from '../../services/shared/core/aggregate/sorted-counts.ts';

const change = fc.tuple(fc.integer({ min: 0, max: 4_000 }), fc.constantFrom(1, 1, 1, -1, 2));

test('keys are in order with their counts, however many came, one by one and all at once', () => {
  fc.assert(
    fc.property(
      fc.array(change, { minLength: 1, maxLength: 6_000, size: 'max' }),
      fc.array(change, { maxLength: 3_000, size: 'max' }),
      fc.integer({ min: 300, max: 2_000 }),
      (singles, others, lookEvery) => {
        const model = new Map<number, number>();
        const note = (key: number, count: number): void => void model.set(key, (model.get(key) ?? 0) + count);
        const counts = new SortedCounts<number>();
        const expectAlike = (): void => {
          const wanted = [...model].filter(([, count]) => count !== 0).sort(([a], [b]) => a - b);
          expect(String(counts.keys.map((key, i) => [key, counts.counts[i]]))).toBe(String(wanted));
        };
        for (const [i, [key, count]] of singles.entries()) {
          counts.add(key, count);
          note(key, count);
          if (i % lookEvery === 0 && i > 2_000) expectAlike();
        }
        const more = new SortedCounts<number>();
        for (const [key, count] of others) more.add(key, count);
        counts.addAll(more, -1);
        for (const [i, key] of more.keys.entries()) note(key, -more.counts[i]!);
        expectAlike();
      },
    ),
    { numRuns: 10 },
  );
});
