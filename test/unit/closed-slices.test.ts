import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ClosedSlices } from '../../services/processor/roll/closed-slices.ts';

const start = fc.integer({ min: -3, max: 30 }).map((minute) => minute * 60_000);
const steps = fc.array(
  fc.oneof(
    {
      weight: 5,
      arbitrary: fc.tuple(fc.constant('add' as const), start, fc.integer(), fc.uint8Array({ maxLength: 9 })),
    },
    { weight: 2, arbitrary: fc.tuple(fc.constant('delete' as const), start) },
    { weight: 1, arbitrary: fc.tuple(fc.constant('deleteBefore' as const), start) },
  ),
  { maxLength: 60 },
);

test('in whatever order slices come and go, each is found as it came', () => {
  fc.assert(
    fc.property(steps, (all) => {
      const closed = new ClosedSlices();
      const model = new Map<number, readonly [samples: number, state: Uint8Array]>();
      for (const step of all) {
        const [kind, startMs] = step;
        if (kind === 'add') {
          if (model.has(startMs)) continue;
          closed.add(startMs, step[2], step[3]);
          model.set(startMs, [step[2], step[3]]);
        } else if (kind === 'delete') {
          closed.delete(startMs);
          model.delete(startMs);
        } else {
          closed.deleteBefore(startMs);
          for (const known of model.keys()) if (known < startMs) model.delete(known);
        }
      }
      expect([...closed.starts()]).toEqual([...model.keys()].sort((a, b) => a - b));
      expect(closed.size).toBe(model.size);
      for (let minute = -4; minute <= 31; minute++) {
        const startMs = minute * 60_000;
        const [samples, state] = model.get(startMs) ?? [null, null];
        expect(closed.has(startMs)).toBe(state !== null);
        expect([closed.samples(startMs), closed.state(startMs)]).toEqual([samples, state]);
      }
    }),
    { numRuns: 500 },
  );
});
