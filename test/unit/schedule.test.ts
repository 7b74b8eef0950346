import fc from 'fast-check';
import { Temporal } from 'temporal-polyfill';
import { describe, expect, test } from 'vitest';
import { NodeCron } from '../../services/shared/adapters/cron/node-cron.ts';
import { CATCH_UP_RUNS_MAX, dueRuns } from '../../services/shared/core/job/due-runs.ts';
import { nextRun, type Schedule } from '../../services/shared/core/job/schedule.ts';

const cron = new NodeCron();

function schedule(expression: string, zone = 'UTC'): Schedule {
  return { pattern: cron.read(expression), zone };
}

const ms = (iso: string): number => Temporal.Instant.from(iso).epochMilliseconds;
const iso = (timeMs: number | null): string | null => (timeMs === null ? null : new Date(timeMs).toISOString());

/** The first `count` runs after an instant. */
function runs(plan: Schedule, after: string, count: number): (string | null)[] {
  const found: (string | null)[] = [];
  let timeMs: number | null = ms(after);
  for (let i = 0; i < count && timeMs !== null; i++) {
    timeMs = nextRun(plan, timeMs);
    found.push(iso(timeMs)?.replace(/:00\.000Z$/, 'Z') ?? null);
  }
  return found;
}

describe('the next run', () => {
  test('is after the instant, on whole seconds', () => {
    const minutely = schedule('* * * * *');
    expect(iso(nextRun(minutely, ms('2026-03-01T10:00:00Z')))).toBe('2026-03-01T10:01:00.000Z');
    expect(iso(nextRun(minutely, ms('2026-03-01T10:00:00Z') - 1))).toBe('2026-03-01T10:00:00.000Z');
    expect(iso(nextRun(schedule('*/20 * * * * *'), ms('2026-03-01T23:59:40.5Z')))).toBe('2026-03-02T00:00:00.000Z');
  });

  test('crosses months and leap years; none comes of a date that never is', () => {
    expect(runs(schedule('0 0 31 * *'), '2026-01-31T00:00:00Z', 2)).toEqual(['2026-03-31T00:00Z', '2026-05-31T00:00Z']);
    expect(runs(schedule('0 0 29 2 *'), '2096-03-01T00:00:00Z', 1)).toEqual(['2104-02-29T00:00Z']);
    // 31 April is refused when it is read; of these two fields that cannot be seen.
    expect(runs(schedule('0 0 31 * 1#1'), '2026-01-01T00:00:00Z', 1)).toEqual([null]);
  });

  test('is on the wall clock of its zone', () => {
    expect(runs(schedule('30 9 * * 1-5', 'Asia/Shanghai'), '2026-03-06T02:00:00Z', 2)).toEqual([
      '2026-03-09T01:30Z',
      '2026-03-10T01:30Z',
    ]);
    expect(runs(schedule('0 0 * * *', 'Asia/Kathmandu'), '2026-03-06T00:00:00Z', 1)).toEqual(['2026-03-06T18:15Z']);
  });

  test('a clock put forward: a run in the hour it skips comes later, once', () => {
    // Berlin, 2026-03-29: 02:00 CET becomes 03:00 CEST at 01:00Z.
    expect(runs(schedule('30 2 * * *', 'Europe/Berlin'), '2026-03-28T01:30:00Z', 2)).toEqual([
      '2026-03-29T01:30Z',
      '2026-03-30T00:30Z',
    ]);
    expect(runs(schedule('30 2,3 * * *', 'Europe/Berlin'), '2026-03-28T02:30:00Z', 2)).toEqual([
      '2026-03-29T01:30Z',
      '2026-03-30T00:30Z',
    ]);
    expect(runs(schedule('45 2,3 * * *', 'Europe/Berlin'), '2026-03-29T01:40:00Z', 1)).toEqual(['2026-03-29T01:45Z']);
  });

  test('a clock put back: a run in the hour it shows twice comes once, the first time', () => {
    // Berlin, 2026-10-25: 03:00 CEST becomes 02:00 CET at 01:00Z.
    expect(runs(schedule('30 2 * * *', 'Europe/Berlin'), '2026-10-24T00:30:00Z', 2)).toEqual([
      '2026-10-25T00:30Z',
      '2026-10-26T01:30Z',
    ]);
    expect(iso(nextRun(schedule('30 2 * * *', 'Europe/Berlin'), ms('2026-10-25T01:10:00Z')))).toBe(
      '2026-10-26T01:30:00.000Z',
    );
  });

  test('a pattern of every hour goes on with real time through both', () => {
    expect(runs(schedule('30 * * * *', 'Europe/Berlin'), '2026-10-24T23:31:00Z', 3)).toEqual([
      '2026-10-25T00:30Z',
      '2026-10-25T01:30Z',
      '2026-10-25T02:30Z',
    ]);
    // Lord Howe, 2026-10-04: put forward by half an hour at 15:30Z; no run is added at 02:30.
    expect(runs(schedule('0 * * * *', 'Australia/Lord_Howe'), '2026-10-03T14:00:00Z', 3)).toEqual([
      '2026-10-03T14:30Z',
      '2026-10-03T16:00Z',
      '2026-10-03T17:00Z',
    ]);
    expect(runs(schedule('15 2 * * *', 'Australia/Lord_Howe'), '2026-10-03T14:30:00Z', 1)).toEqual([
      '2026-10-03T15:45Z',
    ]);
  });

  test('a date that a zone leaves out is made up for on the next one', () => {
    // Samoa had no 2011-12-30.
    expect(runs(schedule('0 2 * * *', 'Pacific/Apia'), '2011-12-29T12:00:00Z', 3)).toEqual([
      '2011-12-30T12:00Z',
      '2011-12-31T12:00Z',
      '2012-01-01T12:00Z',
    ]);
  });

  test('rises, and every date has its run once, in any zone and at any time', () => {
    const zones = ['Europe/Berlin', 'America/New_York', 'Australia/Lord_Howe', 'Asia/Shanghai', 'America/Sao_Paulo'];
    fc.assert(
      fc.property(
        fc.constantFrom(...zones),
        fc.integer({ min: 0, max: 23 }),
        fc.integer({ min: 0, max: 59 }),
        fc.integer({ min: ms('2015-01-01T00:00:00Z'), max: ms('2030-01-01T00:00:00Z') }),
        (zone, hour, minute, startMs) => {
          const plan = schedule(`${minute} ${hour} * * *`, zone);
          const dates: string[] = [];
          let timeMs = startMs;
          for (let i = 0; i < 300; i++) {
            const found = nextRun(plan, timeMs)!;
            expect(found).toBeGreaterThan(timeMs);
            timeMs = found;
            dates.push(Temporal.Instant.fromEpochMilliseconds(found).toZonedDateTimeISO(zone).toPlainDate().toString());
          }
          const first = Temporal.PlainDate.from(dates[0]!);
          expect(dates).toEqual(dates.map((_, i) => first.add({ days: i }).toString()));
        },
      ),
      { numRuns: 60 },
    );
  });
});

describe('runs that are due', () => {
  const minutely = schedule('* * * * *');
  const noon = ms('2026-03-01T12:00:00Z');

  test('none before the next instant, one at it', () => {
    expect(dueRuns(minutely, 'all', noon, noon + 59_999)).toEqual({ runs: [], leftOut: 0 });
    expect(dueRuns(minutely, 'all', noon, noon + 60_000)).toEqual({ runs: [noon + 60_000], leftOut: 0 });
    expect(dueRuns(minutely, 'latest', noon, noon + 60_000)).toEqual({ runs: [noon + 60_000], leftOut: 0 });
  });

  test('after a time without runs: all of them in order, or the last', () => {
    const all = dueRuns(minutely, 'all', noon, noon + 5 * 60_000 + 7);
    expect(all).toEqual({ runs: [1, 2, 3, 4, 5].map((n) => noon + n * 60_000), leftOut: 0 });
    expect(dueRuns(minutely, 'latest', noon, noon + 5 * 60_000 + 7)).toEqual({ runs: [noon + 300_000], leftOut: 4 });
  });

  test('a year of them is bounded', () => {
    const yearMs = 365 * 86_400_000;
    const { runs: found, leftOut } = dueRuns(minutely, 'all', noon - yearMs, noon);
    expect(found).toHaveLength(CATCH_UP_RUNS_MAX);
    expect([found[0], found.at(-1)]).toEqual([noon - (CATCH_UP_RUNS_MAX - 1) * 60_000, noon]);
    expect(leftOut).toBe(1_000);
    expect(dueRuns(schedule('0 0 1 1 *'), 'latest', noon - 10 * yearMs, noon)).toEqual({
      runs: [ms('2026-01-01T00:00:00Z')],
      leftOut: 9,
    });
  });

  test('time that ran backwards makes none due', () => {
    expect(dueRuns(minutely, 'all', noon, noon - 3_600_000)).toEqual({ runs: [], leftOut: 0 });
  });
});
