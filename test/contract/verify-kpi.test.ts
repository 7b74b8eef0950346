import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Definition, Measure, WindowSpec } from '../../services/shared/core/definition.ts';
import type { LoggedEvent } from '../../services/shared/core/event.ts';
import { encodeLabels } from '../../services/shared/core/measure/labels.ts';
import { NodeCron } from '../../services/shared/adapters/cron/node-cron.ts';
import { verifyJob } from '../../services/scheduler/verify-job.ts';
import type { VerifySource } from '../../services/shared/runtime/verify/verify-source.ts';
import { verify } from '../../services/shared/runtime/verify/verify.ts';
import type { KpiCheck } from '../../services/shared/runtime/verify/verify-kpi.ts';
import { TOTAL_END_MS } from '../../services/shared/core/window/window.ts';
import type { ValueRow } from '../../services/shared/ports/kpi-rows.ts';
import { type ChdbStore, openChdbStore } from '../support/chdb-store.ts';
import { chdbMissing } from './chdb-missing.ts';

const DAY_MS = 86_400_000;
const DAY = 20_000 * DAY_MS;

function definition(window: WindowSpec, rest: Partial<Definition> = {}): Definition {
  return {
    kpi: 'sales',
    hash: 'h1',
    workflow: 'w',
    activities: ['won'],
    measure: { kind: 'event', event: { activity: 'won', occurrence: 'each', where: [] } },
    aggregate: { kind: 'sum' },
    by: [{ dimension: 'team', at: 'to' }],
    where: [],
    window,
    scale: 2,
    unit: 'EUR',
    settleMs: 0,
    ...rest,
  };
}

function won(caseId: string, hour: number, team: string, unscaled: bigint): LoggedEvent {
  return {
    workflow: 'w',
    caseId,
    id: `${caseId} ${hour}`,
    kind: 'event',
    activity: 'won',
    timeMs: DAY + hour * 3_600_000,
    dimensions: { team },
    value: { unscaled, scale: 2 },
    target: null,
    importId: null,
    offset: hour,
    appendMs: 0,
  };
}

const TUMBLING: WindowSpec = { kind: 'tumbling', unit: 'day', zone: 'UTC' };

/** A final row of the day that ends `day` days after the first one began. */
function row(team: string, day: number, value: number, samples: number, rest: Partial<ValueRow> = {}): ValueRow {
  const windowEndMs = DAY + day * DAY_MS;
  return {
    kpi: 'sales',
    definition: 'h1',
    labels: encodeLabels({ team }),
    labelMap: { team },
    labelPartition: 0,
    windowStartMs: windowEndMs - DAY_MS,
    windowEndMs,
    validToMs: windowEndMs + DAY_MS,
    value,
    valueExact: String(value),
    samples,
    state: 'final',
    revision: 0,
    reason: '',
    withdrawn: false,
    version: 5n,
    ...rest,
  };
}

describe.skipIf(chdbMissing !== false)(`verify (skipped only without chDB: ${chdbMissing})`, () => {
  let chdb: ChdbStore;
  let onSettled: () => Promise<void>;
  beforeAll(async () => {
    chdb = await openChdbStore();
  });
  afterAll(() => chdb.close());
  beforeEach(async () => {
    await chdb.clear();
    onSettled = () => Promise.resolve();
    await chdb.archive([won('a', 1, 'north', 150n), won('b', 2, 'north', 250n), won('c', 30, 'south', 99n)]);
    await use(definition(TUMBLING));
  });

  const use = (used: Definition): Promise<void> => {
    const { hash, kpi, workflow } = used;
    const content = JSON.stringify(used);
    return chdb.store.insert('definitions', [
      { hash, kpi, workflow, content, active: true, version: BigInt(Date.now()) },
    ]);
  };
  const source = (watermarkDays: number): VerifySource => ({
    rows: (sql) => chdb.rows(sql),
    settled: () => onSettled(),
    watermark: () => Promise.resolve(DAY + watermarkDays * DAY_MS),
  });
  const check = async (watermarkDays = 3, fromMs: number | null = null): Promise<KpiCheck> => {
    const checks: KpiCheck[] = [];
    for await (const one of verify({
      source: source(watermarkDays),
      range: { fromMs, toMs: null, totals: fromMs === null },
      kpis: [],
      onPage() {},
    }))
      checks.push(one);
    // Of two the one that was added last is meant.
    return checks.find(({ kpi }) => kpi === 'odd') ?? checks[0]!;
  };

  test('equal values, and an empty day of a series, are no difference', async () => {
    await chdb.store.insert('values', [row('north', 1, 4, 2), row('south', 2, 0.99, 1), row('north', 3, 0, 0)]);
    expect(await check()).toMatchObject({ windows: 3, open: 0, moving: 0, differencesCount: 0, notChecked: null });
  });

  test('a value that is not the one of its events is found, with the cases behind it', async () => {
    await chdb.store.insert('values', [row('north', 1, 4, 2), row('south', 2, 0.99, 1)]);
    await chdb.store.insert('values', [row('north', 1, 4.01, 2, { version: 6n })]);
    const { differences, windows } = await check();
    expect(windows).toBe(2);
    expect(differences).toMatchObject([
      {
        labels: { team: 'north' },
        startMs: DAY,
        streamed: { value: 4.01, exact: '4.01', samples: 2 },
        computed: { value: 4, samples: 2 },
        casesCount: 2,
        cases: [
          { caseId: 'b', contributions: 1, amount: '250' },
          { caseId: 'a', contributions: 1, amount: '150' },
        ],
      },
    ]);
  });

  test.each([
    ['its exact text', { valueExact: '4.0000000000000001' }],
    ['the number that people see', { value: 4.0001 }],
    ['how many samples it has', { samples: 3 }],
    ['where its window begins', { windowStartMs: DAY - 1 }],
    ['that there is a value', { value: null, valueExact: null }],
  ])('a row that is wrong in %s', async (_, change) => {
    await chdb.store.insert('values', [row('north', 1, 4, 2, change), row('south', 2, 0.99, 1)]);
    expect(await check()).toMatchObject({ differencesCount: 1, differences: [{ labels: { team: 'north' } }] });
  });

  test('a row that is missing, and one that the events do not ask for', async () => {
    await chdb.store.insert('values', [row('south', 2, 0.99, 1), row('east', 2, 7, 1)]);
    const { differences } = await check();
    expect(differences.map(({ labels, streamed }) => [labels['team'], streamed?.value ?? null])).toEqual([
      ['east', 7],
      ['north', null],
    ]);
  });

  test('only what is final is compared, and only what ends in the range', async () => {
    await chdb.store.insert('values', [row('north', 1, 5, 2), row('south', 2, 1, 1, { state: 'provisional' })]);
    expect(await check(2)).toMatchObject({ windows: 1, open: 1, differencesCount: 1 });
    expect(await check(1.5)).toMatchObject({ windows: 1, open: 0, differencesCount: 1 });
    expect(await check(0.5)).toMatchObject({ windows: 0, differencesCount: 0 });
    expect(await check(3, DAY + DAY_MS)).toMatchObject({ windows: 0, open: 1, differencesCount: 0 });
  });

  test('what was only on its way is no difference, and what goes on changing is told apart', async () => {
    await chdb.store.insert('values', [row('north', 1, 1.5, 1), row('south', 2, 0.99, 1)]);
    // Before the first look nothing comes.
    const after = (store: () => Promise<void>) => {
      let looks = 0;
      return (): Promise<void> => (looks++ === 0 ? Promise.resolve() : store());
    };
    onSettled = after(() => chdb.store.insert('values', [row('north', 1, 4, 2, { version: 6n })]));
    expect(await check()).toMatchObject({ windows: 2, moving: 0, differencesCount: 0 });
    let version = 7n;
    await chdb.store.insert('values', [row('north', 1, 3, 2, { version: version++ })]);
    onSettled = after(() => chdb.store.insert('values', [row('north', 1, 3, 2, { version: version++ })]));
    expect(await check()).toMatchObject({ windows: 1, moving: 1, differencesCount: 0 });
  });

  test('a rolling row where nothing enters or leaves, and a level', async () => {
    await use(definition({ kind: 'rolling', sizeMs: 2 * DAY_MS, everyMs: DAY_MS }));
    const long = (team: string, day: number, value: number, samples: number): ValueRow =>
      row(team, day, value, samples, { windowStartMs: DAY + (day - 2) * DAY_MS, validToMs: null });
    const right = [long('north', 1, 4, 2), long('north', 3, 0, 0), long('south', 2, 0.99, 1), long('south', 4, 0, 0)];
    await chdb.store.insert('values', [...right, long('north', 2, 4, 2)]);
    const { differences, windows } = await check(4);
    expect(windows).toBe(5);
    expect(differences).toMatchObject([{ labels: { team: 'north' }, endMs: DAY + 2 * DAY_MS, computed: null }]);
  });

  test('each night the day before is checked, and a run that finds differences fails', async () => {
    const job = verifyJob({ pattern: new NodeCron().read('30 2 * * *'), zone: 'UTC' }, source(3));
    const run = (day: number): Promise<string> =>
      job.run({ scheduledMs: DAY + day * DAY_MS + 9_000_000, attempt: 1, signal: new AbortController().signal });
    await chdb.store.insert('values', [row('north', 1, 5, 2), row('south', 2, 0.99, 1)]);
    await expect(run(1)).rejects.toThrow('not what the archived events give: sales (1)');
    expect(await run(2)).toBe('1 windows without difference');
    await use({ ...definition(TUMBLING), measure: { kind: 'other' } as never });
    expect(await run(2)).toBe('0 windows without difference; not checked: sales');
  });

  test('each night totals are checked too, as they are now', async () => {
    const job = verifyJob({ pattern: new NodeCron().read('30 2 * * *'), zone: 'UTC' }, source(3));
    const run = (): Promise<string> =>
      job.run({ scheduledMs: DAY + DAY_MS + 9_000_000, attempt: 1, signal: new AbortController().signal });
    await use(definition({ kind: 'total' }));
    const total = (team: string, value: number, samples: number): ValueRow =>
      row(team, 1, value, samples, {
        windowStartMs: 0,
        windowEndMs: TOTAL_END_MS,
        validToMs: null,
        state: 'provisional',
      });
    await chdb.store.insert('values', [total('north', 4, 2), total('south', 0.99, 1)]);
    expect(await run()).toBe('2 windows without difference');
    await chdb.store.insert('values', [{ ...total('south', 1, 1), version: 6n }]);
    await expect(run()).rejects.toThrow('not what the archived events give: sales (1)');
  });

  test('a formula that has no value says so for the right reason', async () => {
    const sales = definition(TUMBLING);
    const measure: Measure = { kind: 'formula', expression: '1 / (sales - 4)', inputs: [sales] };
    await use(
      definition(TUMBLING, {
        kpi: 'odd',
        hash: 'h2',
        measure,
        aggregate: { kind: 'derived' },
        workflows: ['w'],
        activities: [],
      }),
    );
    const odd = async (reason: string): Promise<KpiCheck> => {
      const derived = { kpi: 'odd', definition: 'h2', valueExact: null };
      const none = row('north', 1, 0, 2, { ...derived, value: null, reason });
      await chdb.store.insert('values', [none, row('south', 2, 1 / (0.99 - 4), 1, derived)]);
      return check();
    };
    expect(await odd('late: sales - 4 is zero')).toMatchObject({ windows: 2, differencesCount: 0, notChecked: null });
    expect(await odd('sales has no value')).toMatchObject({
      differencesCount: 1,
      differences: [
        {
          computed: { value: null, none: ['sales - 4 is zero'] },
          inputs: [{ kpi: 'sales', computed: { value: 4 }, casesCount: 2 }],
        },
      ],
    });
  });

  test('what has no SQL, and a total in a range, are told', async () => {
    await use({ ...definition(TUMBLING), measure: { kind: 'other' } as never });
    expect(await check()).toMatchObject({ notChecked: 'other' });
    await use(definition({ kind: 'total' }));
    expect((await check(3, DAY)).notChecked).toMatch(/--from/);
    await use(definition(TUMBLING));
    await chdb.archive([won('d', 3, 'north', 10n ** 70n)]);
    expect((await check()).notChecked).toMatch(/digits/);
  });
});
