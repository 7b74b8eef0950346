import { expect, test } from 'vitest';
import type { Definition, WindowSpec } from '../../services/shared/core/definition.ts';
import { archivePeriod, DAY_MS, firstPeriod, laterOf, nextCut, reachMs } from '../../services/shared/core/retention.ts';

const NOON_MS = 20_000 * DAY_MS + DAY_MS / 2;

function of(window: WindowSpec, measure: object = { kind: 'event' }): Definition {
  return { window, measure } as unknown as Definition;
}
const ROLLING = of({ kind: 'rolling', sizeMs: 3 * DAY_MS, everyMs: DAY_MS });
const MONTH = of({ kind: 'tumbling', unit: 'month', zone: 'UTC' });
const TOTAL = of({ kind: 'total' });

test('a cut moves in whole days of the watermark, and is earlier for windows by the longest of them', () => {
  const state = { watermarkMs: NOON_MS, retentionMs: 100 * DAY_MS };
  const lateMs = 19_900 * DAY_MS;
  expect(nextCut(state, [], null)).toEqual({ lateMs, frozenMs: lateMs });
  expect(nextCut(state, [TOTAL, ROLLING], null)).toEqual({ lateMs, frozenMs: lateMs - 4 * DAY_MS });
  expect(nextCut(state, [MONTH, ROLLING], null)).toEqual({ lateMs, frozenMs: lateMs - 32 * DAY_MS });
  const current = { lateMs, frozenMs: lateMs - 4 * DAY_MS };
  expect(nextCut({ ...state, watermarkMs: NOON_MS + DAY_MS / 3 }, [ROLLING], current)).toBeNull();
  // A longer window does not bring back what is gone.
  expect(nextCut({ ...state, watermarkMs: NOON_MS + DAY_MS }, [MONTH], current)).toEqual({
    lateMs: lateMs + DAY_MS,
    frozenMs: current.frozenMs,
  });
  // Nor does a longer retention, or a watermark that is behind.
  expect(nextCut({ ...state, retentionMs: 300 * DAY_MS }, [], current)).toBeNull();
});

test('nothing is cut off without a retention, before a watermark, or where all is younger', () => {
  expect(nextCut({ watermarkMs: NOON_MS, retentionMs: null }, [], null)).toBeNull();
  expect(nextCut({ watermarkMs: null, retentionMs: DAY_MS }, [], null)).toBeNull();
  expect(nextCut({ watermarkMs: 3 * DAY_MS, retentionMs: 5 * DAY_MS }, [], null)).toBeNull();
});

test('of two cuts each time is the later one', () => {
  expect(laterOf(null, { lateMs: 5, frozenMs: 1 })).toEqual({ lateMs: 5, frozenMs: 1 });
  expect(laterOf({ lateMs: 4, frozenMs: 2 }, { lateMs: 5, frozenMs: 1 })).toEqual({ lateMs: 5, frozenMs: 2 });
});

test('periods begin with 1, also before 1970; without a cut all count', () => {
  expect([-7, 0, 19, 20, 39].map((ms) => archivePeriod(ms, 10))).toEqual([1, 1, 1, 2, 3]);
  expect(firstPeriod(null, 10)).toBe(0);
  expect(firstPeriod({ lateMs: 90, frozenMs: 39 }, 10)).toBe(3);
});

test('what a KPI is computed from reaches back through the KPIs below it', () => {
  expect(reachMs(ROLLING)).toBe(4 * DAY_MS);
  expect(reachMs(of({ kind: 'instant', everyMs: 60_000 }))).toBe(0);
  expect(reachMs(of(TOTAL.window, { kind: 'formula', inputs: [ROLLING, MONTH] }))).toBe(64 * DAY_MS);
  expect(reachMs(of(MONTH.window, { kind: 'rollup', inputs: [ROLLING] }))).toBe(36 * DAY_MS);
  expect(reachMs(of(ROLLING.window, { kind: 'growth', inputs: [ROLLING], over: 'previous' }))).toBe(8 * DAY_MS);
  expect(reachMs(of(MONTH.window, { kind: 'growth', inputs: [MONTH], over: 'year' }))).toBe((32 + 367) * DAY_MS);
});
