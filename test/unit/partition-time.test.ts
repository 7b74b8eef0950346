import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Workflow } from '../../services/shared/core/catalogue/catalogue.ts';
import { stepTime, TIME_START, type TimeInput } from '../../services/shared/core/partition-time.ts';

const workflow: Workflow = {
  name: 'w',
  activities: [],
  dimensions: [],
  disorderMs: 0,
  idleTimeoutMs: 10,
  futureLimitMs: 0,
  retentionMs: null,
};
const anyTime = fc.integer({ min: -2_208_988_800_000, max: 9_999_999_999_998 });
const input: fc.Arbitrary<TimeInput> = fc.oneof(
  fc.record({ type: fc.constant('event' as const), timeMs: anyTime, importId: fc.constantFrom(null, 'i') }),
  fc.record({
    type: fc.constant('import' as const),
    importId: fc.constant('i'),
    phase: fc.constantFrom('begin' as const, 'end' as const),
    maxEventMs: fc.option(anyTime),
  }),
  fc.constant({ type: 'tick' } as const),
  fc.constant({ type: 'control' } as const),
);

test('no wrong clock pushes the watermark past now, and it never goes back', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(input, fc.nat(1_000))), (records) => {
      let appendMs = 1_000_000_000_000;
      let time = TIME_START;
      for (const [record, passedMs] of records) {
        appendMs += passedMs;
        const before = time.watermarkMs;
        time = stepTime(time, record, appendMs, workflow);
        expect(time.watermarkMs ?? -Infinity).toBeLessThanOrEqual(appendMs);
        expect(time.watermarkMs ?? -Infinity).toBeGreaterThanOrEqual(before ?? -Infinity);
      }
    }),
  );
});
