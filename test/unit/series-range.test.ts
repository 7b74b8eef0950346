import { expect, test } from 'vitest';
import { activeFromMs, finalUpToMs, isWhole, reachMs } from '../../services/processor/roll/series-range.ts';
import type { Definition } from '../../services/shared/core/definition.ts';

const HOUR_MS = 3_600_000;

function definition(window: object, settleMs = 0): Definition {
  return { window, settleMs, measure: { kind: 'event' }, aggregate: { kind: 'sum' } } as unknown as Definition;
}

test('windows of earlier slices are final: of a rolling window also the one at whose end the slice leaves', () => {
  const rolling = definition({ kind: 'rolling', sizeMs: 30, everyMs: 10 }, 5);
  // At 100 and 5 to settle: final are windows that end up to 95. The slice of 50 leaves at 90, that of 60 at 100.
  expect(activeFromMs(rolling, 100)).toBe(60);
  expect(finalUpToMs(rolling, 100)).toBe(90);
  expect(activeFromMs(rolling, null)).toBe(-Infinity);
  expect(reachMs(rolling)).toBe(40);
  const days = definition({ kind: 'tumbling', unit: 'day', zone: 'Europe/Berlin' });
  // 23:30 in Berlin on the day on which summer time ends there: the day began 24.5 hours ago.
  const lateMs = Date.parse('2025-10-26T22:30:00Z');
  expect(activeFromMs(days, lateMs)).toBe(lateMs - 24.5 * HOUR_MS);
  expect(reachMs(days)).toBe(0);
});

test('levels and totals are whole: a level changes where its latest slice is, a total never with time', () => {
  const level = definition({ kind: 'instant', everyMs: 10 });
  const total = definition({ kind: 'total' });
  const mean = { ...definition({ kind: 'rolling' }), aggregate: { kind: 'integral', of: 'mean' } } as Definition;
  expect([level, total, mean, definition({ kind: 'rolling' })].map(isWhole)).toEqual([true, true, true, false]);
  expect([activeFromMs(level, 105), activeFromMs(total, 105)]).toEqual([100, Infinity]);
});
