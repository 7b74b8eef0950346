import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ChdbTransport } from '../../services/shared/adapters/store/clickhouse/chdb-transport.ts';
import { ClickHouseStore } from '../../services/shared/adapters/store/clickhouse/clickhouse-store.ts';
import { temporaryDirectory } from '../support/embedded.ts';
import { getJson, type Server, startServer, takt, until } from '../support/takt-process.ts';

/** More than one fill brings in, of `line`; `small` is computed in one step. */
const EVENTS = { line: 9_000, small: 300 } as const;
const CASES = 500;
const BATCH = 1_000;
const START_MS = Date.UTC(2026, 0, 5);
const MINUTE_MS = 60_000;
/** Windows of a day that are over, by workflow. */
const KPIS = { line: ['worked', 'all', 'share', 'open'], small: ['seen'] } as const;

let folder: ReturnType<typeof temporaryDirectory>;
let data: string;
let catalogue: string;
let server: Server;
beforeEach(async () => {
  folder = temporaryDirectory();
  data = join(folder.path, 'data');
  catalogue = join(folder.path, 'catalogue.yaml');
  const day = 'window: { tumbling: day }';
  const lines = [
    'version: 1',
    'workflows:',
    '  line: { activities: [open, work, close], dimensions: [team] }',
    '  small: { activities: [seen] }',
    'kpis:',
    `  worked: { workflow: line, measure: { event: work }, aggregate: count, by: [team], ${day} }`,
    `  all: { workflow: line, measure: { event: any }, aggregate: count, by: [team], ${day} }`,
    '  share: { formula: worked / all }',
    '  open: { workflow: line, measure: { open: { from: open, to: close } }, window: { every: 1h } }',
    `  seen: { workflow: small, measure: { event: any }, aggregate: count, ${day} }`,
  ];
  writeFileSync(catalogue, `${lines.join('\n')}\n`);
  server = await startServer(data, ['--catalogue', catalogue]);
});
afterEach(async () => {
  await server.stop();
  folder.remove();
});

async function send(workflow: keyof typeof EVENTS, from: number, to: number): Promise<void> {
  for (let at = from; at < to; at += BATCH) {
    const events = Array.from({ length: Math.min(BATCH, to - at) }, (_, n) => {
      const i = at + n;
      const activity = workflow === 'small' ? 'seen' : ['open', 'work', 'close'][Math.floor(i / CASES) % 3]!;
      // Those that come while it runs are of later windows: a late one would have its window computed anew, and so mended.
      const minute = workflow === 'small' ? i * 15 : i < EVENTS.line ? i % 4_000 : 4_000 + i - EVENTS.line;
      const time = new Date(START_MS + minute * MINUTE_MS).toISOString();
      return { case: `c${i % CASES}`, activity, time, id: `e${i}`, dimensions: { team: `t${i % 2}` } };
    });
    const headers = { 'content-type': 'application/json' };
    const url = `${server.url}/v1/events?workflow=${workflow}`;
    const response = await fetch(url, { method: 'POST', headers, body: JSON.stringify(events) });
    expect(response.status, await response.text()).toBe(202);
  }
}

async function sumOf(kpi: string): Promise<number> {
  const path = `/v1/values?kpi=${kpi}&from=2026-01-01&to=2026-02-01`;
  const { rows } = (await getJson(`${server.url}${path}`)) as { rows: { value: number | null }[] };
  return rows.reduce((sum, { value }) => sum + (value ?? 0), 0);
}

/** While takt is off: changes one value of each of these KPIs, withdraws another one, and changes a slice of the measured ones. */
async function damage(kpis: readonly string[]): Promise<void> {
  const transport = await ChdbTransport.open(join(data, 'store'));
  const store = new ClickHouseStore({ transport, migrationsPath: 'deploy/clickhouse' });
  for (const { hash, kpi } of await store.definitions()) {
    if (!kpis.includes(kpi)) continue;
    const [first, second] = (await store.values({ definition: hash })).filter(({ state }) => state === 'final');
    const version = (row: { version: bigint }): bigint => row.version + 1n;
    await store.insert('values', [
      { ...first!, value: -5, valueExact: '-5', version: version(first!) },
      { ...second!, withdrawn: true, version: version(second!) },
    ]);
    const [slice, other] = await store.slices({ definition: hash });
    if (slice === undefined) continue;
    await store.insert('slices', [{ ...slice, state: other!.state, version: version(slice) }]);
  }
  await store.close();
}

async function verified(): Promise<number | null> {
  return (await takt(['verify', '--url', server.url])).code;
}

interface Report {
  readonly kpis: readonly string[];
  readonly windows: number;
  readonly changed: number;
}

test(
  'rows that were damaged are right again after takt backfill, which says how many, while events come in',
  { timeout: 200_000 },
  async () => {
    await send('line', 0, EVENTS.line);
    await send('small', 0, EVENTS.small);
    await until(async () => (await sumOf('all')) === EVENTS.line && (await sumOf('seen')) === EVENTS.small);
    expect(await verified()).toBe(0);
    await server.stop();
    await damage([...KPIS.line, ...KPIS.small]);
    server = await startServer(data, ['--catalogue', catalogue]);
    // What came last before the stop is computed again at a start: some of the damage may be mended by then.
    const { code: found, stdout: told } = await takt(['verify', '--url', server.url, '--json']);
    expect(found).toBe(1);
    const checks = (JSON.parse(told) as { kpis: readonly { differencesCount: number }[] }).kpis;
    const wrong = checks.reduce((sum, { differencesCount }) => sum + differencesCount, 0);

    const sending = send('line', EVENTS.line, EVENTS.line + 2_000);
    const { code, stdout, stderr } = await takt(['backfill', '--url', server.url, '--json']);
    expect(code, stderr).toBe(0);
    await sending;
    const { kpis, windows, changed } = JSON.parse(stdout) as Report;
    expect(kpis.toSorted()).toEqual([...KPIS.line, ...KPIS.small].toSorted());
    expect(wrong).toBeGreaterThan(0);
    expect(changed).toBeGreaterThanOrEqual(wrong);
    expect(windows).toBeGreaterThanOrEqual(changed);
    await until(async () => (await sumOf('all')) === EVENTS.line + 2_000);
    expect(await verified()).toBe(0);

    // Where all is right nothing is other than before.
    const again = await takt(['backfill', 'share', '--url', server.url]);
    expect([again.code, again.stdout], again.stderr).toEqual([
      0,
      expect.stringMatching(
        /^Computed again: [a-z, ]+\.\n0 of \d+ values in complete windows are other than before\.\n$/,
      ),
    ]);
    expect(await verified()).toBe(0);
    const unknown = await takt(['backfill', 'shar', '--url', server.url]);
    expect([unknown.code, unknown.stderr]).toEqual([2, expect.stringContaining("did you mean 'share'")]);
  },
);

test('killed in the middle of a backfill takt goes on with it, and without a running takt it works too', async () => {
  await send('line', 0, EVENTS.line);
  await until(async () => (await sumOf('all')) === EVENTS.line);
  await server.stop();
  await damage(KPIS.line);
  server = await startServer(data, ['--catalogue', catalogue]);
  const cut = takt(['backfill', '--url', server.url]);
  await until(async () => {
    const { tasks } = (await getJson(`${server.url}/v1/status`)) as { tasks: { filling?: object }[] };
    return tasks.some(({ filling }) => filling !== undefined);
  });
  await server.kill();
  expect((await cut).code).not.toBe(0);
  server = await startServer(data, ['--catalogue', catalogue]);
  await until(async () => (await fetch(`${server.url}/readyz`)).status === 200);
  await until(async () => (await sumOf('all')) === EVENTS.line);
  expect(await verified()).toBe(0);
  await server.stop();
  await damage(['worked']);
  const alone = await takt(['backfill', 'worked', '--data', data, '--catalogue', catalogue, '--json']);
  expect(alone.code, alone.stderr).toBe(0);
  expect((JSON.parse(alone.stdout) as Report).changed).toBeGreaterThanOrEqual(2);
  server = await startServer(data, ['--catalogue', catalogue]);
  expect(await verified()).toBe(0);
});
