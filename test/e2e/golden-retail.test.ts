import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { STANDARD_ERROR } from '../../services/shared/core/aggregate/hyper-log-log.ts';
import { dataSet, dataSetsMissing } from '../support/data-sets.ts';
import { type Embedded, openEmbedded, temporaryDirectory } from '../support/embedded.ts';
import { takt as runTakt } from '../support/takt-process.ts';
import { expectVerified } from '../support/verify-embedded.ts';
import { filesOf } from '../support/tar-gz.ts';

const CATALOGUE = 'test/catalogues/online_retail.yaml';
const MAPPING = 'test/catalogues/online_retail.mapping.yaml';
const WHY = dataSetsMissing === false ? '' : `: skipped, ${dataSetsMissing}`;

let takt: Embedded | null = null;
const folder = { current: null as ReturnType<typeof temporaryDirectory> | null };
afterEach(async () => {
  await takt?.stop();
  takt = null;
  folder.current?.remove();
});

interface Golden {
  readonly gross_revenue_per_month: Readonly<Record<string, string>>;
  readonly gross_revenue_per_day_first_10: Readonly<Record<string, string>>;
  readonly net_revenue_per_month: Readonly<Record<string, string>>;
  readonly orders_per_month: Readonly<Record<string, number>>;
  readonly mau: Readonly<Record<string, number>>;
  readonly dau: Readonly<Record<string, number>>;
  /** With six digits behind the point, as the next three. */
  readonly mean_dau: Readonly<Record<string, number>>;
  readonly stickiness: Readonly<Record<string, number>>;
  readonly growth: Readonly<Record<string, number>>;
}

/** Digits behind the point of the golden quotients. */
const QUOTIENT_DIGITS = 6;

/** The days' files as one, without the headers of all but the first. */
function writeWhole(path: string): number {
  const days = filesOf(dataSet('online_retail_by_day.tar.gz'), (name) => name.endsWith('.csv'));
  const texts = days.map(({ bytes }) => bytes.toString('utf8'));
  const [first, ...others] = texts as [string, ...string[]];
  writeFileSync(path, [first, ...others.map((text) => text.slice(text.indexOf('\n') + 1))].join(''));
  return days.length;
}

/** A decimal without zeros at its end: what `value_exact` is. */
function plain(table: Readonly<Record<string, string>>): Record<string, string> {
  const shorten = (text: string): string => text.replace(/\.?0+$/, '');
  return Object.fromEntries(Object.entries(table).map(([time, text]) => [time, shorten(text)]));
}

test.skipIf(dataSetsMissing)(
  `online retail: revenue to the last digit, orders, active customers per day and month, stickiness and growth${WHY}`,
  { timeout: 300_000 },
  async () => {
    const { path } = (folder.current = temporaryDirectory());
    const file = join(path, 'online_retail.csv');
    expect(writeWhole(file)).toBe(305);
    const data = join(path, 'data');
    const outcome = await runTakt(['import', file, '--mapping', MAPPING, '--catalogue', CATALOGUE, '--data', data]);
    expect(outcome.code, outcome.stderr).toBe(0);
    takt = await openEmbedded(data, CATALOGUE);
    await takt.settled();
    const rows = await takt.rows<{ kpi: string; time: string; value: number; value_exact: string | null }>(
      "SELECT kpi, formatDateTime(window_start, '%Y-%m-%d', 'UTC') AS time, value, value_exact FROM kpi_history WHERE samples > 0 ORDER BY window_start",
    );
    const golden = JSON.parse(readFileSync(dataSet('golden/online_retail.json'), 'utf8')) as Golden;
    const texts = (kpi: string, digits: number): Record<string, string | null> =>
      Object.fromEntries(
        rows.filter((row) => row.kpi === kpi).map((row) => [row.time.slice(0, digits), row.value_exact]),
      );
    const numbers = (kpi: string, digits: number): Record<string, number> =>
      Object.fromEntries(Object.entries(texts(kpi, digits)).map(([time, text]) => [time, Number(text)]));
    expect(texts('gross_revenue', 7)).toEqual(plain(golden.gross_revenue_per_month));
    expect(texts('net_revenue', 7)).toEqual(plain(golden.net_revenue_per_month));
    expect(texts('gross_revenue_per_day', 10)).toMatchObject(plain(golden.gross_revenue_per_day_first_10));
    expect(numbers('orders', 7)).toEqual(golden.orders_per_month);
    expect(numbers('daily_customers', 10)).toEqual(golden.dau);
    expect(numbers('monthly_customers', 7)).toEqual(golden.mau);
    const quotients = (kpi: string): Record<string, number> =>
      Object.fromEntries(
        rows
          .filter((row) => row.kpi === kpi && row.value !== null)
          .map(({ time, value }) => [time.slice(0, 7), Number(value.toFixed(QUOTIENT_DIGITS))]),
      );
    expect(quotients('mean_daily_customers')).toEqual(golden.mean_dau);
    expect(quotients('stickiness')).toEqual(golden.stickiness);
    expect(quotients('growth')).toEqual(golden.growth);
    const sketches = rows.filter(({ kpi }) => kpi === 'monthly_customers_about');
    expect(sketches.length).toBe(13);
    for (const { time, value, value_exact } of sketches) {
      const exact = golden.mau[time.slice(0, 7)]!;
      expect(Math.abs(value - exact), time).toBeLessThan(4 * STANDARD_ERROR * exact);
      expect(value_exact).toBeNull();
    }
    await expectVerified(takt);
  },
);
