import fc from 'fast-check';
import { expect, test } from 'vitest';
import { RecentRowKeys, REMEMBERED_LABELS_MAX } from '../../services/processor/aggregate/recent-row-keys.ts';
import { rowKeysOf } from '../../services/processor/aggregate/slice-entry.ts';
import type { Delta } from '../../services/shared/core/case-state.ts';
import type { Definition } from '../../services/shared/core/definition.ts';
import type { MeasurePlan } from '../../services/shared/core/measure-plan.ts';

const PLANS = [
  { hash: 'a', aggregate: { kind: 'count' }, window: { kind: 'rolling', sizeMs: 50, everyMs: 10 } },
  { hash: 'b', aggregate: { kind: 'level' }, window: { kind: 'instant', everyMs: 20 } },
].map((definition) => ({ definition: definition as Definition }) as MeasurePlan);

function delta(plan: MeasurePlan, timeMs: number, labels: string): Delta {
  return { plan, timeMs, labels, amount: 1, part: 0, sign: 1 };
}

test('what is remembered is what rowKeysOf gives, for any plan, labels and time', () => {
  expect.hasAssertions();
  const asked = fc.record({ plan: fc.nat(1), timeMs: fc.nat(60), labels: fc.constantFrom('x', 'y', 'z') });
  fc.assert(
    fc.property(fc.array(asked, { maxLength: 60 }), (all) => {
      const recent = new RecentRowKeys();
      for (const { plan, timeMs, labels } of all) {
        const one = delta(PLANS[plan]!, timeMs, labels);
        expect(recent.of(one)).toEqual(rowKeysOf(one));
      }
    }),
  );
});

test('the keys of a slice are made once, and no more label sets are remembered than the limit', () => {
  const recent = new RecentRowKeys();
  const plan = PLANS[0]!;
  const first = recent.of(delta(plan, 5, 'first'));
  expect(recent.of(delta(plan, 6, 'first'))).toBe(first);
  for (let i = 0; i < REMEMBERED_LABELS_MAX; i++) recent.of(delta(plan, 5, `label ${i}`));
  expect(recent.of(delta(plan, 5, 'first'))).not.toBe(first);
});
