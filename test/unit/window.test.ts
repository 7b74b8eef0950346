import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { TumblingUnit, WindowSpec } from '../../services/shared/core/definition.ts';
import { parseDuration } from '../../services/shared/core/catalogue/catalogue-duration.ts';
import {
  isBegin,
  isStep,
  nextBeginMs,
  unitMsMax,
  unitSlice,
} from '../../services/shared/core/window/window-to-date.ts';
import { zoneName } from '../../services/shared/core/window/window-calendar.ts';
import {
  isMultiple,
  nearestBounds,
  sliceEnd,
  sliceStart,
  TOTAL_END_MS,
  windowStart,
} from '../../services/shared/core/window/window.ts';

const at = (text: string): number => Date.parse(text);
const tumbling = (unit: TumblingUnit, zone = 'UTC'): WindowSpec => ({ kind: 'tumbling', unit, zone });
const sliceOf = (window: WindowSpec, text: string): string[] => {
  const startMs = sliceStart(window, at(text));
  return [startMs, sliceEnd(window, startMs)].map((ms) => new Date(ms).toISOString().replace(':00.000Z', 'Z'));
};

test.each([
  ['hour', 'UTC', '2024-02-29T23:59:59.999Z', '2024-02-29T23:00Z', '2024-03-01T00:00Z'],
  ['day', 'UTC', '1969-12-31T23:59:59.999Z', '1969-12-31T00:00Z', '1970-01-01T00:00Z'],
  ['week', 'UTC', '2024-03-03T23:59:00Z', '2024-02-26T00:00Z', '2024-03-04T00:00Z'],
  ['week', 'UTC', '2024-03-04T00:00:00Z', '2024-03-04T00:00Z', '2024-03-11T00:00Z'],
  ['month', 'UTC', '2024-02-29T12:00:00Z', '2024-02-01T00:00Z', '2024-03-01T00:00Z'],
  ['quarter', 'UTC', '2024-12-31T12:00:00Z', '2024-10-01T00:00Z', '2025-01-01T00:00Z'],
  ['year', 'UTC', '2024-12-31T12:00:00Z', '2024-01-01T00:00Z', '2025-01-01T00:00Z'],
  ['day', 'Asia/Shanghai', '2024-01-01T16:00:00Z', '2024-01-01T16:00Z', '2024-01-02T16:00Z'],
  ['hour', 'Asia/Kolkata', '2024-01-01T00:29:59Z', '2023-12-31T23:30Z', '2024-01-01T00:30Z'],
  // 23 and 25 hours
  ['day', 'Europe/Berlin', '2024-03-31T12:00:00Z', '2024-03-30T23:00Z', '2024-03-31T22:00Z'],
  ['day', 'Europe/Berlin', '2024-10-27T12:00:00Z', '2024-10-26T22:00Z', '2024-10-27T23:00Z'],
  ['week', 'Europe/Berlin', '2024-10-27T22:59:00Z', '2024-10-20T22:00Z', '2024-10-27T23:00Z'],
  ['month', 'Europe/Berlin', '2024-03-31T22:30:00Z', '2024-03-31T22:00Z', '2024-04-30T22:00Z'],
  // the hour from 2 to 3 twice
  ['hour', 'Europe/Berlin', '2024-10-27T00:30:00Z', '2024-10-27T00:00Z', '2024-10-27T01:00Z'],
  ['hour', 'Europe/Berlin', '2024-10-27T01:30:00Z', '2024-10-27T01:00Z', '2024-10-27T02:00Z'],
  // half an hour back: the hour is cut
  ['hour', 'Australia/Lord_Howe', '2024-04-06T15:15:00Z', '2024-04-06T15:00Z', '2024-04-06T15:30Z'],
  // midnight does not exist
  ['day', 'America/Sao_Paulo', '2018-11-04T12:00:00Z', '2018-11-04T03:00Z', '2018-11-05T02:00Z'],
  // 00:01 goes back to 23:01 of the day before: the new day has begun
  ['day', 'America/St_Johns', '2010-11-07T03:00:00Z', '2010-11-07T02:30Z', '2010-11-08T03:30Z'],
  // a day left out
  ['day', 'Pacific/Apia', '2011-12-30T09:00:00Z', '2011-12-29T10:00Z', '2011-12-30T10:00Z'],
] as const)('%s in %s at %s', (unit, zone, time, start, end) => {
  expect(sliceOf(tumbling(unit, zone), time)).toEqual([start, end]);
});

test.each([
  ['fiscal-year', 'Europe/London', 4, '2026-03-31T22:59:59Z', '2025-03-31T23:00Z', '2026-03-31T23:00Z'],
  ['fiscal-year', 'Europe/London', 4, '2026-03-31T23:00:00Z', '2026-03-31T23:00Z', '2027-03-31T23:00Z'],
  ['fiscal-quarter', 'Europe/London', 4, '2026-01-01T00:00:00Z', '2026-01-01T00:00Z', '2026-03-31T23:00Z'],
  ['fiscal-quarter', 'UTC', 2, '2024-01-31T23:00:00Z', '2023-11-01T00:00Z', '2024-02-01T00:00Z'],
  ['fiscal-quarter', 'UTC', 12, '2024-02-29T23:00:00Z', '2023-12-01T00:00Z', '2024-03-01T00:00Z'],
  ['fiscal-year', 'UTC', 12, '2024-11-30T23:00:00Z', '2023-12-01T00:00Z', '2024-12-01T00:00Z'],
  ['fiscal-year', 'UTC', 1, '2024-11-30T23:00:00Z', '2024-01-01T00:00Z', '2025-01-01T00:00Z'],
] as const)('%s in %s from month %i at %s', (unit, zone, fiscalMonth, time, start, end) => {
  expect(sliceOf({ kind: 'tumbling', unit, zone, fiscalMonth }, time)).toEqual([start, end]);
});

test('rolling and instant slices are multiples of every; a window ends at one', () => {
  const rolling: WindowSpec = { kind: 'rolling', sizeMs: 240_000, everyMs: 60_000 };
  expect([sliceStart(rolling, 119_999), sliceEnd(rolling, 60_000), sliceStart(rolling, -1)]).toEqual([
    60_000, 120_000, -60_000,
  ]);
  expect(windowStart(rolling, 300_000)).toBe(60_000);
  const instant: WindowSpec = { kind: 'instant', everyMs: 1000 };
  expect([sliceStart(instant, 1999), windowStart(instant, 2000)]).toEqual([1000, 2000]);
});

test('a total window is one slice', () => {
  const total: WindowSpec = { kind: 'total' };
  expect([sliceStart(total, at('2024-01-01')), sliceEnd(total, 0), windowStart(total, TOTAL_END_MS)]).toEqual([
    0,
    TOTAL_END_MS,
    0,
  ]);
  expect(nearestBounds(total, 5)).toEqual([0, TOTAL_END_MS]);
  expect([isMultiple(total, 0), isMultiple(total, 5)]).toEqual([true, false]);
});

test('a read elsewhere than at a boundary is told the nearest ones', () => {
  const month = tumbling('month', 'Asia/Shanghai');
  expect(isMultiple(month, at('2024-02-29T16:00:00Z'))).toBe(true);
  expect(nearestBounds(month, at('2024-02-01T00:00:00Z'))).toEqual([
    at('2024-01-31T16:00:00Z'),
    at('2024-02-29T16:00:00Z'),
  ]);
  expect(windowStart(month, at('2024-02-29T16:00:00Z'))).toBe(at('2024-01-31T16:00:00Z'));
});

test('slices hold their time, end where the next one starts, and ask for no order of the questions', () => {
  const window = fc.record({
    unit: fc.constantFrom<TumblingUnit>(
      'hour',
      'day',
      'week',
      'month',
      'quarter',
      'year',
      'fiscal-quarter',
      'fiscal-year',
    ),
    fiscalMonth: fc.integer({ min: 1, max: 12 }),
    zone: fc.constantFrom('UTC', 'Europe/Berlin', 'America/St_Johns', 'Australia/Lord_Howe', 'Pacific/Apia'),
  });
  const time = fc.integer({ min: at('1990-01-01'), max: at('2030-01-01') });
  fc.assert(
    fc.property(window, time, ({ unit, zone, fiscalMonth }, timeMs) => {
      const spec: WindowSpec = { kind: 'tumbling', unit, zone, fiscalMonth };
      const startMs = sliceStart(spec, timeMs);
      const endMs = sliceEnd(spec, startMs);
      expect(startMs <= timeMs && timeMs < endMs).toBe(true);
      expect(sliceStart(spec, startMs)).toBe(startMs);
      expect(sliceStart(spec, endMs - 1)).toBe(startMs);
      expect(sliceStart(spec, endMs)).toBe(endMs);
      expect(windowStart(spec, endMs)).toBe(startMs);
    }),
    { numRuns: 1500 },
  );
});

test.each([
  [
    'month',
    '1d',
    'Europe/Berlin',
    '2024-03-31T12:00:00Z',
    '2024-03-30T23:00Z',
    '2024-03-31T22:00Z',
    '2024-02-29T23:00Z',
  ],
  [
    'day',
    '15m',
    'Asia/Kathmandu',
    '2024-01-01T18:20:00Z',
    '2024-01-01T18:15Z',
    '2024-01-01T18:30Z',
    '2024-01-01T18:15Z',
  ],
  [
    'week',
    '1h',
    'Australia/Lord_Howe',
    '2024-04-06T15:15:00Z',
    '2024-04-06T15:00Z',
    '2024-04-06T15:30Z',
    '2024-03-31T13:00Z',
  ],
  [
    'day',
    '30m',
    'America/St_Johns',
    '2010-11-07T02:30:30Z',
    '2010-11-07T02:30Z',
    '2010-11-07T02:31Z',
    '2010-11-07T02:30Z',
  ],
] as const)('the %s so far, every %s in %s at %s', (unit, every, zone, time, start, end, windowFrom) => {
  const window: WindowSpec = { kind: 'to-date', unit, zone, everyMs: parseDuration(every)! };
  expect(sliceOf(window, time)).toEqual([start, end]);
  expect(windowStart(window, at(end))).toBe(at(windowFrom));
});

test('slices of a unit so far leave no gap and lie within it', () => {
  const window = fc.record({
    unit: fc.constantFrom('day' as const, 'week' as const, 'month' as const, 'fiscal-year' as const),
    everyMs: fc.constantFrom(60_000, 900_000, 1_800_000, 3_600_000, 86_400_000),
    zone: fc.constantFrom('UTC', 'Europe/Berlin', 'America/St_Johns', 'Australia/Lord_Howe', 'Pacific/Apia'),
  });
  const time = fc.integer({ min: at('1990-01-01'), max: at('2030-01-01') });
  fc.assert(
    fc.property(window, time, ({ unit, everyMs, zone }, timeMs) => {
      fc.pre(isStep(everyMs, unit));
      const spec = { kind: 'to-date', unit, zone, everyMs, fiscalMonth: 4 } as const;
      const startMs = sliceStart(spec, timeMs);
      const endMs = sliceEnd(spec, startMs);
      expect(startMs <= timeMs && timeMs < endMs).toBe(true);
      expect([sliceStart(spec, startMs), sliceStart(spec, endMs - 1), sliceStart(spec, endMs)]).toEqual([
        startMs,
        startMs,
        endMs,
      ]);
      const whole = unitSlice(spec, timeMs);
      expect(whole.startMs <= startMs && endMs <= whole.endMs).toBe(true);
      expect(whole.endMs - whole.startMs).toBeLessThanOrEqual(unitMsMax(spec));
      expect(windowStart(spec, endMs)).toBe(whole.startMs);
      const beginMs = nextBeginMs(spec, timeMs);
      expect([isBegin(spec, beginMs), windowStart(spec, beginMs)]).toEqual([true, whole.endMs]);
      expect(isBegin(spec, endMs)).toBe(startMs === whole.startMs);
    }),
    { numRuns: 1500 },
  );
});

test('zones are known by name', () => {
  expect([zoneName('asia/shanghai'), zoneName('UTC'), zoneName('Mars/Olympus'), zoneName('+08:00')]).toEqual([
    'Asia/Shanghai',
    'UTC',
    null,
    null,
  ]);
});
