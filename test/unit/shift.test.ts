import { expect, test } from 'vitest';
import type { DaySpan, WorkingHours } from '../../services/shared/core/calendar/calendar.ts';
import { dayOf } from '../../services/shared/core/calendar/calendar-spans.ts';
import { type Shift, Shifts } from '../../services/shared/core/calendar/shift.ts';

const at = (text: string): number => Date.parse(text);
const HOUR_MS = 3_600_000;

const THREE: readonly DaySpan[] = [
  { fromMinute: 360, toMinute: 840, shift: 'early' },
  { fromMinute: 840, toMinute: 1320, shift: 'late' },
  { fromMinute: 1320, toMinute: 1800, shift: 'night' },
];
const shiftsOf = (zone: string, spans = THREE, more: Partial<WorkingHours> = {}): Shifts =>
  new Shifts({
    calendar: 'line',
    zone,
    week: Array.from({ length: 7 }, () => spans),
    closed: [],
    makeUp: [],
    special: [],
    ...more,
  });
const shown = (shift: Shift | null): unknown =>
  shift && [
    shift.name,
    shift.day,
    ...[shift.startMs, shift.endMs].map((ms) => new Date(ms).toISOString().slice(0, 16)),
  ];

test('a shift has its start, its end, and the date on which it begins', () => {
  const shifts = shiftsOf('Asia/Shanghai');
  const day = dayOf('2026-03-02');
  expect(shown(shifts.at(at('2026-03-02T06:00+08:00')))).toEqual([
    'early',
    day,
    '2026-03-01T22:00',
    '2026-03-02T06:00',
  ]);
  expect(shown(shifts.at(at('2026-03-02T21:59:59.999+08:00')))).toEqual([
    'late',
    day,
    '2026-03-02T06:00',
    '2026-03-02T14:00',
  ]);
  const night = ['night', day, '2026-03-02T14:00', '2026-03-02T22:00'];
  expect(shown(shifts.at(at('2026-03-02T22:00+08:00')))).toEqual(night);
  expect(shown(shifts.at(at('2026-03-03T05:59+08:00')))).toEqual(night);
});

test('the nights in which the clock changes have 7 and 9 hours', () => {
  const shifts = shiftsOf('Europe/Berlin');
  const lengths = ['2026-03-28', '2026-10-24', '2026-10-25'].map((date) => {
    const night = shifts.on(dayOf(date)).find(({ name }) => name === 'night')!;
    return (night.endMs - night.startMs) / HOUR_MS;
  });
  expect(lengths).toEqual([7, 9, 8]);
});

test('between shifts, and on a date that is closed, there is none; its last night goes on', () => {
  const two = shiftsOf('UTC', THREE.slice(0, 2));
  expect(two.at(at('2026-03-02T22:00Z'))).toBeNull();
  const closed = shiftsOf('UTC', THREE, { closed: ['2026-03-02'] });
  expect(closed.at(at('2026-03-02T05:00Z'))?.name).toBe('night');
  expect([closed.at(at('2026-03-02T06:00Z')), closed.on(dayOf('2026-03-02'))]).toEqual([null, []]);
});

test.each([
  ['Pacific/Pago_Pago', '2026-03-04T09:58Z'],
  ['Pacific/Kiritimati', '2026-03-01T10:00Z'],
])('nearly a day and far from UTC: the shift of a Monday in %s', (zone, time) => {
  const long = [{ fromMinute: 0, toMinute: 1440, shift: 'first' }];
  const late = [{ fromMinute: 1380, toMinute: 2819, shift: 'first' }];
  const week = [zone === 'Pacific/Pago_Pago' ? late : long, [], [], [], [], [], []];
  expect(shiftsOf(zone, [], { week }).at(at(time))?.day).toBe(dayOf('2026-03-02'));
});

test('hours without a name are no shift', () => {
  const plain = shiftsOf('UTC', [{ fromMinute: 0, toMinute: 1440 }]);
  expect([plain.at(0), plain.on(0)]).toEqual([null, []]);
});

test('a shift of a day with hours of its own begins when the night before it is over', () => {
  const spans = [{ fromMinute: 240, toMinute: 720, shift: 'count' }];
  const shifts = shiftsOf('UTC', THREE, { special: [{ date: '2026-03-02', spans }] });
  expect(shown(shifts.at(at('2026-03-02T06:00Z')))?.toString()).toMatch(/^count,.*T06:00,2026-03-02T12:00$/);
  expect(shifts.at(at('2026-03-02T05:59Z'))?.name).toBe('night');
});

test('every instant of a year is in one shift, and shifts follow one another', () => {
  for (const zone of ['Australia/Lord_Howe', 'America/Havana', 'Pacific/Chatham', 'Asia/Beirut']) {
    const shifts = shiftsOf(zone);
    let ms = at('2025-06-01T00:00Z');
    let count = 0;
    while (ms < at('2026-06-01T00:00Z')) {
      const shift: Shift = shifts.at(ms)!;
      expect(shift.startMs <= ms && ms < shift.endMs).toBe(true);
      expect(shifts.on(shift.day)).toContainEqual(shift);
      ms = shift.endMs;
      count++;
    }
    expect(count).toBe(365 * 3 + 1);
  }
});
