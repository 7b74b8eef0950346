import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { linesOf } from '../support/dump.ts';
import { temporaryDirectory } from '../support/embedded.ts';
import { getJson, type Server, startServer, takt, until } from '../support/takt-process.ts';

/** More than one fill brings in. */
const EVENTS = 13_000;
const CASES = 3_000;
const BATCH = 1_000;
const START_MS = Date.UTC(2026, 0, 5);
const MINUTE_MS = 60_000;
const JSON_TYPE = { 'content-type': 'application/json' };

let folder: ReturnType<typeof temporaryDirectory>;
let catalogue: string;
let server: Server;
beforeEach(async () => {
  folder = temporaryDirectory();
  catalogue = join(folder.path, 'catalogue.yaml');
  write({ counted: 'work' });
  server = await startServer(join(folder.path, 'data'), ['--catalogue', catalogue]);
});
afterEach(async () => {
  await server.stop();
  folder.remove();
});

function write({
  counted,
  name = 'Worked',
  removed = false,
  path = catalogue,
}: {
  counted: string;
  name?: string;
  removed?: boolean;
  path?: string;
}): void {
  const lines = [
    'version: 1',
    'workflows: { line: { activities: [open, work, close], dimensions: [team] } }',
    'kpis:',
    `  worked: { name: ${name}, workflow: line, measure: { event: ${counted} }, aggregate: count, by: [team], window: { tumbling: day } }`,
    '  opened: { workflow: line, measure: { event: open }, aggregate: count, window: { tumbling: day } }',
    '  share: { formula: closed / all }',
    '  all: { workflow: line, measure: { event: any }, aggregate: count, window: { tumbling: day } }',
    `  closed: { workflow: line, measure: { event: ${counted === 'work' ? 'close' : 'open'} }, aggregate: count, window: { tumbling: day } }`,
    ...(removed
      ? []
      : ['  gone: { workflow: line, measure: { event: any }, aggregate: count, window: { tumbling: day } }']),
  ];
  writeFileSync(path, `${lines.join('\n')}\n`);
}

interface Sent {
  readonly case: string;
  readonly activity: string;
  readonly team: string;
}

/** A case's events come far apart, so each of them is some fills away from the next. */
function eventAt(i: number): Sent {
  const turn = Math.floor(i / CASES);
  return { case: `c${i % CASES}`, activity: ['open', 'work', 'work', 'close'][turn % 4]!, team: `t${i % 3}` };
}

async function send(from: number, to: number): Promise<void> {
  for (let at = from; at < to; at += BATCH) {
    const events = Array.from({ length: Math.min(BATCH, to - at) }, (_, n) => {
      const { case: caseId, activity, team } = eventAt(at + n);
      const time = new Date(START_MS + ((at + n) % 4_000) * MINUTE_MS).toISOString();
      return { case: caseId, activity, time, id: `e${at + n}`, dimensions: { team } };
    });
    const body = JSON.stringify(events);
    const response = await fetch(`${server.url}/v1/events?workflow=line`, { method: 'POST', headers: JSON_TYPE, body });
    expect(response.status, await response.text()).toBe(202);
  }
}

/** What the values of a KPI add up to. */
async function sumOf(kpi: string): Promise<number> {
  const path = `/v1/values?kpi=${kpi}&from=2026-01-01&to=2026-02-01`;
  const { rows } = (await getJson(`${server.url}${path}`)) as { rows: { value: number | null }[] };
  return rows.reduce((sum, { value }) => sum + (value ?? 0), 0);
}

async function kpiNames(): Promise<Record<string, string>> {
  const { kpis } = (await getJson(`${server.url}/v1/kpis`)) as { kpis: { kpi: string; definition: string }[] };
  return Object.fromEntries(kpis.map(({ kpi, definition }) => [kpi, definition]));
}

const countOf = (to: number, activities: readonly string[]): number =>
  Array.from({ length: to }, (_, i) => eventAt(i)).filter(({ activity }) => activities.includes(activity)).length;

test(
  'a changed catalogue is taken in while events come: old values until the new ones are there, none lost',
  { timeout: 120_000 },
  async () => {
    await send(0, EVENTS - 2_000);
    await until(async () => (await sumOf('worked')) === countOf(EVENTS - 2_000, ['work']));
    const before = await kpiNames();
    write({ counted: 'any', removed: true });
    const { code, stdout, stderr } = await takt(['reload', '--url', server.url, '--json']);
    expect(code, stderr).toBe(0);
    const report = JSON.parse(stdout) as { changed: boolean; removed: readonly string[] };
    // On a slow machine takt has seen by itself that the file is another.
    expect(report.removed).toEqual(report.changed ? ['gone'] : []);
    const seen = new Set<number>();
    const sending = send(EVENTS - 2_000, EVENTS);
    await until(async () => {
      const names = await kpiNames();
      // Never a part of the new values: the old definition's, then the whole.
      if (names['worked'] === before['worked']) seen.add(await sumOf('worked'));
      return names['worked'] !== before['worked'] && names['share'] !== before['share'];
    });
    await sending;
    await until(
      async () => (await sumOf('worked')) === EVENTS && (await sumOf('closed')) === countOf(EVENTS, ['open']),
    );
    expect([...seen].every((sum) => sum >= countOf(EVENTS - 2_000, ['work']))).toBe(true);
    expect(await sumOf('all')).toBe(EVENTS);
    expect((await fetch(`${server.url}/v1/values?kpi=gone`)).status).toBe(404);
    const old = await linesOf(
      server.url,
      `SELECT sum(value) AS n FROM kpi_history WHERE kpi = 'worked' AND definition = '${before['worked']}'`,
    );
    expect(Number((JSON.parse(old[0]!) as { n: number }).n)).toBeGreaterThanOrEqual(countOf(EVENTS - 2_000, ['work']));
    const gone = await linesOf(server.url, "SELECT sum(value) AS n FROM kpi_history WHERE kpi = 'gone'");
    expect(Number((JSON.parse(gone[0]!) as { n: number }).n)).toBe(EVENTS - 2_000);
    const verified = await takt(['verify', '--url', server.url]);
    expect(verified.code, verified.stdout + verified.stderr).toBe(0);
  },
);

test('the files are watched; what is wrong with them is told, and the catalogue before stays in force', async () => {
  await send(0, 100);
  write({ counted: 'work', name: 'Renamed' });
  await until(async () => JSON.stringify(await getJson(`${server.url}/v1/kpis`)).includes('Renamed'));
  writeFileSync(catalogue, readFileSync(catalogue, 'utf8').replace('aggregate: count', 'aggregate: cuont'));
  const { code, stderr } = await takt(['reload', '--url', server.url]);
  expect([code, stderr]).toEqual([2, expect.stringMatching(/catalogue\.yaml:4:\d+.*cuont/)]);
  const health = (await getJson(`${server.url}/healthz`)) as { healthy: boolean; reasons: string[] };
  expect(health).toEqual({ healthy: true, reasons: [expect.stringContaining('the one before stays in force')] });
  expect(JSON.stringify(await getJson(`${server.url}/v1/kpis`))).toContain('Renamed');
  const notice = async () =>
    ((await getJson(`${server.url}/v1/screens`)) as { catalogue?: { problem: string } }).catalogue;
  await until(async () => (await notice()) !== undefined);
  expect((await notice())!.problem).toMatch(/^catalogue\.yaml:4:\d+.*cuont/);
  await send(100, 200);
  write({ counted: 'work', name: 'Again' });
  server.running.child.kill('SIGHUP');
  await until(async () => JSON.stringify(await getJson(`${server.url}/v1/kpis`)).includes('Again'));
  expect(await getJson(`${server.url}/healthz`)).toEqual({ healthy: true, reasons: [] });
  await until(async () => (await notice()) === undefined);
  await until(async () => (await sumOf('opened')) === 200);
});

interface Diff {
  readonly kpi: string;
  readonly change: string;
  readonly notTold: string | null;
  readonly differing: number;
  readonly largest: readonly { readonly windowStart: string; readonly old: unknown; readonly new: unknown }[];
}

test('takt diff says what another catalogue would change, and changes nothing', async () => {
  await send(0, EVENTS);
  await until(async () => (await sumOf('all')) === EVENTS);
  const before = await kpiNames();
  const same = await takt(['diff', catalogue, '--url', server.url]);
  expect([same.code, same.stdout], same.stderr).toEqual([0, '']);
  const next = join(folder.path, 'next.yaml');
  write({ counted: 'any', removed: true, path: next });
  const { code, stdout, stderr } = await takt(['diff', next, '--url', server.url, '--json']);
  expect(code, stderr).toBe(1);
  const { kpis } = JSON.parse(stdout) as { kpis: readonly Diff[] };
  expect(kpis.map(({ kpi, change }) => `${kpi} ${change}`).sort()).toEqual([
    'closed changed',
    'gone removed',
    'share changed',
    'worked changed',
  ]);
  const day = Array.from({ length: EVENTS }, (_, i) => ({ ...eventAt(i), day: Math.floor((i % 4_000) / 1_440) }));
  const first = day.filter((each) => each.day === 0 && each.team === 't0');
  const worked = kpis.find(({ kpi }) => kpi === 'worked')!;
  expect(
    worked.largest.find(
      ({ windowStart, ...rest }) => windowStart.startsWith('2026-01-05') && JSON.stringify(rest).includes('t0'),
    ),
  ).toMatchObject({
    old: { value: first.filter(({ activity }) => activity === 'work').length },
    new: { value: first.length },
  });
  expect(kpis.filter(({ notTold }) => notTold !== null)).toEqual([]);
  expect(await kpiNames()).toEqual(before);
  const broken = await takt(['diff', join(folder.path, 'none.yaml'), '--url', server.url]);
  expect(broken.code).toBe(2);
});

test('killed while a definition is being computed, takt goes on with it at the next start', async () => {
  await send(0, EVENTS);
  await until(async () => (await sumOf('all')) === EVENTS);
  write({ counted: 'any' });
  expect((await takt(['reload', '--url', server.url])).code).toBe(0);
  await server.kill();
  server = await startServer(join(folder.path, 'data'), ['--catalogue', catalogue]);
  await send(EVENTS, EVENTS + 500);
  await until(async () => (await fetch(`${server.url}/readyz`)).status === 200);
  await until(async () => (await sumOf('worked')) === EVENTS + 500);
  expect([await sumOf('closed'), await sumOf('all')]).toEqual([countOf(EVENTS + 500, ['open']), EVENTS + 500]);
});
