import { Temporal } from 'temporal-polyfill';
import { expect, test } from 'vitest';
import { BusinessTime } from '../../services/shared/core/calendar/business-time.ts';
import type { DaySpan, WorkingHours } from '../../services/shared/core/calendar/calendar.ts';
import { Random } from '../simulation/random.ts';

const at = (text: string): number => Date.parse(text);
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

const span = (from: string, to: string): DaySpan => {
  const minute = (text: string): number => Number(text.slice(0, 2)) * 60 + Number(text.slice(3));
  const fromMinute = minute(from);
  return { fromMinute, toMinute: minute(to) > fromMinute ? minute(to) : minute(to) + 1440 };
};
const hours = (
  zone: string,
  week: readonly (readonly DaySpan[])[],
  more: Partial<WorkingHours> = {},
): WorkingHours => ({
  calendar: 'test',
  zone,
  week,
  closed: [],
  makeUp: [],
  special: [],
  ...more,
});
const daily = (...spans: readonly DaySpan[]): DaySpan[][] => Array.from({ length: 7 }, () => [...spans]);
const OFFICE = [span('09:00', '12:00'), span('13:30', '18:00')];
const WEEKDAYS = [OFFICE, OFFICE, OFFICE, OFFICE, OFFICE, [], []];

/** Zones with a moment around which they do something unusual. */
const PLACES: readonly (readonly [zone: string, around: string])[] = [
  ['UTC', '2024-02-29'],
  ['Europe/Berlin', '2026-03-29'],
  ['Europe/Berlin', '2026-10-25'],
  ['Europe/London', '2026-10-25'],
  ['Europe/Dublin', '2026-03-29'],
  ['America/New_York', '2026-03-08'],
  ['America/Los_Angeles', '2026-11-01'],
  // half an hour
  ['Australia/Lord_Howe', '2026-04-05'],
  ['Australia/Lord_Howe', '2026-10-04'],
  ['Australia/Adelaide', '2026-10-04'],
  ['Pacific/Chatham', '2026-04-05'],
  ['Pacific/Chatham', '2026-09-27'],
  // at midnight
  ['America/Sao_Paulo', '2018-11-04'],
  ['America/Sao_Paulo', '2018-02-18'],
  ['Asia/Beirut', '2023-03-30'],
  ['Asia/Beirut', '2022-10-30'],
  ['America/Havana', '2026-03-08'],
  ['America/Santiago', '2026-09-06'],
  ['Africa/Cairo', '2026-04-24'],
  ['America/St_Johns', '2010-11-07'],
  ['Asia/Amman', '2021-03-26'],
  // a date left out
  ['Pacific/Apia', '2011-12-30'],
  ['Pacific/Kwajalein', '1993-08-21'],
  ['Pacific/Enderbury', '1994-12-31'],
  // another offset for good, two hours, twice a year for Ramadan
  ['Asia/Pyongyang', '2018-05-05'],
  ['America/Caracas', '2016-05-01'],
  ['Antarctica/Troll', '2026-03-29'],
  ['Africa/Casablanca', '2026-02-15'],
  ['Asia/Kathmandu', '1986-01-01'],
  ['Asia/Shanghai', '1991-09-15'],
  ['America/Anchorage', '1983-10-30'],
];

/** The week of a random calendar: nights, whole days, gaps, and days off. */
function randomWeek(random: Random): DaySpan[][] {
  return Array.from({ length: 7 }, () => {
    if (random.chance(0.2)) return [];
    if (random.chance(0.1)) return [{ fromMinute: 0, toMinute: 1440 }];
    const cuts = Array.from({ length: 4 }, () => random.below(96) * 15).sort((a, b) => a - b);
    const spans = [
      { fromMinute: cuts[0]!, toMinute: cuts[1]! },
      { fromMinute: cuts[2]!, toMinute: random.chance(0.3) ? 1440 + random.below(24) * 15 : cuts[3]! },
    ];
    return spans.filter(({ fromMinute, toMinute }) => fromMinute < toMinute);
  });
}

function randomHours(random: Random, zone: string, around: string): WorkingHours {
  const date = (offset: number): string => Temporal.PlainDate.from(around).add({ days: offset }).toString();
  return hours(zone, randomWeek(random), {
    closed: [date(-3), date(random.below(3) + 4)],
    makeUp: [date(random.below(3) - 2)],
    special: [{ date: date(2), spans: [span('20:30', '03:15')] }],
  });
}

/** The spans of one date as instants, straight from their description; none on a date that the zone leaves out. */
function instants({ zone, week, closed, makeUp, special }: WorkingHours, date: Temporal.PlainDate): [number, number][] {
  const midnight = (day: Temporal.PlainDate): number => day.toZonedDateTime(zone).epochMilliseconds;
  if (midnight(date) === midnight(date.add({ days: 1 }))) return [];
  const text = date.toString();
  const like = makeUp.includes(text) ? (week.find((spans) => spans.length > 0) ?? []) : week[date.dayOfWeek - 1]!;
  const spans = special.find((each) => each.date === text)?.spans ?? (closed.includes(text) ? [] : like);
  const wall = (minute: number): number =>
    date.toPlainDateTime().add({ minutes: minute }).toZonedDateTime(zone, { disambiguation: 'compatible' })
      .epochMilliseconds;
  return spans.map(({ fromMinute, toMinute }) => [wall(fromMinute), wall(toMinute)]);
}

/** Which of the quarter hours from `fromMs` on are worked: a mark for each. */
function workedQuarters(of: WorkingHours, fromMs: number, count: number): boolean[] {
  const first = Temporal.Instant.fromEpochMilliseconds(fromMs).toZonedDateTimeISO('UTC').toPlainDate();
  const marks = Array.from({ length: count }, () => false);
  for (let day = -4; day <= Math.ceil(count / 96) + 4; day++)
    for (const [startMs, endMs] of instants(of, first.add({ days: day })))
      for (let ms = startMs; ms < endMs; ms += QUARTER_MS) {
        const i = (ms - fromMs) / QUARTER_MS;
        if (i >= 0 && i < count) marks[i] = true;
      }
  return marks;
}

const QUARTER_MS = 900_000;

test.each(PLACES)('%s around %s: quarter by quarter what the calendar says', (zone, around) => {
  const random = new Random(at(around) / DAY_MS + zone.length);
  for (let round = 0; round < 5; round++) {
    const of = round === 0 ? hours(zone, WEEKDAYS) : randomHours(random, zone, around);
    const time = new BusinessTime(of);
    const startMs = at(around) - 6 * DAY_MS;
    const marks = workedQuarters(of, startMs, 12 * 96);
    const seen = marks.map((_, i) => time.isWorking(startMs + i * QUARTER_MS));
    expect(seen).toEqual(marks);
    // What was counted up to each quarter, from several starting points.
    const sums = [0];
    for (const mark of marks) sums.push(sums.at(-1)! + (mark ? QUARTER_MS : 0));
    for (let i = 0; i < 60; i++) {
      const [a, b] = [random.below(sums.length), random.below(sums.length)];
      expect(time.businessMs(startMs + a * QUARTER_MS, startMs + b * QUARTER_MS)).toBe(sums[b]! - sums[a]!);
    }
    // Each change is the first quarter that is worked otherwise than the one before it.
    const changes = marks.flatMap((_, from) => {
      const next = from % 7 === 0 ? marks.findIndex((mark, j) => j > from && mark !== marks[from]) : -1;
      return next < 0 ? [] : [[startMs + from * QUARTER_MS, startMs + next * QUARTER_MS] as const];
    });
    expect(changes.map(([fromMs]) => time.nextChange(fromMs))).toEqual(changes.map(([, nextMs]) => nextMs));
  }
});

test('business time adds up, never falls, and its inverse is its inverse, to the millisecond', () => {
  const random = new Random(7);
  for (let round = 0; round < 40; round++) {
    const [zone, around] = random.pick(PLACES);
    const time = new BusinessTime(randomHours(random, zone, around));
    for (let i = 0; i < 50; i++) {
      const moment = (): number => at(around) + random.below(60 * DAY_MS) - 30 * DAY_MS;
      const [a, b, c] = [moment(), moment(), moment() + random.below(5) * 365 * DAY_MS].sort((x, y) => x - y) as [
        number,
        number,
        number,
      ];
      const whole = time.businessMs(a, c);
      expect(Number.isInteger(whole)).toBe(true);
      expect(time.businessMs(a, b) + time.businessMs(b, c)).toBe(whole);
      expect(time.businessMs(c, a)).toBe(0 - whole);
      expect(whole).toBeGreaterThanOrEqual(time.businessMs(a, b));
      expect(whole).toBeLessThanOrEqual(c - a);
      // The first instant at which so much has passed: a millisecond before, less had.
      const wanted = random.below(300 * HOUR_MS) + 1;
      const deadlineMs = time.instantAfter(a, wanted)!;
      expect(time.businessMs(a, deadlineMs)).toBe(wanted);
      expect(time.businessMs(a, deadlineMs - 1)).toBe(wanted - 1);
      expect(time.instantAfter(a, whole)! <= c).toBe(true);
    }
  }
});

test.each([
  ['on a usual day', '2026-03-27T23:00Z', 3],
  ['where an hour is left out', '2026-03-28T23:00Z', 2],
  ['where an hour comes twice', '2026-10-24T22:00Z', 4],
])('01:00 to 04:00 in Berlin has %s so many hours', (_, midnight, expected) => {
  const time = new BusinessTime(hours('Europe/Berlin', daily(span('01:00', '04:00'))));
  expect(time.businessMs(at(midnight), at(midnight) + 12 * HOUR_MS)).toBe(expected * HOUR_MS);
});

test('a date that a zone leaves out does not lend its hours to the next one', () => {
  const apia = new BusinessTime(hours('Pacific/Apia', WEEKDAYS));
  // Friday the 30th is not there, Saturday the 31st is free: from Thursday 18:00 to Monday 09:00.
  expect(apia.nextChange(at('2011-12-30T04:00Z'))).toBe(at('2012-01-01T19:00Z'));
});

test('spans that a clock moved past one another count as what they cover together', () => {
  // In the hour that is left out, 02:10 to 02:40 becomes 03:10 to 03:40.
  const berlin = new BusinessTime(hours('Europe/Berlin', daily(span('02:10', '02:40'), span('03:00', '03:20'))));
  expect(berlin.businessMs(at('2026-03-29'), at('2026-03-30T00:00Z'))).toBe((40 * HOUR_MS) / 60);
});

test('work that begins or ends where one table follows another', () => {
  const seam = 50 * 366 * DAY_MS;
  const mornings = new BusinessTime(hours('UTC', daily(span('00:00', '06:00'))));
  const evenings = new BusinessTime(hours('UTC', daily(span('18:00', '24:00'))));
  expect(mornings.nextChange(seam - HOUR_MS)).toBe(seam);
  expect(evenings.nextChange(seam - HOUR_MS)).toBe(seam);
  expect(evenings.instantAfter(seam - HOUR_MS, HOUR_MS)).toBe(seam);
  expect(mornings.instantAfter(seam - HOUR_MS, 1)).toBe(seam + 1);
});

test('a night shift goes on into a holiday, and none begins there', () => {
  const nights = hours('UTC', daily(span('22:00', '06:00')), { closed: ['2026-10-01'] });
  const time = new BusinessTime(nights);
  expect(time.businessMs(at('2026-10-01'), at('2026-10-02'))).toBe(6 * HOUR_MS);
});

test('around the clock nothing changes, and a length is a length', () => {
  const always = new BusinessTime(hours('Europe/Berlin', daily({ fromMinute: 0, toMinute: 1440 })));
  expect(always.nextChange(at('2026-01-01'))).toBeNull();
  expect(always.businessMs(at('1980-06-01T12:34:56.789Z'), at('2026-07-02'))).toBe(
    at('2026-07-02') - at('1980-06-01T12:34:56.789Z'),
  );
  expect(always.instantAfter(at('2026-01-01'), 12345)).toBe(at('2026-01-01') + 12345);
});

test('a calendar that never works has no deadlines', () => {
  const never = new BusinessTime(hours('UTC', daily()));
  expect([never.instantAfter(0, 1), never.instantAfter(5, 0), never.nextChange(0), never.isWorking(0)]).toEqual([
    null,
    5,
    null,
    false,
  ]);
  expect(() => never.instantAfter(0, -1)).toThrow(RangeError);
});

test('times out of all reason count for nothing, and cost nothing', () => {
  const time = new BusinessTime(hours('UTC', daily({ fromMinute: 0, toMinute: 1440 })));
  const least = at('0001-01-01');
  const most = at('9999-12-31');
  const whole = time.businessMs(least, most);
  expect(whole).toBe(404 * 366 * DAY_MS);
  expect(time.businessMs(least, 0) + time.businessMs(0, most)).toBe(whole);
  expect(time.businessMs(-Number.MAX_VALUE, Number.MAX_VALUE)).toBe(whole);
  expect([time.isWorking(least), time.isWorking(most), time.businessMs(most, most + 5)]).toEqual([false, false, 0]);
  expect([time.nextChange(least), time.instantAfter(most, 1)]).toEqual([null, null]);
});
