import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { LetterListing } from '../../services/shared/core/letters/letter-listing.ts';
import { temporaryDirectory } from '../support/embedded.ts';
import { getJson, type Outcome, type Server, startServer, statusOf, takt, until } from '../support/takt-process.ts';

const DESK = '  desk: { activities: [opened] }\n';
const KPI = (name: string, workflow: string): string =>
  `  ${name}: { name: N, workflow: ${workflow}, measure: { event: opened }, aggregate: count, window: total }\n`;
const plain = { case: 'T-1', activity: 'opened', workflow: 'desk' };

let folder: ReturnType<typeof temporaryDirectory>;
let server: Server | null = null;
let catalogue: string;

beforeEach(() => {
  folder = temporaryDirectory();
  catalogue = join(folder.path, 'catalogue.yaml');
  writeFileSync(catalogue, `version: 1\nworkflows:\n${DESK}kpis:\n${KPI('n', 'desk')}`);
});
afterEach(async () => {
  await server?.kill();
  server = null;
  folder.remove();
});

const data = (): string => join(folder.path, 'data');
const run = (...args: readonly string[]): Promise<Outcome> => takt([...args, '--data', data()]);
const start = async (): Promise<Server> => (server = await startServer(data(), ['--catalogue', catalogue, '--empty']));

async function send(url: string, events: readonly object[]): Promise<number> {
  const headers = { 'content-type': 'application/json' };
  const response = await fetch(`${url}/v1/events`, { method: 'POST', headers, body: JSON.stringify(events) });
  return response.status;
}

async function counted(url: string, value: number): Promise<void> {
  await until(async () => {
    const { rows } = (await getJson(`${url}/v1/values?kpi=n`)) as { rows: { value: number }[] };
    return rows[0]?.value === value;
  });
}

const listing = async (url: string, query = ''): Promise<LetterListing> =>
  (await getJson(`${url}/v1/dead-letters${query}`)) as LetterListing;

test('a clock ten years ahead is held back over a kill, and let go by hand without pushing time past now', async () => {
  const { url } = await start();
  const time = new Date().toISOString();
  const ahead = { ...plain, id: 'e2', time: new Date(Date.now() + 10 * 365 * 86_400_000).toISOString() };
  expect(await send(url, [{ ...plain, id: 'e1', time }, ahead])).toBe(400);
  await counted(url, 1);
  await until(async () => (await listing(url)).quarantined === 1);
  await server!.kill();
  const again = await start();
  const { stdout } = await run('dead-letters');
  expect(stdout).toContain('1 open, 1 of them in quarantine');
  expect(stdout).toContain('"id":"e2"');
  const unnamed = await run('release');
  expect([unnamed.code, unnamed.stderr]).toEqual([2, expect.stringContaining('or --all')]);
  const dry = await run('release', '--all', '--dry-run');
  expect(dry.stdout).toBe('dry run, nothing was changed: 1 dead letters: 1 accepted, with 1 events\n');
  const released = await run('release', '--all');
  expect(released.stdout).toBe('1 dead letters: 1 accepted, with 1 events\n');
  await counted(again.url, 2);
  for (const { watermarkMs } of await statusOf(again.url)) expect(watermarkMs ?? 0).toBeLessThanOrEqual(Date.now());
  // What comes later in time that is right is not late.
  expect(await send(again.url, [{ ...plain, id: 'e3', time: new Date().toISOString() }])).toBe(202);
  await counted(again.url, 3);
  await until(async () => (await listing(again.url)).open === 0);
  expect(await listing(again.url, '?state=accepted')).toMatchObject({ letters: [{ last: { way: 'released' } }] });
  await again.stop();
  server = null;
  expect((await run('verify')).stderr).toContain('0 differences');
});

test('what was refused goes in when its workflow is there, also where no takt runs', async () => {
  const { url } = await start();
  const time = '2026-03-01T09:30:00Z';
  expect(
    await send(
      url,
      [1, 2].map((n) => ({ ...plain, workflow: 'sales', id: `e${n}`, time })),
    ),
  ).toBe(400);
  expect(await send(url, [{ ...plain, id: 'e3', time: 'noon' }])).toBe(400);
  await until(async () => (await listing(url)).open === 3);
  // Status may be some seconds old.
  await until(async () => (await run('status')).stdout.includes('dead letters: 3 open, 0 of them in quarantine'));
  expect(await (await fetch(`${url}/metrics`)).text()).toContain('takt_dead_letters_open{code="WORKFLOW_UNKNOWN"} 2');
  await server!.stop();
  server = null;
  writeFileSync(
    catalogue,
    `version: 1\nworkflows:\n${DESK}${DESK.replace('desk', 'sales')}kpis:\n${KPI('n', 'desk')}${KPI('s', 'sales')}`,
  );
  const done = await run('redrive');
  expect(done.stdout).toContain(
    '3 dead letters: 2 accepted, with 2 events, 1 refused again\n  1 × EVENT_INVALID: time:',
  );
  expect((await run('redrive', '--code', 'WORKFLOW_UNKNOWN')).stdout).toBe('0 dead letters: there are none of these\n');
  const twice = await run('redrive', '--state', 'accepted', '--json');
  expect(JSON.parse(twice.stdout)).toMatchObject({ letters: 2, accepted: 2, events: 2 });
  const values = await run('query', 'SELECT kpi, value FROM kpi_current', '--format', 'TSV');
  expect(values.stdout).toBe('s\t2\n');
  const views = await run(
    'query',
    'SELECT state, count() FROM dead_letter_list GROUP BY state ORDER BY state',
    '--format',
    'TSV',
  );
  expect(views.stdout).toBe('accepted\t2\nopen\t1\n');
  expect((await run('verify')).code).toBe(0);
});
