import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { linesOf } from '../support/dump.ts';
import { temporaryDirectory } from '../support/embedded.ts';
import { getJson, type Server, startServer, takt, until } from '../support/takt-process.ts';

const DAY_MS = 86_400_000;
const START_MS = Date.UTC(2026, 0, 5);
const DAYS = 4;
const CASES = 30;

let folder: ReturnType<typeof temporaryDirectory>;
let catalogue: string;
let server: Server;
beforeEach(async () => {
  folder = temporaryDirectory();
  catalogue = join(folder.path, 'catalogue.yaml');
  write('work');
  server = await start();
});
afterEach(async () => {
  await server.stop();
  folder.remove();
});

function start(): Promise<Server> {
  return startServer(join(folder.path, 'data'), ['--catalogue', catalogue]);
}

function write(counted: string, effective?: string): void {
  const since = effective === undefined ? '' : `, effective: '${effective}'`;
  const day = 'window: { tumbling: day }';
  const lines = [
    'version: 1',
    'workflows: { line: { activities: [open, work, close], dimensions: [team] } }',
    'kpis:',
    `  worked: { workflow: line, measure: { event: ${counted} }, aggregate: count, by: [team], ${day}${since} }`,
    `  all: { workflow: line, measure: { event: any }, aggregate: count, by: [team], ${day} }`,
    '  share: { formula: worked / all }',
    '  worked_growth: { measure: { growth: { of: worked, over: previous } } }',
  ];
  writeFileSync(catalogue, `${lines.join('\n')}\n`);
}

async function send(events: readonly object[]): Promise<void> {
  const headers = { 'content-type': 'application/json' };
  const body = JSON.stringify(events);
  const response = await fetch(`${server.url}/v1/events?workflow=line`, { method: 'POST', headers, body });
  expect(response.status, await response.text()).toBe(202);
}

/** Each case opens, is worked at and closes on each of four days. */
function history(): object[] {
  return Array.from({ length: CASES * DAYS * 3 }, (_, i) => {
    const [day, activity] = [Math.floor(i / (CASES * 3)), ['open', 'work', 'close'][i % 3]!];
    const time = new Date(START_MS + day * DAY_MS + (i % (CASES * 3)) * 60_000).toISOString();
    return { case: `c${Math.floor(i / 3) % CASES}`, activity, time, id: `e${i}`, dimensions: { team: 'a' } };
  });
}

interface Row {
  readonly windowStart: string;
  readonly value: number | null;
  readonly definition?: string;
}

async function rowsOf(kpi: string): Promise<readonly Row[]> {
  const path = `/v1/values?kpi=${kpi}&from=2026-01-06&to=2026-01-09`;
  return ((await getJson(`${server.url}${path}`)) as { rows: readonly Row[] }).rows;
}

async function valuesOf(kpi: string): Promise<(number | null)[]> {
  return (await rowsOf(kpi)).map(({ value }) => value);
}

async function definitionOf(kpi: string): Promise<string> {
  const { kpis } = (await getJson(`${server.url}/v1/kpis`)) as { kpis: { kpi: string; definition: string }[] };
  return kpis.find((each) => each.kpi === kpi)!.definition;
}

test(
  'a changed KPI that is effective from a date on: windows before it stay those of the version before',
  { timeout: 120_000 },
  async () => {
    await send(history());
    await until(async () => (await valuesOf('worked')).join() === '30,30,30,30');
    const before = await definitionOf('worked');
    write('any', '2026-01-07');
    await until(async () => (await definitionOf('worked')) !== before);
    await until(async () => (await valuesOf('worked')).join() === '30,30,90,90');
    const rows = await rowsOf('worked');
    expect(rows.map(({ definition }) => definition)).toEqual([before, before, undefined, undefined]);
    await until(
      async () => (await valuesOf('share')).map((value) => value?.toFixed(2)).join() === '0.33,0.33,1.00,1.00',
    );
    // The first window of the new version has none of its own to be held against.
    expect((await valuesOf('worked_growth')).slice(1)).toEqual([0, null, 0]);

    // What comes late counts in the version whose window it is.
    const late = (n: number, activity: string) => {
      const time = new Date(START_MS + n * DAY_MS + 3_600_000).toISOString();
      return { case: 'late', activity, time, id: `late${n}`, dimensions: { team: 'a' } };
    };
    await send([late(0, 'work'), late(1, 'close'), late(2, 'close')]);
    await until(async () => (await valuesOf('worked')).join() === '31,30,91,90');

    const current = await linesOf(server.url, "SELECT value, window_end FROM kpi_current WHERE kpi = 'worked'");
    expect(current.map((line) => JSON.parse(line) as unknown)).toEqual([
      { value: 90, window_end: '2026-01-09 00:00:00.000' },
    ]);
    const explained = await takt(['explain', 'worked', '--at', '2026-01-05T12:00:00Z', '--url', server.url, '--json']);
    expect(explained.code, explained.stderr).toBe(0);
    const { value, casesCount } = JSON.parse(explained.stdout) as { value: number; casesCount: number };
    expect([value, casesCount]).toEqual([31, CASES + 1]);
    const verified = await takt(['verify', '--url', server.url, '--kpi', 'worked']);
    expect(verified.code, verified.stdout + verified.stderr).toBe(0);
    expect(
      verified.stdout
        .split('\n')
        .filter((line) => line !== '')
        .sort(),
    ).toEqual([
      expect.stringMatching(/^worked \(from 2026-01-07T00:00:00.000Z on\): [12] windows? compared, no differences/),
      expect.stringMatching(/^worked: [34] windows? compared, no differences/),
    ]);

    await server.stop();
    server = await start();
    await until(async () => (await fetch(`${server.url}/readyz`)).status === 200);
    expect(await valuesOf('worked')).toEqual([31, 30, 91, 90]);
    await send([{ ...late(1, 'work'), id: 'late9' }]);
    await until(async () => (await valuesOf('worked')).join() === '31,31,91,90');

    // The date is moved, then taken out: all of history is the new version's.
    write('any', '2026-01-06');
    await until(async () => (await valuesOf('worked')).join() === '31,92,91,90');
    write('any');
    await until(async () => (await valuesOf('worked')).join() === '91,92,91,90');
    expect((await rowsOf('worked')).some(({ definition }) => definition !== undefined)).toBe(false);
  },
);

test('a version that is not effective yet waits: the one before it goes on', async () => {
  await send(history());
  await until(async () => (await valuesOf('worked')).join() === '30,30,30,30');
  const before = await definitionOf('worked');
  write('any', '2999-01-01');
  expect((await takt(['reload', '--url', server.url])).code).toBe(0);
  await send([{ case: 'c1', activity: 'work', time: '2026-01-06T05:00:00Z', id: 'x', dimensions: { team: 'a' } }]);
  await until(async () => (await valuesOf('worked')).join() === '30,31,30,30');
  const current = await linesOf(server.url, "SELECT value FROM kpi_current WHERE kpi = 'worked'");
  expect(current.map((line) => JSON.parse(line) as unknown)).toEqual([{ value: 30 }]);
  expect(await definitionOf('worked')).toBe(before);
  await server.stop();
  server = await start();
  await until(async () => (await fetch(`${server.url}/readyz`)).status === 200);
  expect([await definitionOf('worked'), await valuesOf('worked')]).toEqual([before, [30, 31, 30, 30]]);
});
