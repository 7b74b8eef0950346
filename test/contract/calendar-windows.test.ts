import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { TumblingUnit } from '../../services/shared/core/definition.ts';
import { sliceEnd, sliceStart } from '../../services/shared/core/window/window.ts';
import { Random } from '../simulation/random.ts';
import { type ChdbStore, openChdbStore } from '../support/chdb-store.ts';
import { chdbMissing } from './chdb-missing.ts';

// ClickHouse has zones and calendars of its own: what it calls the start of an hour, day, week, month, quarter or year is
// where a window starts here, in zones whose clocks change by an hour, by half of one, at midnight, twice in a Ramadan.

const ZONES =
  `UTC Europe/Berlin Europe/London Europe/Dublin Europe/Lisbon Africa/Casablanca Africa/Cairo America/New_York
  America/Los_Angeles America/Sao_Paulo America/Santiago America/Havana America/Halifax Asia/Shanghai Asia/Kathmandu
  Asia/Tehran Asia/Kolkata Asia/Beirut Australia/Lord_Howe Australia/Sydney Pacific/Auckland Pacific/Chatham`.split(
    /\s+/,
  );
const INSTANTS = 600;
/** Of these, so many lie within two days of the first and last Sundays of a month, where clocks change. */
const NEAR_CHANGES = 400;
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const FIRST_MS = Date.UTC(1995, 0, 1);
const LAST_MS = Date.UTC(2024, 0, 1);

/** SQL of the start of a unit that holds the instant `t`, a DateTime64 of the zone. */
const STARTS: Readonly<Partial<Record<TumblingUnit, string>>> = {
  day: 'toStartOfDay(t)',
  week: 'toMonday(t)',
  month: 'toStartOfMonth(t)',
  quarter: 'toStartOfQuarter(t)',
  year: 'toStartOfYear(t)',
};

function instants(random: Random): number[] {
  return Array.from({ length: INSTANTS }, (_, n) => {
    const anyMs = FIRST_MS + random.below((LAST_MS - FIRST_MS) / 1_000) * 1_000;
    if (n >= NEAR_CHANGES) return anyMs;
    const date = new Date(anyMs);
    const month = Date.UTC(date.getUTCFullYear(), random.pick([1, 2, 3, 8, 9, 10]), random.pick([1, 8, 22, 25, 28]));
    const sunday = month + ((7 - new Date(month).getUTCDay()) % 7) * DAY_MS;
    return sunday + random.below(4 * 24 * 4) * 900_000 - 2 * DAY_MS;
  });
}

describe.skipIf(chdbMissing !== false)(`calendar windows (skipped only without chDB: ${chdbMissing})`, () => {
  let chdb: ChdbStore;
  beforeAll(async () => {
    chdb = await openChdbStore();
  });
  afterAll(() => chdb.close());

  test.each(ZONES)('in %s start where ClickHouse says', async (zone) => {
    const times = instants(new Random(ZONES.indexOf(zone)));
    const units = Object.keys(STARTS) as TumblingUnit[];
    const starts = units.map((unit) => `toUnixTimestamp(toDateTime(${STARTS[unit]!}, '${zone}')) AS \`${unit}\``);
    const rows = await chdb.rows<Record<string, string | number>>(
      `SELECT ms, ${starts.join(', ')} FROM (SELECT arrayJoin([${times.join(',')}]) AS ms, fromUnixTimestamp64Milli(toInt64(ms), '${zone}') AS t)`,
    );
    const theirs = rows.map((row) => units.map((unit) => iso(Number(row[unit]) * 1_000)));
    const ours = rows.map((row) =>
      units.map((unit) => iso(sliceStart({ kind: 'tumbling', unit, zone }, Number(row['ms'])))),
    );
    expect(ours).toEqual(theirs);
    expect(rows.length).toBe(INSTANTS);
    // Where a window ends the next one starts, so that the ends are ClickHouse's too.
    for (const unit of units) {
      const window = { kind: 'tumbling', unit, zone } as const;
      for (const ms of times) expect(sliceStart(window, sliceEnd(window, ms))).toBe(sliceEnd(window, ms));
    }
  });
});

function iso(ms: number): string {
  return new Date(ms).toISOString();
}
