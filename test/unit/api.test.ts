import Fastify from 'fastify';
import { expect, test } from 'vitest';
import { MemoryStore } from '../../services/shared/adapters/store/memory/memory-store.ts';
import type { Catalogue, Kpi } from '../../services/shared/core/catalogue/catalogue.ts';
import type { Aggregate } from '../../services/shared/core/definition.ts';
import { encodeLabels } from '../../services/shared/core/measure/labels.ts';
import type { ValueRow } from '../../services/shared/ports/kpi-rows.ts';
import type { ValueQuery } from '../../services/shared/ports/kpi-store.ts';
import { hashKey } from '../../services/shared/runtime/api-key.ts';
import { Metrics } from '../../services/shared/runtime/metrics.ts';
import { type OpsDeps, registerOps } from '../../services/wallboard/ops-routes.ts';
import { registerReadApi, type ReadApiDeps } from '../../services/wallboard/routes.ts';
import { VALUE_ROWS_MAX } from '../../services/wallboard/values.ts';

const MINUTE_MS = 60_000;
const iso = (ms: number): string => new Date(ms).toISOString();
const kpi: Kpi = {
  definition: {
    kpi: 'resolved',
    hash: 'aaaa',
    workflow: 'helpdesk',
    activities: [],
    measure: { kind: 'event', event: { activity: 'closed', occurrence: 'each', where: [] } },
    aggregate: { kind: 'count' },
    by: [
      { dimension: 'team', at: 'to' },
      { dimension: 'site', at: 'to' },
    ],
    where: [],
    window: { kind: 'rolling', sizeMs: MINUTE_MS, everyMs: MINUTE_MS },
    scale: 0,
    unit: 'tickets',
    settleMs: 0,
  },
  name: { en: 'Resolved' },
  objective: null,
  description: null,
  source: null,
  owner: null,
  review: null,
  better: null,
  baseline: null,
  target: null,
  plan: null,
  seriesMax: 1_000,
};
const catalogue: Catalogue = {
  timezone: 'UTC',
  maxAlertAgeMs: 900_000,
  workflows: new Map(),
  calendars: new Map(),
  kpis: new Map([['resolved', kpi]]),
  rules: new Map(),
  channels: new Map(),
};

function row(team: string, endMs: number, value: number, validToMs: number | null = null): ValueRow {
  const labelMap = { team, site: 's' };
  return {
    kpi: 'resolved',
    definition: 'aaaa',
    labels: encodeLabels(labelMap),
    labelMap,
    labelPartition: 0,
    windowStartMs: endMs - MINUTE_MS,
    windowEndMs: endMs,
    validToMs,
    value,
    valueExact: String(value),
    samples: value,
    state: 'final',
    revision: 0,
    reason: '',
    withdrawn: false,
    version: 1n,
  };
}

async function api(rows: readonly ValueRow[], deps: Partial<ReadApiDeps & OpsDeps> = {}) {
  const store = new MemoryStore();
  await store.insert('values', rows);
  const app = Fastify();
  const metrics = new Metrics();
  registerReadApi(app, {
    catalogue: () => catalogue,
    store,
    progress: () => ({ watermarkMs: null, stored: true }),
    keyHash: null,
    onError: (code) => metrics.error(code),
    ...deps,
  });
  registerOps(app, {
    status: async () => ({ ready: true }),
    health: () => ({ healthy: true, reasons: [] }),
    ready: () => ({ ready: true, reasons: [] }),
    metrics: () => metrics.text(),
    keyHash: null,
    onError: (code) => metrics.error(code),
    ...deps,
  });
  const get = async (url: string, headers: Record<string, string> = {}) => {
    const { statusCode, body, headers: answered } = await app.inject({ method: 'GET', url, headers });
    return { status: statusCode, body, headers: answered };
  };
  const values = async (query: string) => {
    const { status, body } = await get(`/v1/values?${query}`);
    const answer = JSON.parse(body) as {
      code?: string;
      message?: string;
      truncated?: boolean;
      rows?: { labels: Record<string, string>; windowEnd: string; value: number }[];
    };
    const rows = answer.rows?.map(({ labels, windowEnd, value }) => [
      labels['team'],
      Date.parse(windowEnd) / MINUTE_MS,
      value,
    ]);
    return { status, answer, rows };
  };
  return { app, get, values };
}

const four = [
  row('a', MINUTE_MS, 1),
  row('a', 2 * MINUTE_MS, 2),
  row('b', MINUTE_MS, 3, 2 * MINUTE_MS),
  row('b', 4 * MINUTE_MS, 4, 5 * MINUTE_MS),
];

test('the last row of each series, by label too', async () => {
  const { values } = await api(four);
  expect((await values('kpi=resolved')).rows).toEqual([
    ['a', 2, 2],
    ['b', 4, 4],
  ]);
  expect((await values('kpi=resolved&label.team=a')).rows).toEqual([['a', 2, 2]]);
  expect((await values('kpi=resolved&label.team=a&label.site=s')).rows).toEqual([['a', 2, 2]]);
  expect((await values('kpi=resolved&label.team=a&label.site=x')).rows).toEqual([]);
});

test('the last rows of each series', async () => {
  const { values } = await api(four);
  expect((await values('kpi=resolved&last=2&label.team=a')).rows).toEqual([
    ['a', 1, 1],
    ['a', 2, 2],
  ]);
  expect((await values('kpi=resolved&last=1')).rows).toEqual((await values('kpi=resolved')).rows);
});

test('a range holds both its bounds; they must be where windows end', async () => {
  const { values } = await api(four);
  expect((await values(`kpi=resolved&from=${MINUTE_MS}&to=${iso(2 * MINUTE_MS)}`)).rows).toEqual([
    ['a', 1, 1],
    ['a', 2, 2],
    ['b', 1, 3],
  ]);
  expect((await values('kpi=resolved&from=1970-01-01T01:02:00 01:00')).rows).toEqual([
    ['a', 2, 2],
    ['b', 4, 4],
  ]);
  const { status, answer } = await values('kpi=resolved&from=90000');
  expect([status, answer.code]).toEqual([400, 'WINDOW_BOUNDS']);
  expect(answer.message).toContain(`${iso(MINUTE_MS)} and ${iso(2 * MINUTE_MS)}`);
});

test('at an instant the last row that still holds', async () => {
  const { values } = await api(four);
  expect((await values(`kpi=resolved&at=${2 * MINUTE_MS - 1}`)).rows).toEqual([
    ['a', 1, 1],
    ['b', 1, 3],
  ]);
  expect((await values(`kpi=resolved&at=${2 * MINUTE_MS}`)).rows).toEqual([['a', 2, 2]]);
  expect((await values(`kpi=resolved&at=${MINUTE_MS - 1}`)).rows).toEqual([]);
});

const DAY_MS = 86_400_000;

/** The answers for a daily KPI with rows at the ends of some days; the watermark is in the middle of the tenth. */
async function daily(aggregate: Aggregate['kind'], rows: readonly ValueRow[], deps: Partial<ReadApiDeps> = {}) {
  const definition = {
    ...kpi.definition,
    aggregate: { kind: aggregate } as Aggregate,
    window: { kind: 'tumbling', unit: 'day', zone: 'UTC' } as const,
  };
  const { get } = await api(rows, {
    catalogue: () => ({ ...catalogue, kpis: new Map([['resolved', { ...kpi, definition }]]) }),
    progress: () => ({ watermarkMs: 9.5 * DAY_MS, stored: true }),
    ...deps,
  });
  return async (query: string) => {
    const { rows, truncated } = JSON.parse((await get(`/v1/values?kpi=resolved&${query}`)).body) as {
      truncated: boolean;
      rows: { labels: { team: string }; windowEnd: string; value: number; samples: number; state: string }[];
    };
    return {
      truncated,
      rows: rows.map((each) => [each.labels.team, Date.parse(each.windowEnd) / DAY_MS, each.value, each.state]),
    };
  };
}

const days = [
  row('a', 2 * DAY_MS, 1, 3 * DAY_MS),
  row('a', 4 * DAY_MS, 2, 5 * DAY_MS),
  row('b', 8 * DAY_MS, 3, 9 * DAY_MS),
];

test('tumbling windows without events are filled: zero for counts, from the first row or from, up to the one that runs', async () => {
  const values = await daily('count', days);
  expect((await values(`from=${DAY_MS}&to=${5 * DAY_MS}`)).rows).toEqual([
    ['a', 1, 0, 'final'],
    ['a', 2, 1, 'final'],
    ['a', 3, 0, 'final'],
    ['a', 4, 2, 'final'],
    ['a', 5, 0, 'final'],
  ]);
  expect((await values(`from=${8 * DAY_MS}`)).rows).toEqual([
    ['a', 8, 0, 'final'],
    ['a', 9, 0, 'final'],
    ['a', 10, 0, 'provisional'],
    ['b', 8, 3, 'final'],
    ['b', 9, 0, 'final'],
    ['b', 10, 0, 'provisional'],
  ]);
  expect((await values(`to=${3 * DAY_MS}`)).rows).toEqual([
    ['a', 2, 1, 'final'],
    ['a', 3, 0, 'final'],
  ]);
  expect((await values(`from=${11 * DAY_MS}`)).rows).toEqual([]);
  expect((await values(`at=${3.5 * DAY_MS}`)).rows).toEqual([['a', 3, 0, 'final']]);
  expect((await values(`at=${4 * DAY_MS}`)).rows).toEqual([['a', 4, 2, 'final']]);
  const endless = await values('from=-9999936000000');
  expect([endless.rows.length, endless.truncated]).toEqual([VALUE_ROWS_MAX, true]);
});

test('shifts without events are filled and named; what lies between two shifts is no window', async () => {
  const HOUR_MS = 3_600_000;
  const early = { fromMinute: 360, toMinute: 840, shift: 'early' };
  const night = { fromMinute: 1320, toMinute: 1800, shift: 'night' };
  const hours = { calendar: 'line', zone: 'UTC', week: Array.from({ length: 7 }, () => [early, night]) };
  const window = { kind: 'shift', hours: { ...hours, closed: ['1970-01-03'], makeUp: [], special: [] } } as const;
  const { get } = await api([row('a', 30 * HOUR_MS, 4, 38 * HOUR_MS)], {
    catalogue: () => ({
      ...catalogue,
      kpis: new Map([['resolved', { ...kpi, definition: { ...kpi.definition, window } }]]),
    }),
    progress: () => ({ watermarkMs: 4 * DAY_MS, stored: true }),
  });
  const values = async (query: string): Promise<unknown[]> => {
    const { rows } = JSON.parse((await get(`/v1/values?kpi=resolved&${query}`)).body) as {
      rows: { shift: { name: string; date: string }; windowEnd: string; validTo: string; value: number }[];
    };
    return rows.map(({ shift, windowEnd, validTo, value }) =>
      [shift.name, shift.date, ...[windowEnd, validTo].map((text) => Date.parse(text) / HOUR_MS), value].join(' '),
    );
  };
  // From the end of the first shift up to the one that runs at the watermark; none on the third, which is closed.
  const all = ['night 1970-01-01 30 38 4', 'early 1970-01-02 38 54 0', 'night 1970-01-02 54 86 0'];
  expect(await values(`from=${14 * HOUR_MS}&to=${54 * HOUR_MS}`)).toEqual(['early 1970-01-01 14 30 0', ...all]);
  expect(await values(`from=${22 * HOUR_MS}`)).toEqual([
    ...all,
    'early 1970-01-04 86 102 0',
    'night 1970-01-04 102 110 0',
  ]);
  // Between two shifts the one before holds.
  expect(await values(`at=${31 * HOUR_MS}`)).toEqual(['night 1970-01-01 30 38 4']);
  expect(await values(`at=${70 * HOUR_MS}`)).toEqual(['night 1970-01-02 54 86 0']);
  expect(await values('last=1')).toEqual(['night 1970-01-01 30 38 4']);
  const bad = await get(`/v1/values?kpi=resolved&from=${16 * HOUR_MS}`);
  expect(bad.body).toContain('nearest are 1970-01-01T14:00:00.000Z and 1970-01-02T06:00:00.000Z');
  const face = JSON.parse((await get('/v1/kpis')).body) as { kpis: { face: { window: unknown } }[] };
  expect(face.kpis[0]!.face.window).toMatchObject({ kind: 'shift', hours: { closed: [] } });
});

test('what has no value in an empty window has none; nothing is filled before a watermark, nothing final before all is stored', async () => {
  const range = `from=${2 * DAY_MS}&to=${4 * DAY_MS}`;
  expect((await (await daily('min', days))(range)).rows[1]).toEqual(['a', 3, null, 'final']);
  const early = await daily('count', days, { progress: () => ({ watermarkMs: null, stored: true }) });
  expect((await early(range)).rows.map(([, day]) => day)).toEqual([2, 4]);
  expect((await early(`from=0`)).rows.map(([, day]) => day)).toEqual([2, 4, 8]);
  const storing = await daily('count', days, { progress: () => ({ watermarkMs: 9 * DAY_MS, stored: false }) });
  expect((await storing(range)).rows[1]).toEqual(['a', 3, 0, 'provisional']);
});

test('only rows that may be answered are read from the store', async () => {
  const asked: ValueQuery[] = [];
  const store = { values: async (query: ValueQuery) => (asked.push(query), []) };
  const { values } = await api([], { store });
  for (const query of ['', '&from=0', '&to=0', '&at=5', '&label.team=a']) await values(`kpi=resolved${query}`);
  expect(asked.map(({ rowsMax }) => rowsMax)).toEqual(asked.map(() => VALUE_ROWS_MAX + 1));
  expect(asked.map(({ lastPerSeries }) => lastPerSeries === 1)).toEqual([true, false, false, true, true]);
  expect(asked.at(-1)).toMatchObject({ labelValues: { team: 'a' } });
});

test.each([
  ['kpi=resolvd', 404, 'KPI_UNKNOWN', "did you mean 'resolved'"],
  ['', 400, 'PARAMETER_INVALID', 'resolved'],
  ['kpi=resolved&kpi=resolved', 400, 'PARAMETER_INVALID', 'more than once'],
  ['kpi=resolved&label.tem=a', 400, 'PARAMETER_INVALID', 'team, site'],
  ['kpi=resolved&since=1', 400, 'PARAMETER_INVALID', 'since'],
  ['kpi=resolved&from=yesterday', 400, 'PARAMETER_INVALID', 'from'],
  ['kpi=resolved&at=2026-02-31T00:00:00Z', 400, 'PARAMETER_INVALID', 'at'],
  ['kpi=resolved&at=0&from=0', 400, 'PARAMETER_INVALID', 'at'],
  ['kpi=resolved&at=0&last=1', 400, 'PARAMETER_INVALID', 'last'],
  ['kpi=resolved&last=0', 400, 'PARAMETER_INVALID', '1 to 2000'],
  ['kpi=resolved&last=2001', 400, 'PARAMETER_INVALID', '1 to 2000'],
  ['kpi=resolved&from=120000&to=60000', 400, 'PARAMETER_INVALID', 'later'],
])('%s is answered %i %s', async (query, status, code, hint) => {
  const { values } = await api(four);
  const read = await values(query);
  expect([read.status, read.answer.code]).toEqual([status, code]);
  expect(read.answer.message).toContain(hint);
});

test('more rows than the limit are cut, and the answer says so', async () => {
  const many = Array.from({ length: VALUE_ROWS_MAX + 1 }, (_, i) => row('a', (i + 1) * MINUTE_MS, i));
  const { values } = await api(many);
  const cut = await values('kpi=resolved&from=0');
  expect([cut.rows?.length, cut.answer.truncated]).toEqual([VALUE_ROWS_MAX, true]);
  const whole = await values('kpi=resolved&from=120000');
  expect([whole.rows?.length, whole.answer.truncated]).toEqual([VALUE_ROWS_MAX, false]);
});

test('probes say why, and every answer has its policy', async () => {
  const { get } = await api([], {
    health: () => ({ healthy: false, reasons: ['the clock jumped'] }),
    ready: () => ({ ready: false, reasons: ['recomputing'] }),
  });
  expect(await get('/healthz')).toMatchObject({ status: 503, headers: { 'x-takt-pid': String(process.pid) } });
  expect(await get('/readyz')).toMatchObject({ status: 503, body: '{"ready":false,"reasons":["recomputing"]}' });
  expect((await get('/healthz')).headers['content-security-policy']).toContain("default-src 'none'");
  expect(JSON.parse((await get('/v1/kpis')).body)).toMatchObject({
    kpis: [{ kpi: 'resolved', definition: 'aaaa', labels: ['team', 'site'] }],
  });
});

test('with a key, values and metrics ask for it and probes do not', async () => {
  const { get } = await api([], { keyHash: hashKey('k') });
  for (const url of ['/v1/values?kpi=resolved', '/v1/kpis', '/v1/status', '/metrics'])
    expect((await get(url)).status, url).toBe(401);
  for (const url of ['/healthz', '/readyz']) expect((await get(url)).status, url).toBe(200);
  const metrics = await get('/metrics', { authorization: 'Bearer k' });
  expect(metrics.status).toBe(200);
  expect(metrics.body).toContain('takt_errors_total{code="KEY_MISSING"} 4');
});

test('metrics tell how far the folds are, and count errors by code', async () => {
  const metrics = new Metrics();
  const at = { partition: 1, nextOffset: 3, endOffset: 10 };
  metrics.error(Object.assign(new Error('x'), { code: 'LOG_FULL' }));
  metrics.error(new Error('x'));
  const text = await metrics.text(
    [
      { ...at, stage: 'aggregate', topic: 'events.desk', watermarkMs: 5, openImports: ['i'] },
      { ...at, stage: 'roll', topic: 'slices', watermarkMs: 9, openImports: ['i'] },
    ],
    { usedBytes: 1, limitBytes: 2 },
  );
  for (const line of [
    'takt_lag_records{stage="aggregate",topic="events.desk",partition="1"} 7',
    'takt_watermark_ms{topic="events.desk",partition="1"} 5',
    'takt_open_imports{workflow="desk"} 1',
    'takt_log_bytes{kind="limit"} 2',
    'takt_errors_total{code="LOG_FULL"} 1',
    'takt_errors_total{code="INTERNAL"} 1',
  ])
    expect(text).toContain(line);
  // Another process has the partitions now: what was told of them here is no longer so.
  expect(await metrics.text([])).not.toMatch(/takt_(lag_records|watermark_ms|open_imports)\{/);
});
