import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { TumblingUnit, WindowSpec } from '../../services/shared/core/definition.ts';
import { innerEnds, outerEnd } from '../../services/shared/core/formula/rollup.ts';
import { sliceEnd, sliceStart, windowStart } from '../../services/shared/core/window/window.ts';
import { earlierEnd, hasEarlier, laterSpan, type Over } from '../../services/shared/core/window/window-earlier.ts';
import { isWithin, unitsAround } from '../../services/shared/core/window/window-within.ts';

const MINUTE = 60_000;
const DAY = 1_440 * MINUTE;
const at = (text: string): number => Date.parse(text);

type Calendar = Extract<WindowSpec, { readonly kind: 'tumbling' }>;

function tumbling(unit: TumblingUnit, zone = 'UTC'): Calendar {
  return { kind: 'tumbling', unit, zone };
}

function toDate(unit: 'day' | 'week' | 'month' | 'quarter' | 'year', everyMs = DAY, zone = 'UTC'): WindowSpec {
  return { kind: 'to-date', unit, zone, everyMs };
}

function earlier(window: WindowSpec, end: string, over: Over = 'previous'): string {
  return new Date(earlierEnd(window, at(end), over)).toISOString().slice(0, 16);
}

test('the window before, and that of the year before', () => {
  expect(earlier({ kind: 'rolling', sizeMs: 4 * MINUTE, everyMs: MINUTE }, '2024-05-01T00:10Z')).toBe(
    '2024-05-01T00:06',
  );
  expect(earlier(tumbling('month'), '2024-03-01T00:00Z')).toBe('2024-02-01T00:00');
  expect(earlier(tumbling('month'), '2024-03-01T00:00Z', 'year'), 'February').toBe('2023-03-01T00:00');
  expect(earlier(tumbling('quarter'), '2024-04-01T00:00Z', 'year')).toBe('2023-04-01T00:00');
  expect(earlier(tumbling('day'), '2024-03-01T00:00Z', 'year'), '29 February: the last day of the month').toBe(
    '2023-03-01T00:00',
  );
  expect(earlier(tumbling('week'), '2024-05-06T00:00Z', 'year'), '52 weeks').toBe('2023-05-08T00:00');
  expect(earlier(tumbling('day', 'Europe/Berlin'), '2024-03-31T22:00Z'), 'a day of 23 hours').toBe('2024-03-30T23:00');
});

test('a unit so far is held against the same date and time of the unit before', () => {
  expect(earlier(toDate('month'), '2024-05-11T00:00Z')).toBe('2024-04-11T00:00');
  expect(earlier(toDate('month'), '2024-04-01T00:00Z'), '31 March: the end of February').toBe('2024-03-01T00:00');
  expect(earlier(toDate('month'), '2024-03-31T00:00Z'), '30 March too').toBe('2024-03-01T00:00');
  expect(earlier(toDate('month'), '2024-03-01T00:00Z'), '29 February').toBe('2024-01-30T00:00');
  expect(earlier(toDate('month'), '2024-05-11T00:00Z', 'year')).toBe('2023-05-11T00:00');
  expect(earlier(toDate('quarter'), '2024-05-16T00:00Z')).toBe('2024-02-16T00:00');
  expect(earlier(toDate('week', 5 * MINUTE), '2024-05-08T09:05Z', 'year')).toBe('2023-05-10T09:05');
  const berlin = toDate('day', 15 * MINUTE, 'Europe/Berlin');
  expect(earlier(berlin, '2024-03-31T12:15Z'), 'the same time on the clock').toBe('2024-03-30T13:15');
});

const windows: readonly WindowSpec[] = [
  { kind: 'rolling', sizeMs: 4 * MINUTE, everyMs: MINUTE },
  ...(['hour', 'day', 'week', 'month', 'quarter', 'year'] as const).map((unit) => tumbling(unit, 'Europe/Berlin')),
  { ...tumbling('fiscal-quarter', 'Asia/Kathmandu'), fiscalMonth: 2 },
  ...(['week', 'month', 'quarter', 'year'] as const).map((unit) => toDate(unit, DAY, 'America/New_York')),
  toDate('day', 15 * MINUTE, 'Europe/Berlin'),
];
const cases = windows.flatMap((window) =>
  (['previous', 'year'] as const).filter((over) => hasEarlier(window, over)).map((over) => ({ window, over })),
);
const time = fc.integer({ min: at('2023-01-01T00:00Z'), max: at('2026-01-01T00:00Z') });

test.each(cases)(
  '$window.kind $window.unit $over: the span of a window has all that are held against it',
  ({ window, over }) => {
    fc.assert(
      fc.property(time, (timeMs) => {
        const endMs = sliceEnd(window, timeMs);
        const earlierMs = earlierEnd(window, endMs, over);
        expect(earlierMs).toBeLessThan(endMs);
        expect(sliceStart(window, earlierMs), 'a window ends there').toBe(earlierMs);
        const [fromMs, throughMs] = laterSpan(window, [earlierMs, earlierMs], over);
        expect(endMs).toBeGreaterThanOrEqual(fromMs);
        expect(endMs).toBeLessThanOrEqual(throughMs);
        expect(throughMs - fromMs, 'and few others').toBeLessThanOrEqual(5 * DAY);
      }),
    );
  },
);

test('shorter windows fill a longer one without a gap, and know which one holds them', () => {
  const units = ['hour', 'day', 'week', 'month', 'quarter', 'year'] as const;
  for (const zone of ['UTC', 'Europe/Berlin', 'Africa/Cairo', 'Asia/Kathmandu'])
    for (const inner of units.map((unit) => tumbling(unit, zone)))
      for (const unit of unitsAround(inner).filter((each) => !each.startsWith('fiscal'))) {
        const outer = tumbling(unit, zone);
        expect(isWithin(inner, outer)).toBe(true);
        for (const text of ['2024-03-31T00:30Z', '2024-04-26T00:00Z', '2024-10-27T01:30Z', '2024-10-31T23:30Z']) {
          const endMs = sliceEnd(outer, at(text));
          const ends = [...innerEnds(inner, outer, endMs)];
          expect(ends.at(-1), `${zone} ${inner.unit} ${unit} ${text}`).toBe(endMs);
          expect(windowStart(inner, ends[0]!)).toBe(windowStart(outer, endMs));
          expect(ends.every((each) => outerEnd(outer, each) === endMs)).toBe(true);
        }
      }
  expect(isWithin(tumbling('week'), tumbling('month'))).toBe(false);
  expect(isWithin(tumbling('quarter'), { ...tumbling('fiscal-year'), fiscalMonth: 4 })).toBe(true);
  expect(isWithin(tumbling('quarter'), { ...tumbling('fiscal-year'), fiscalMonth: 2 })).toBe(false);
});
