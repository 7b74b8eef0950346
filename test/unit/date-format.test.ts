import { expect, test } from 'vitest';
import { compileDateFormats, dateFormatProblem } from '../../services/shared/core/ingest/date-format.ts';
import { wallTimeOf } from '../../services/shared/core/calendar/wall-time.ts';

const utc = (text: string): number => Date.parse(text);

test.each([
  ['yyyy/MM/dd HH:mm:ss.SSS', 'UTC', '2012/10/09 14:50:17.123', '2012-10-09T14:50:17.123Z'],
  ['M/d/yyyy H:mm', 'UTC', '1/9/2011 8:26', '2011-01-09T08:26:00Z'],
  ['MM-dd-yy', 'UTC', '03-01-17', '2017-03-01T00:00:00Z'],
  ['MM-dd-yy', 'UTC', '03-01-69', '1969-03-01T00:00:00Z'],
  ['d MMM yyyy h:mm a', 'UTC', '3 Feb 2020 12:05 AM', '2020-02-03T00:05:00Z'],
  ['d MMM yyyy h:mm a', 'UTC', '3 feb 2020 12:05 pm', '2020-02-03T12:05:00Z'],
  ["yyyy-MM-dd'T'HH:mm:ssXXX", 'Asia/Tokyo', '2020-02-03T01:02:03+01:30', '2020-02-02T23:32:03Z'],
  ['yyyy-MM-dd HH:mm:ssZ', 'UTC', '2020-02-03 01:02:03+01', '2020-02-03T00:02:03Z'],
  ['yyyy-MM-dd HH:mm:ss.SSSSSS', 'UTC', '2020-02-03 01:02:03.123999', '2020-02-03T01:02:03.123Z'],
  ['iso', 'UTC', '2025-01-07T09:26:16.190+01:00', '2025-01-07T08:26:16.190Z'],
  ['iso', 'Europe/Rome', '2025-07-07 09:26', '2025-07-07T07:26:00Z'],
  ['iso', 'UTC', '2024-02-29', '2024-02-29T00:00:00Z'],
  ['epoch-ms', 'UTC', '1700000000123.9', '2023-11-14T22:13:20.123Z'],
  ['epoch-s', 'UTC', '1700000000.1239', '2023-11-14T22:13:20.123Z'],
])('%s in %s reads %s', (format, zone, text, expected) => {
  expect(compileDateFormats([format], zone)(text)).toBe(utc(expected));
});

test.each([
  ['iso', '2021-02-31'],
  ['iso', '2021-02-29T00:00:00Z'],
  ['iso', '2021-01-01T24:00:00Z'],
  ['iso', '2021-01-01T00:00:60Z'],
  ['MM/dd/yyyy', '13/01/2020'],
  ['MM/dd/yyyy', '1/01/2020'],
  ['d.M.yyyy h a', '1.1.2020 13 pm'],
  ['yyyy.MM.dd', '2020-01-01'],
  ['epoch-ms', '1e12'],
])('%s refuses %s', (format, text) => {
  expect(compileDateFormats([format], 'UTC')(text)).toBeNull();
});

test('formats are tried in order', () => {
  const read = compileDateFormats(['MM/dd/yyyy', 'dd/MM/yyyy'], 'UTC');
  expect(read('02/03/2020')).toBe(utc('2020-02-03T00:00:00Z'));
  expect(read('20/03/2020')).toBe(utc('2020-03-20T00:00:00Z'));
});

test('wall times at a change of the clock: the gap moves on, the first of two is taken', () => {
  const rome = compileDateFormats(['yyyy-MM-dd HH:mm'], 'Europe/Rome');
  expect(rome('2024-03-31 02:30')).toBe(utc('2024-03-31T01:30:00Z'));
  expect(rome('2024-10-27 02:30')).toBe(utc('2024-10-27T00:30:00Z'));
  expect(rome('2024-10-27 03:30')).toBe(utc('2024-10-27T02:30:00Z'));
  // Midnight itself is skipped here.
  expect(compileDateFormats(['yyyy-MM-dd HH:mm'], 'America/Sao_Paulo')('2018-11-04 00:30')).toBe(
    utc('2018-11-04T03:30:00Z'),
  );
});

test('every hour of two years in zones with changes goes there and back', () => {
  for (const zone of [
    'Europe/Rome',
    'America/Sao_Paulo',
    'Australia/Lord_Howe',
    'Africa/Casablanca',
    'Asia/Kathmandu',
  ]) {
    const toUtc = wallTimeOf(zone);
    const format = new Intl.DateTimeFormat('en-CA', {
      timeZone: zone,
      dateStyle: 'short',
      timeStyle: 'medium',
      hourCycle: 'h23',
    });
    let wrong = 0;
    for (let wallMs = Date.UTC(2017, 0, 1); wallMs < Date.UTC(2019, 0, 1); wallMs += 3_600_000 * 5) {
      const shown = format.format(toUtc(wallMs));
      const moved = format.format(toUtc(wallMs) - 3_600_000);
      const wall = new Date(wallMs).toISOString().slice(0, 19).replace('T', ', ');
      // A skipped time is shown moved on; anything else must be shown as it was.
      if (shown !== wall && moved === shown) wrong += 1;
      else if (shown !== wall && toUtc(wallMs) !== toUtc(wallMs + 1) - 1) wrong += 1;
    }
    expect({ zone, wrong }).toEqual({ zone, wrong: 0 });
  }
});

test.each([
  ['yyyy-MM', 'no day'],
  ['MM-dd', 'no year'],
  ['yyyy-MM-dd hh:mm', "'h' and 'a'"],
  ['yyyy-MM-dd QQ', "'QQ' is not known"],
  ["yyyy-MM-dd 'T", 'not closed'],
  ['yyyy-MM-dd dd', 'second time'],
  ['', 'no year'],
])('%s is no format', (format, why) => {
  expect(dateFormatProblem(format)).toContain(why);
  expect(() => compileDateFormats([format], 'UTC')).toThrow(why);
});
