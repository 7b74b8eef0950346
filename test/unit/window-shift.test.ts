import fc from 'fast-check';
import { expect, test } from 'vitest';
import { endAtOrAfter } from '../../services/shared/core/alert/alert-run.ts';
import type { DaySpan, WorkingHours } from '../../services/shared/core/calendar/calendar.ts';
import { Shifts } from '../../services/shared/core/calendar/shift.ts';
import { type ShiftWindow, shiftStepMaxMs } from '../../services/shared/core/window/window-shift.ts';
import {
  isBegin,
  nextBeginMs,
  nextUnitMs,
  type ToDateWindow,
  unitBefore,
  unitMsMax,
  unitSlice,
} from '../../services/shared/core/window/window-to-date.ts';
import {
  isBetween,
  lastEnd,
  nearestBounds,
  nextEnd,
  shiftOf,
  sliceEnd,
  sliceStart,
  windowStart,
} from '../../services/shared/core/window/window.ts';

const at = (text: string): number => Date.parse(text);
const DAY_MS = 86_400_000;

const EARLY: DaySpan = { fromMinute: 360, toMinute: 840, shift: 'early' };
const LATE: DaySpan = { fromMinute: 840, toMinute: 1320, shift: 'late' };
const NIGHT: DaySpan = { fromMinute: 1320, toMinute: 1800, shift: 'night' };

function hours(zone: string, spans: readonly DaySpan[], more: Partial<WorkingHours> = {}): WorkingHours {
  const week = [0, 1, 2, 3, 4, 5, 6].map((day) => (day < 5 ? spans : []));
  return { calendar: 'line', zone, week, closed: [], makeUp: [], special: [], ...more };
}

function windowOf(zone: string, spans: readonly DaySpan[], more: Partial<WorkingHours> = {}): ShiftWindow {
  return { kind: 'shift', hours: hours(zone, spans, more) };
}

/** Start, end and shift of the slice that holds a time. */
function sliceAt(window: ShiftWindow, text: string): unknown[] {
  const startMs = sliceStart(window, at(text));
  const endMs = sliceEnd(window, startMs);
  const shift = shiftOf(window, endMs);
  return [startMs, endMs]
    .map((ms) => new Date(ms).toISOString().slice(0, 16))
    .concat(shift === null ? [] : [`${shift.name} ${shift.date}`]);
}

test.each([
  ['2026-03-27T13:59+01:00', '2026-03-27T05:00', '2026-03-27T13:00', 'early 2026-03-27'],
  ['2026-03-27T14:00+01:00', '2026-03-27T13:00', '2026-03-27T21:00', 'late 2026-03-27'],
  // A night belongs to the date on which it begins.
  ['2026-03-28T05:59+01:00', '2026-03-27T21:00', '2026-03-28T05:00', 'night 2026-03-27'],
  // From Saturday morning to Monday morning, with an hour less.
  ['2026-03-29T12:00+02:00', '2026-03-28T05:00', '2026-03-30T04:00'],
  ['2026-03-30T06:00+02:00', '2026-03-30T04:00', '2026-03-30T12:00', 'early 2026-03-30'],
] as const)('the slice of shifts in Berlin at %s', (time, ...expected) => {
  expect(sliceAt(windowOf('Europe/Berlin', [EARLY, LATE, NIGHT]), time)).toEqual(expected);
});

test('nights in which a clock changes have 7 and 9 hours', () => {
  const nights: ShiftWindow = {
    kind: 'shift',
    hours: { ...hours('Europe/Berlin', [NIGHT]), week: [0, 1, 2, 3, 4, 5, 6].map(() => [NIGHT]) },
  };
  const lengths = ['2026-03-29T05:00+02:00', '2026-10-25T05:00+01:00'].map((text) => {
    const startMs = sliceStart(nights, at(text));
    return (sliceEnd(nights, startMs) - startMs) / 3_600_000;
  });
  expect(lengths).toEqual([7, 9]);
});

test('a holiday has no shifts but the night that began before; a make-up day works as the first working day', () => {
  const window = windowOf('Asia/Shanghai', [EARLY, NIGHT], { closed: ['2026-10-01'], makeUp: ['2026-10-10'] });
  expect(sliceAt(window, '2026-10-01T03:00+08:00')).toEqual([
    '2026-09-30T14:00',
    '2026-09-30T22:00',
    'night 2026-09-30',
  ]);
  expect(sliceAt(window, '2026-10-01T12:00+08:00')).toEqual(['2026-09-30T22:00', '2026-10-01T22:00']);
  expect(sliceAt(window, '2026-10-10T12:00+08:00')).toEqual([
    '2026-10-09T22:00',
    '2026-10-10T06:00',
    'early 2026-10-10',
  ]);
});

test('of some shifts all else is between them', () => {
  const window: ShiftWindow = { ...windowOf('UTC', [EARLY, LATE, NIGHT]), only: ['night'] };
  expect(sliceAt(window, '2026-03-26T12:00Z')).toEqual(['2026-03-26T06:00', '2026-03-26T22:00']);
  expect(isBetween(window, at('2026-03-26T12:00Z'))).toBe(true);
  expect(lastEnd(window, at('2026-03-26T22:00Z'))).toBe(at('2026-03-26T06:00Z'));
  expect(nextEnd(window, at('2026-03-26T06:00Z'))).toBe(at('2026-03-27T06:00Z'));
  // Alerts step where windows end, not where one begins.
  expect(endAtOrAfter(window, at('2026-03-26T06:00:00.001Z'))).toBe(at('2026-03-27T06:00Z'));
  expect(endAtOrAfter(window, at('2026-03-26T06:00Z'))).toBe(at('2026-03-26T06:00Z'));
  expect(nearestBounds(window, at('2026-03-26T12:00Z'))).toEqual([at('2026-03-26T06:00Z'), at('2026-03-27T06:00Z')]);
  expect(windowStart(window, at('2026-03-27T06:00Z'))).toBe(at('2026-03-26T22:00Z'));
});

test('a time gone wrong is between shifts', () => {
  const window = windowOf('UTC', [EARLY]);
  for (const timeMs of [at('0001-01-01'), at('9999-12-31'), -8.64e15, 8.64e15]) {
    const startMs = sliceStart(window, timeMs);
    expect(isBetween(window, timeMs)).toBe(true);
    expect(startMs <= timeMs && timeMs < sliceEnd(window, timeMs)).toBe(true);
  }
});

const ZONES =
  `UTC Europe/Berlin Europe/London Europe/Dublin Europe/Lisbon Africa/Casablanca Africa/Cairo America/New_York
  America/Los_Angeles America/St_Johns America/Sao_Paulo America/Santiago Asia/Shanghai Asia/Kathmandu Asia/Tehran
  Asia/Kolkata Australia/Lord_Howe Australia/Sydney Pacific/Apia Pacific/Auckland Pacific/Chatham`.split(/\s+/);
/** Up to four shifts on a day, in order and apart, the last one over midnight at times. */
const spansArbitrary = fc
  .uniqueArray(fc.integer({ min: 0, max: 1439 }), { minLength: 2, maxLength: 8 })
  .map((minutes) => {
    const bounds = minutes.toSorted((a, b) => a - b);
    if (bounds.length % 2 === 1) bounds.push(1440 + bounds[0]!);
    return Array.from({ length: bounds.length / 2 }, (_, i) => ({
      fromMinute: bounds[2 * i]!,
      toMinute: bounds[2 * i + 1]!,
      shift: `s${i % 3}`,
    }));
  });

test('in twenty zones: slices leave no gap, and each instant is in the shift that the calendar has then', () => {
  const parts = fc.record({
    zone: fc.constantFrom(...ZONES),
    spans: spansArbitrary,
    only: fc.constantFrom<readonly string[] | null>(null, ['s0'], ['s0', 's2']),
    closed: fc.constantFrom<readonly string[]>([], ['2024-03-29', '2024-04-01'], ['2024-10-28']),
    makeUp: fc.constantFrom<readonly string[]>([], ['2024-03-31'], ['2024-10-27']),
  });
  const time = fc.integer({ min: at('2024-01-01') / 60_000, max: at('2024-12-31') / 60_000 });
  fc.assert(
    fc.property(parts, time, ({ zone, spans, only, closed, makeUp }, minute) => {
      const window: ShiftWindow = {
        ...windowOf(zone, spans, { closed, makeUp }),
        ...(only === null ? {} : { only }),
      };
      const shifts = new Shifts(window.hours);
      const timeMs = minute * 60_000;
      const startMs = sliceStart(window, timeMs);
      const endMs = sliceEnd(window, timeMs);
      expect(startMs <= timeMs && timeMs < endMs).toBe(true);
      expect([sliceStart(window, startMs), sliceStart(window, endMs - 1), sliceStart(window, endMs)]).toEqual([
        startMs,
        startMs,
        endMs,
      ]);
      const counted = (ms: number): string | null => {
        const name = shifts.at(ms)?.name ?? null;
        return name === null || only?.includes(name) === false ? null : name;
      };
      expect([startMs, timeMs, endMs - 1].map(counted)).toEqual(
        [0, 1, 2].map(() => shiftOf(window, endMs)?.name ?? null),
      );
      expect(isBetween(window, timeMs)).toBe(counted(timeMs) === null);
      const lastMs = lastEnd(window, timeMs);
      const nextMs = nextEnd(window, timeMs);
      expect(nextEnd(window, lastMs - 1)).toBe(lastMs);
      expect(lastEnd(window, nextMs)).toBe(nextMs);
      expect(nextMs - lastMs).toBeLessThanOrEqual(shiftStepMaxMs(window));
      expect(lastEnd(window, nextMs - 1)).toBe(lastMs);
    }),
    { numRuns: 600 },
  );
});

test('the longest way between two shifts covers a run of free days', () => {
  const closed = Array.from({ length: 20 }, (_, i) =>
    new Date(at('2026-02-09') + i * DAY_MS).toISOString().slice(0, 10),
  );
  const window = windowOf('UTC', [EARLY], { closed });
  const startMs = lastEnd(window, at('2026-02-15'));
  const stepMs = nextEnd(window, startMs) - startMs;
  expect(stepMs).toBe(24 * DAY_MS);
  expect(shiftStepMaxMs(window)).toBeGreaterThanOrEqual(stepMs);
});

test('shifts so far: steps of the hour, cut where a shift begins and ends; none between two', () => {
  const shift = windowOf('Europe/Berlin', [{ fromMinute: 370, toMinute: 500, shift: 'early' }, LATE]);
  const window = { ...shift, kind: 'to-date', unit: 'shift', zone: 'Europe/Berlin', everyMs: 3_600_000 } as const;
  const from = (text: string): string[] => {
    const ends: string[] = [];
    for (let ms = at(text); ends.length < 5;) {
      ms = nextEnd(window, ms);
      ends.push(
        `${new Date(windowStart(window, ms)).toISOString().slice(11, 16)}-${new Date(ms).toISOString().slice(11, 16)}`,
      );
    }
    return ends;
  };
  // 6:10 to 8:20 and from 14:00 on, an hour ahead of UTC.
  expect(from('2026-03-27T00:00Z')).toEqual([
    '05:10-06:00',
    '05:10-07:00',
    '05:10-07:20',
    '13:00-14:00',
    '13:00-15:00',
  ]);
  expect(shiftOf(window, at('2026-03-27T06:00Z'))).toEqual({ name: 'early', date: '2026-03-27' });
  expect([isBetween(window, at('2026-03-27T07:20Z')), lastEnd(window, at('2026-03-27T12:00Z'))]).toEqual([
    true,
    at('2026-03-27T07:20Z'),
  ]);
});

test('slices of shifts so far leave no gap and lie within shifts, in zones where clocks change', () => {
  const zones = fc.constantFrom('UTC', 'Europe/Berlin', 'America/New_York', 'Australia/Lord_Howe');
  const steps = fc.constantFrom(60_000, 300_000, 900_000, 3_600_000);
  const time = fc.integer({ min: at('2025-01-01'), max: at('2027-01-01') });
  fc.assert(
    fc.property(zones, steps, time, fc.boolean(), (zone, everyMs, timeMs, nights) => {
      const shift = windowOf(zone, [{ fromMinute: 367, toMinute: 845, shift: 'early' }, NIGHT], {
        closed: ['2026-05-01'],
      });
      const window: ToDateWindow = {
        ...shift,
        kind: 'to-date',
        unit: 'shift',
        zone,
        everyMs,
        ...(nights && { only: ['night'] }),
      };
      const startMs = sliceStart(window, timeMs);
      const endMs = sliceEnd(window, startMs);
      expect(startMs <= timeMs && timeMs < endMs).toBe(true);
      expect([sliceStart(window, endMs - 1), sliceStart(window, endMs)]).toEqual([startMs, endMs]);
      const unit = unitSlice(window, timeMs);
      expect([unit.startMs <= startMs, endMs <= unit.endMs, windowStart(window, endMs)]).toEqual([
        true,
        true,
        unit.startMs,
      ]);
      const isWhole = startMs === unit.startMs && endMs === unit.endMs;
      const isShort = endMs - startMs <= everyMs && unit.endMs - unit.startMs <= unitMsMax(window);
      expect(isBetween(window, timeMs) ? isWhole : isShort).toBe(true);
      const beginMs = nextBeginMs(window, timeMs);
      expect([isBegin(window, beginMs), isBetween(window, beginMs - 1)]).toEqual([true, false]);
      expect(unitBefore(window, nextUnitMs(window, timeMs)).startMs).toBe(
        isBetween(window, timeMs) ? unitBefore(window, timeMs).startMs : unit.startMs,
      );
    }),
    { numRuns: 1_000 },
  );
});
