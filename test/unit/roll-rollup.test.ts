import { expect, test } from 'vitest';
import type { Catalogue } from '../../services/shared/core/catalogue/catalogue.ts';
import { encodeLabels } from '../../services/shared/core/measure/labels.ts';
import type { Message, ValueMessage } from '../../services/shared/core/messages.ts';
import { parseCatalogue } from '../../services/shared/runtime/catalogue-file.ts';
import { RollFold } from '../support/roll-fold.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const at = (text: string): number => Date.parse(`${text}Z`);
const shop = encodeLabels({ shop: 'north' });

function catalogueWith(kpis: string): Catalogue {
  const text = `version: 1
workflows:
  shop: { activities: [sold, opened, closed], dimensions: [shop] }
kpis:
  sales: { workflow: shop, measure: { event: sold }, aggregate: count, by: [shop], window: { tumbling: day } }
  price: { workflow: shop, measure: { event: sold }, aggregate: mean, by: [shop], window: { tumbling: day } }
  month_sales: { workflow: shop, measure: { event: sold }, aggregate: count, by: [shop], window: { tumbling: month } }
  so_far: { workflow: shop, measure: { event: sold }, aggregate: count, by: [shop], window: { to_date: month, every: 1d } }
  recent: { workflow: shop, measure: { event: sold }, aggregate: count, by: [shop], window: { rolling: 2h, every: 1h } }
${kpis}`;
  const { catalogue, problems } = parseCatalogue(text, 'c.yaml', { calendarVersion: 'test' });
  expect(problems).toEqual([]);
  return catalogue!;
}

/** Rows of a KPI as [end, value, state, reason], ascending. */
function shown(rows: readonly ValueMessage[], kpi: string): unknown[] {
  return rows
    .filter((row) => row.kpi === kpi && !row.withdrawn)
    .sort((a, b) => a.windowEndMs - b.windowEndMs)
    .map(({ windowEndMs, value, state, reason }) =>
      [new Date(windowEndMs).toISOString().slice(0, 13), value, state, reason].filter((part) => part !== ''),
    );
}

const day = (date: string, n: number, more: object = {}) => ({
  labels: shop,
  startMs: at(`${date}T00:00`),
  n,
  ...more,
});

test('a mean of days follows its days, and counts those without events once they are over', async () => {
  const fold = await new RollFold(
    catalogueWith(`  daily: { measure: { rollup: { of: sales } }, aggregate: mean, window: { tumbling: month } }
  active: { measure: { rollup: { of: sales, empty: skip } }, aggregate: mean, window: { tumbling: month } }
  best: { measure: { rollup: { of: sales } }, aggregate: max, window: { tumbling: week } }
  costs: { measure: { rollup: { of: price } }, aggregate: min, window: { tumbling: month } }
`),
  ).start();
  let rows = await fold.apply(
    fold.slice('sales', day('2024-02-11', 4)),
    fold.slice('price', day('2024-02-11', 4, { sum: 8 })),
    fold.mark('shop', at('2024-02-11T12:00')),
  );
  expect(shown(rows, 'daily'), 'the days before are not known').toEqual([['2024-03-01T00', 4, 'provisional']]);
  expect(shown(rows, 'best')).toEqual([['2024-02-12T00', 4, 'provisional']]);
  rows = await fold.apply(
    fold.slice('sales', day('2024-02-14', 8)),
    fold.slice('price', day('2024-02-14', 8, { sum: 8 })),
    fold.mark('shop', at('2024-02-14T12:00')),
  );
  expect(shown(rows, 'daily'), 'two days between count as zero').toEqual([['2024-03-01T00', 3, 'provisional']]);
  expect(shown(rows, 'active')).toEqual([['2024-03-01T00', 6, 'provisional']]);
  expect(shown(rows, 'costs')).toEqual([['2024-03-01T00', 1, 'provisional']]);
  expect(shown(rows, 'best')).toEqual([
    ['2024-02-12T00', 4, 'final'],
    ['2024-02-19T00', 8, 'provisional'],
  ]);
  rows = await fold.apply(fold.mark('shop', at('2024-03-01T00:00')));
  expect(shown(rows, 'daily'), '11 to 29 February').toEqual([['2024-03-01T00', 12 / 19, 'final']]);
  expect(shown(rows, 'active')).toEqual([['2024-03-01T00', 6, 'final']]);
  rows = await fold.apply(fold.slice('sales', day('2024-03-10', 5)), fold.mark('shop', at('2024-03-10T12:00')));
  expect(shown(rows, 'daily'), 'a month after one with events begins with its first day').toEqual([
    ['2024-04-01T00', 0.5, 'provisional'],
  ]);
  rows = await fold.apply(fold.slice('sales', day('2024-02-01', 1)), fold.mark('shop', at('2024-03-10T12:00')));
  expect(shown(rows, 'daily')).toEqual([
    ['2024-03-01T00', 13 / 29, 'final', 'late'],
    ['2024-04-01T00', 0.5, 'provisional'],
  ]);
});

const MEAN = '  daily: { measure: { rollup: { of: sales } }, aggregate: mean, window: { tumbling: month } }\n';

test('growth is against the window before, and says why there is none', async () => {
  const fold = await new RollFold(
    catalogueWith(`  growth: { measure: { growth: { of: month_sales, over: previous } } }
  yearly: { measure: { growth: { of: month_sales, over: year } } }
  to_date: { measure: { growth: { of: so_far, over: previous } } }
  hours: { measure: { growth: { of: recent, over: previous } } }
`),
  ).start();
  const month = (date: string, n: number) => fold.slice('month_sales', day(`${date}-01`, n));
  let rows = await fold.apply(
    month('2023-02', 10),
    month('2024-01', 20),
    month('2024-02', 15),
    ...[day('2024-01-05', 3), day('2024-01-08', 2), day('2024-02-06', 6)].map((slice) => fold.slice('so_far', slice)),
    ...[0, 1, 3].map((hour) => fold.slice('recent', { labels: shop, startMs: hour * HOUR, n: hour + 1 })),
    fold.mark('shop', at('2024-02-07T00:00')),
  );
  expect(shown(rows, 'growth')).toEqual([
    ['2023-03-01T00', null, 'final', 'month_sales was zero in the window before'],
    ['2024-02-01T00', null, 'final', 'month_sales was zero in the window before'],
    ['2024-03-01T00', -0.25, 'provisional'],
  ]);
  expect(shown(rows, 'yearly').slice(1)).toEqual([
    ['2024-02-01T00', null, 'final', 'month_sales was zero a year before'],
    ['2024-03-01T00', 0.5, 'provisional'],
  ]);
  expect(shown(rows, 'to_date'), '6 January had 3').toContainEqual(['2024-02-07T00', 1, 'final']);
  expect(shown(rows, 'hours')).toEqual([
    ['1970-01-01T01', null, 'final', 'recent was zero in the window before'],
    ['1970-01-01T02', null, 'final', 'recent was zero in the window before'],
    ['1970-01-01T03', 1, 'final'],
    ['1970-01-01T04', 1 / 3, 'final'],
    ['1970-01-01T06', -1, 'final'],
  ]);
  rows = await fold.apply(
    month('2023-02', 30),
    month('2024-01', 10),
    fold.slice('so_far', day('2024-01-06', 1)),
    fold.mark('shop', at('2024-02-07T00:00')),
  );
  expect(shown(rows, 'growth').slice(1)).toEqual([
    ['2024-02-01T00', null, 'final', 'late: month_sales was zero in the window before'],
    ['2024-03-01T00', 0.5, 'provisional'],
  ]);
  expect(shown(rows, 'yearly').at(-1)).toEqual(['2024-03-01T00', -0.5, 'provisional']);
  expect(shown(rows, 'to_date'), 'the same date of the next month too').toContainEqual([
    '2024-02-07T00',
    0.5,
    'final',
    'late',
  ]);
});

const DEEP = `${MEAN}  trend: { measure: { growth: { of: daily, over: previous } } }
  share: { formula: sales / daily }
  quarter: { measure: { rollup: { of: daily } }, aggregate: last, window: { tumbling: quarter } }
`;

test('what uses a rollup follows it when its time is over', async () => {
  const fold = await new RollFold(catalogueWith(DEEP)).start();
  let rows = await fold.apply(
    fold.slice('sales', day('2024-01-30', 6)),
    fold.slice('sales', day('2024-02-01', 8)),
    fold.mark('shop', at('2024-01-31T12:00')),
  );
  expect(shown(rows, 'trend').at(-1)).toEqual(['2024-03-01T00', 2 / 6, 'provisional']);
  expect(shown(rows, 'share').at(-1)).toEqual(['2024-02-02T00', 8 / 6, 'provisional']);
  rows = await fold.apply(fold.mark('shop', at('2024-02-01T00:00')));
  expect(shown(rows, 'trend').at(-1), '31 January had none').toEqual(['2024-03-01T00', 5 / 3, 'provisional']);
  expect(shown(rows, 'share').at(-1)).toEqual(['2024-02-02T00', 8 / 3, 'provisional']);
  expect(shown(rows, 'quarter')).toEqual([]);
  rows = await fold.apply(fold.mark('shop', at('2024-04-01T00:00')));
  expect(shown(rows, 'quarter'), 'nothing in March').toEqual([['2024-04-01T00', 0, 'final']]);
});

/** Half a year of days, every third with events, all of it stored. */
async function halfAYear(catalogue: Catalogue, limits = {}): Promise<RollFold> {
  const fold = await new RollFold(catalogue, limits).start();
  for (let n = 0; n < 180; n++) {
    const startMs = at('2024-01-02T00:00') + n * DAY;
    const events: Message[] = n % 3 === 0 ? [fold.slice('sales', { labels: shop, startMs, n: 1 + (n % 7) })] : [];
    await fold.apply(...events, fold.mark('shop', startMs + DAY));
    await fold.save();
  }
  return fold;
}

/** The stored rows of a KPI, without their versions. */
function stored({ store }: RollFold, kpi: string): unknown[] {
  const rows = store.dump('values').filter((row) => row.kpi === kpi);
  return rows
    .sort((a, b) => a.windowEndMs - b.windowEndMs)
    .map(({ windowEndMs, value, state, reason, revision, withdrawn }) => {
      return [new Date(windowEndMs).toISOString().slice(0, 10), value, state, reason, revision, withdrawn];
    });
}

test('after a restart, and after they left memory, late events change the same rows in the same way', async () => {
  const catalogue = catalogueWith(DEEP);
  const results: unknown[] = [];
  for (const way of ['goes on', 'restarts', 'forgets', 'closes'] as const) {
    const limits = way === 'forgets' ? { slicesMax: 0 } : way === 'closes' ? { openSlicesMax: 0 } : {};
    let fold = await halfAYear(catalogue, limits);
    const end = at('2024-10-01T00:00');
    if (way === 'restarts') {
      const next = new RollFold(catalogue, { store: fold.store });
      next.resume(fold);
      fold = await next.start();
    }
    await fold.apply(fold.mark('shop', end));
    await fold.save();
    await fold.apply(fold.mark('shop', end));
    expect(fold.task.progress.series === 0, way).toBe(way === 'forgets');
    for (const [date, n] of [
      ['2024-02-20', 9],
      ['2024-02-21', 3],
      ['2024-05-31', 50],
    ] as const) {
      await fold.apply(fold.slice('sales', day(date, n)), fold.mark('shop', end));
      await fold.save();
      // Once more out of memory: then what the next one needs reaches further back than its own slices.
      await fold.apply(fold.mark('shop', end));
    }
    results.push(['daily', 'trend', 'share', 'quarter'].map((kpi) => stored(fold, kpi)));
  }
  for (const result of results) expect(result).toEqual(results[0]);
  const [daily] = results[0] as unknown[][][];
  expect(daily!.map((row) => row.slice(0, 5))).toContainEqual(['2024-03-01', 51 / 29, 'final', 'late', 2]);
});

test('a rollup that is new is computed for all time from what is stored', async () => {
  const with_ = catalogueWith(DEEP);
  const before = await halfAYear(catalogueWith(''));
  const fold = new RollFold(with_, { store: before.store });
  fold.resume(before);
  await fold.start();
  // One of them at each mark.
  for (let marks = 0; marks < 10 && (marks === 0 || fold.task.progress.isFilling); marks++) {
    await fold.apply(fold.mark('shop', at('2024-07-01T00:00')));
    await fold.save();
  }
  expect(fold.task.progress.isFilling).toBe(false);
  const expected = await halfAYear(with_);
  await expected.apply(expected.mark('shop', at('2024-07-01T00:00')));
  await expected.save();
  for (const kpi of ['daily', 'trend', 'share', 'quarter']) expect(stored(fold, kpi)).toEqual(stored(expected, kpi));
});
