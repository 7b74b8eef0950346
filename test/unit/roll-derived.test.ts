import { expect, test } from 'vitest';
import type { Catalogue } from '../../services/shared/core/catalogue/catalogue.ts';
import { encodeLabels } from '../../services/shared/core/measure/labels.ts';
import type { ValueMessage } from '../../services/shared/core/messages.ts';
import { parseCatalogue } from '../../services/shared/runtime/catalogue-file.ts';
import { RollFold } from '../support/roll-fold.ts';

const MIN = 60_000;
const HOUR = 60 * MIN;
const north = encodeLabels({ line: 'north' });

function catalogueWith(formulas: string): Catalogue {
  const text = `version: 1
workflows:
  care: { activities: [complained], dimensions: [line] }
  shop: { activities: [shipped, opened, closed], dimensions: [line] }
kpis:
  complaints: { workflow: care, measure: { event: complained }, aggregate: count, by: [line], window: { rolling: 3m, every: 1m } }
  shipped: { workflow: shop, measure: { event: shipped }, aggregate: count, by: [line], window: { rolling: 3m, every: 1m } }
  hourly: { workflow: shop, measure: { event: shipped }, aggregate: count, by: [line], window: { tumbling: hour } }
  backlog: { workflow: shop, measure: { open: { from: opened, to: closed } }, by: [line] }
  so_far: { workflow: shop, measure: { event: shipped }, aggregate: count, by: [line], window: { to_date: day, every: 1h } }
  value: { workflow: shop, measure: { event: shipped }, aggregate: mean, by: [line], window: { rolling: 3m, every: 1m } }
${formulas}`;
  const { catalogue, problems } = parseCatalogue(text, 'c.yaml', { calendarVersion: 'test' });
  expect(problems).toEqual([]);
  return catalogue!;
}

/** Rows of a KPI as [end in minutes, value, state, reason], ascending. Withdrawn ones that nobody can know are left out. */
function shown(rows: readonly ValueMessage[], kpi: string): unknown[] {
  return rows
    .filter((row) => row.kpi === kpi && (!row.withdrawn || row.state === 'final'))
    .sort((a, b) => a.windowEndMs - b.windowEndMs)
    .map(({ windowEndMs, value, state, reason, withdrawn }) =>
      [windowEndMs / MIN, withdrawn ? 'withdrawn' : value, state, reason].filter((part) => part !== ''),
    );
}

const at = (minute: number, n: number, more: object = {}) => ({ labels: north, startMs: minute * MIN, n, ...more });

test('a formula over two workflows is computed with its KPIs, and is final when both are past its window', async () => {
  const fold = await new RollFold(catalogueWith('  rate: { formula: complaints / shipped }\n')).start();
  let rows = await fold.apply(fold.slice('shipped', at(0, 4)), fold.mark('shop', 0));
  expect(shown(rows, 'rate'), 'a count of nothing is zero').toEqual([[1, 0, 'provisional']]);
  rows = await fold.apply(fold.slice('complaints', at(1, 1)), fold.mark('care', 0));
  expect(shown(rows, 'rate')).toEqual([[2, 0.25, 'provisional']]);
  rows = await fold.apply(fold.mark('shop', 5 * MIN));
  expect([shown(rows, 'shipped').length > 0, shown(rows, 'rate')], 'one workflow is behind').toEqual([true, []]);
  rows = await fold.apply(fold.mark('care', 5 * MIN));
  expect(shown(rows, 'rate')).toEqual([
    [1, 0, 'final'],
    [2, 0.25, 'final'],
    // What was shipped left, and the complaint has not.
    [4, null, 'final', 'shipped is zero'],
    [5, null, 'final', 'shipped is zero'],
  ]);
  const { samples, valueExact } = rows.find(({ kpi, windowEndMs }) => kpi === 'rate' && windowEndMs === 2 * MIN)!;
  expect([samples, valueExact]).toEqual([5, null]);
});

test('a late change of either side changes the rows that used it, also where that side has no row of its own', async () => {
  const fold = await new RollFold(catalogueWith('  rate: { formula: complaints / shipped }\n')).start();
  await fold.apply(
    fold.slice('shipped', at(0, 4)),
    fold.slice('shipped', at(2, 4)),
    fold.mark('shop', 4 * MIN),
    fold.slice('complaints', at(1, 1)),
    fold.mark('care', 4 * MIN),
  );
  const rows = await fold.apply(fold.slice('complaints', at(0, 2)), fold.mark('care', 4 * MIN));
  expect(shown(rows, 'rate')).toEqual([
    [1, 0.5, 'final', 'late'],
    [2, 0.75, 'final', 'late'],
    [3, 3 / 8, 'final', 'late'],
    [4, 0.25, 'final'],
  ]);
  expect(rows.find(({ kpi, windowEndMs }) => kpi === 'rate' && windowEndMs === MIN)!.revision).toBe(1);
  const gone = await fold.apply(fold.slice('shipped', at(2, 0)), fold.mark('shop', 4 * MIN));
  expect(shown(gone, 'rate'), 'nothing enters or leaves at minute 3 any more').toEqual([
    [3, 'withdrawn', 'final', 'late'],
    [4, null, 'final', 'late: shipped is zero'],
  ]);
});

test('a KPI with other windows counts as of the end, and a late change of it changes the rows that used it', async () => {
  const fold = await new RollFold(catalogueWith('  share: { formula: 100 * shipped / hourly }\n')).start();
  const rows = await fold.apply(
    fold.slice('hourly', { labels: north, startMs: 0, n: 50 }),
    fold.slice('shipped', at(59, 5)),
    fold.slice('shipped', at(61, 3)),
    fold.mark('shop', 61 * MIN),
  );
  expect(shown(rows, 'share')).toEqual([
    [60, 10, 'final'],
    [62, 16, 'provisional'],
  ]);
  const late = await fold.apply(
    fold.slice('hourly', { labels: north, startMs: 0, n: 100 }),
    fold.mark('shop', 62 * MIN),
  );
  expect(shown(late, 'share')).toEqual([
    [60, 5, 'final', 'late'],
    [62, 8, 'final'],
  ]);
  expect(
    shown(
      await fold.apply(fold.slice('hourly', { labels: north, startMs: HOUR, n: 7 }), fold.mark('shop', 62 * MIN)),
      'share',
    ),
    'the hour is not over',
  ).toEqual([]);
});

test('a level counts as of the end, and what has no value says so', async () => {
  const formulas = '  per_case: { formula: value / backlog }\n';
  const fold = await new RollFold(catalogueWith(formulas)).start();
  const level = (startMs: number, delta: number) => fold.slice('backlog', { labels: north, startMs, n: 1, delta });
  const rows = await fold.apply(
    level(-1, 2),
    level(0, 2),
    fold.slice('value', at(1, 2, { sum: 8 })),
    fold.mark('shop', 6 * MIN),
  );
  expect(shown(rows, 'per_case')).toEqual([
    [2, 2, 'final'],
    [5, null, 'final', 'value has no value'],
  ]);
  const late = await fold.apply(level(-1, 4), level(0, 4), fold.mark('shop', 6 * MIN));
  expect(shown(late, 'per_case')).toEqual([
    [2, 1, 'final', 'late'],
    [5, null, 'final', 'late: value has no value'],
  ]);
});

test('while an import fills a window of any KPI the row says so, and its value follows at the end', async () => {
  const fold = await new RollFold(catalogueWith('  rate: { formula: complaints / shipped }\n')).start();
  await fold.apply(fold.slice('shipped', at(0, 4)), fold.mark('shop', 10 * MIN), fold.mark('care', 10 * MIN));
  const rows = await fold.apply(
    fold.slice('complaints', at(0, 1, { importId: 'i' })),
    fold.mark('care', 10 * MIN, ['i']),
  );
  expect(shown(rows, 'rate')).toContainEqual([1, 0.25, 'backfilling', 'import']);
  const more = await fold.apply(
    fold.slice('complaints', at(0, 2, { importId: 'i' })),
    fold.mark('care', 10 * MIN, ['i']),
  );
  expect(
    shown(more, 'rate').filter((row) => (row as unknown[])[0] === 1),
    'once',
  ).toEqual([]);
  const ended = await fold.apply(fold.mark('care', 10 * MIN));
  expect(shown(ended, 'rate')).toContainEqual([1, 0.5, 'final', 'import']);
});

test('a formula of a formula follows what is below it', async () => {
  const formulas = '  twice: { formula: 2 * rate }\n  rate: { formula: complaints / shipped }\n';
  const fold = await new RollFold(catalogueWith(formulas)).start();
  await fold.apply(fold.slice('shipped', at(0, 4)), fold.mark('shop', 0), fold.mark('care', 0));
  const rows = await fold.apply(fold.slice('complaints', at(0, 1)), fold.mark('care', 0));
  expect([shown(rows, 'rate'), shown(rows, 'twice')]).toEqual([[[1, 0.25, 'provisional']], [[1, 0.5, 'provisional']]]);
  const { labels, ...other } = at(0, 8);
  const south = { ...other, labels: encodeLabels({ line: 'south' }) };
  expect(shown(await fold.apply(fold.slice('shipped', south), fold.mark('shop', 0)), 'twice'), labels).toEqual([
    [1, 0, 'provisional'],
  ]);
});

const SHARE = '  share: { formula: 100 * shipped / hourly }\n';

/** Hours and minutes of a day, all of it stored. */
async function aDay(catalogue: Catalogue, limits = {}): Promise<RollFold> {
  const fold = await new RollFold(catalogue, limits).start();
  for (let hour = 0; hour < 24; hour++) {
    await fold.apply(
      fold.slice('hourly', { labels: north, startMs: hour * HOUR, n: 10 + hour }),
      fold.slice('shipped', at(hour * 60 + 30, 1)),
      fold.mark('shop', (hour + 1) * HOUR),
      fold.mark('care', (hour + 1) * HOUR),
    );
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
      return [windowEndMs / MIN, value, state, reason, revision, withdrawn];
    });
}

test('after a restart, and after they left memory, late events change the same rows in the same way', async () => {
  const catalogue = catalogueWith(SHARE);
  const results: unknown[] = [];
  for (const way of ['goes on', 'restarts', 'forgets', 'closes'] as const) {
    const limits = way === 'forgets' ? { slicesMax: 0 } : way === 'closes' ? { openSlicesMax: 0 } : {};
    let fold = await aDay(catalogue, limits);
    if (way === 'restarts') {
      const next = new RollFold(catalogue, { store: fold.store });
      next.resume(fold);
      fold = await next.start();
    }
    await fold.apply(fold.mark('shop', 24 * HOUR));
    expect(fold.task.progress.series === 0, way).toBe(way === 'forgets');
    await fold.apply(fold.slice('hourly', { labels: north, startMs: 3 * HOUR, n: 40 }), fold.mark('shop', 24 * HOUR));
    await fold.save();
    // Once more out of memory: then what the next one needs reaches further back than its own slices.
    await fold.apply(fold.mark('shop', 24 * HOUR));
    await fold.apply(fold.slice('shipped', at(4 * 60 + 30, 6)), fold.mark('shop', 24 * HOUR));
    await fold.save();
    results.push(stored(fold, 'share'));
  }
  for (const result of results) expect(result).toEqual(results[0]);
  expect(results[0]).toContainEqual([4 * 60 + 31, 100 * (6 / 40), 'final', 'late', 2, false]);
  expect(results[0]).toContainEqual([5 * 60 + 31, (100 * 1) / 14, 'final', '', 0, false]);
  expect(results[0]).toHaveLength(2 * 24);
});

test('a formula that is new is computed for all time from what is stored, whatever has left memory', async () => {
  const with_ = catalogueWith(SHARE);
  const expected = stored(await aDay(with_), 'share');
  const before = await aDay(catalogueWith(''));
  const fold = new RollFold(with_, { store: before.store });
  fold.resume(before);
  await fold.start();
  expect(fold.task.progress.isFilling).toBe(true);
  await fold.apply(fold.mark('shop', 24 * HOUR), fold.mark('care', 24 * HOUR));
  await fold.save();
  expect(fold.task.progress.isFilling).toBe(false);
  expect(stored(fold, 'share')).toEqual(expected);
  const again = new RollFold(with_, { store: before.store });
  again.resume(fold);
  await again.start();
  expect(again.task.progress.isFilling, 'its position says that it is done').toBe(false);
});

test('a formula that is new is computed for what later windows had reached already', async () => {
  const twice = '  twice: { formula: 2 * so_far }\n';
  const day = async (catalogue: Catalogue): Promise<RollFold> => {
    const fold = await new RollFold(catalogue).start();
    for (let hour = 0; hour < 72; hour++)
      await fold.apply(
        fold.slice('so_far', at(hour * 60, 1)),
        fold.mark('shop', (hour + 1) * HOUR),
        fold.mark('care', 0),
      );
    await fold.save();
    return fold;
  };
  const before = await day(catalogueWith(''));
  const fold = new RollFold(catalogueWith(twice), { store: before.store });
  fold.resume(before);
  await fold.start();
  await fold.apply(fold.mark('shop', 72 * HOUR));
  await fold.save();
  expect(stored(fold, 'twice')).toEqual(stored(await day(catalogueWith(twice)), 'twice'));
});
