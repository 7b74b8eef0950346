import { mkdirSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { offsetsOf } from '../support/data-offsets.ts';
import { openEmbedded, temporaryDirectory } from '../support/embedded.ts';
import { eventOf, KillClient } from '../support/kill-client.ts';
import { linesOf } from '../support/dump.ts';
import { getJson, startServer, statusOf, takt, until } from '../support/takt-process.ts';

const CATALOGUE = ['--catalogue', 'test/catalogues/identity.yaml'];
const PARTITIONS = 1;
/** Requests that ingest takes at once, services/ingest/limits.ts. */
const REQUESTS_MAX = 512;
const JSON_TYPE = { 'content-type': 'application/json' };

let folder: ReturnType<typeof temporaryDirectory>;
let data: string;
beforeEach(() => {
  folder = temporaryDirectory();
  data = join(folder.path, 'data');
});
afterEach(() => folder.remove());

async function post(url: string, events: readonly unknown[]): Promise<Response> {
  return fetch(`${url}/v1/events`, { method: 'POST', headers: JSON_TYPE, body: JSON.stringify(events) });
}

test('SIGTERM under load: a clean exit, every accepted event stored once, nothing left to do at the next start', async () => {
  const client = new KillClient();
  let server = await startServer(data, CATALOGUE);
  for (let i = 0; i < 2; i++) {
    client.aim(server.url);
    const before = client.accepted.size;
    await until(async () => client.accepted.size >= before + 500);
    await server.stop();
    const { end, stored } = await offsetsOf(data, 'events.helpdesk', PARTITIONS);
    expect(stored).toEqual(end.map((offset) => offset - 1));
    const slices = await offsetsOf(data, 'slices', PARTITIONS, 'roll');
    expect(slices.stored).toEqual(slices.end.map((offset) => offset - 1));
    server = await startServer(data, CATALOGUE);
  }
  client.aim(server.url);
  await client.finish();
  await until(async () => (await statusOf(server.url)).every(({ unstored }) => unstored === 0));
  await server.stop();
  server = await startServer(data, CATALOGUE);
  const stored = (await linesOf(server.url, 'SELECT id, count() AS n FROM events GROUP BY id')).map(
    (line) => JSON.parse(line) as { id: string; n: string | number },
  );
  await server.stop();
  expect(stored.filter(({ n }) => Number(n) !== 1)).toEqual([]);
  const ids = new Set(stored.map(({ id }) => id));
  expect([...client.accepted].filter((id) => !ids.has(id))).toEqual([]);
  expect(client.accepted.size).toBeGreaterThan(1_000);
});

test('a data directory keeps the partitions it was made with: its cases stay where they are', async () => {
  const made = Array.from({ length: 400 }, (_, i) => eventOf(i));
  const none = { dimensions: {}, value: null, target: null, importId: null };
  const older = await openEmbedded(data, CATALOGUE[1]!);
  await older.append(
    made.slice(0, 200).map(({ case: caseId, id, activity, time }) => {
      return { workflow: 'helpdesk', caseId, id, kind: 'event', activity, timeMs: Date.parse(time), ...none };
    }),
  );
  await older.settled();
  await older.stop();
  const server = await startServer(data, CATALOGUE);
  expect((await post(server.url, made)).status).toBe(202);
  await until(async () => {
    const tasks = await statusOf(server.url);
    return tasks.every(({ nextOffset, endOffset, unstored }) => nextOffset === endOffset && unstored === 0);
  });
  const partitions = (await statusOf(server.url)).filter(({ topic }) => topic === 'events.helpdesk');
  const [counted] = await linesOf(server.url, 'SELECT count() AS n, uniqExact(id) AS ids FROM events');
  await server.stop();
  expect(partitions.map(({ partition }) => partition)).toEqual([0, 1, 2, 3]);
  const { n, ids } = JSON.parse(counted!) as { n: string; ids: string };
  expect([Number(n), Number(ids)]).toEqual([400, 400]);
});

test('at the size limit of the log: 503 with Retry-After, nothing of the request is taken; with more room it goes on', async () => {
  let server = await startServer(data, [...CATALOGUE, '--log-limit', '0.004']);
  let sent = 0;
  let refused: Response | null = null;
  while (refused === null && sent < 200_000) {
    const answer = await post(
      server.url,
      Array.from({ length: 1_000 }, (_, i) => eventOf(sent + i)),
    );
    if (answer.status === 202) sent += 1_000;
    else refused = answer;
  }
  expect(sent).toBeGreaterThan(0);
  expect(refused?.status).toBe(503);
  expect(Number(refused?.headers.get('retry-after'))).toBeGreaterThan(0);
  expect(await refused?.json()).toMatchObject({ code: 'LOG_FULL', message: expect.stringContaining('--log-limit') });
  expect(await (await fetch(`${server.url}/metrics`)).text()).toContain('takt_errors_total{code="LOG_FULL"}');
  await server.stop();
  server = await startServer(data, CATALOGUE);
  const rest = await post(
    server.url,
    Array.from({ length: 1_000 }, (_, i) => eventOf(sent + i)),
  );
  expect(rest.status).toBe(202);
  await until(async () =>
    (await linesOf(server.url, 'SELECT count() AS n FROM events')).join().includes(`${sent + 1_000}`),
  );
  await server.stop();
}, 180_000);

/** A request whose body is held back until `finish`; `answer` resolves with its status, Retry-After and code. */
function heldBack(
  url: string,
  body: string,
): { readonly finish: () => void; readonly answer: Promise<readonly [number, string, string]> } {
  const sending = request(`${url}/v1/events`, {
    method: 'POST',
    agent: false,
    headers: { ...JSON_TYPE, 'content-length': Buffer.byteLength(body) },
  });
  sending.flushHeaders();
  const answer = new Promise<readonly [number, string, string]>((resolve, reject) => {
    sending.on('error', reject);
    sending.on('response', (response) => {
      let text = '';
      response.on('data', (some: Buffer) => (text += some.toString()));
      response.on('end', () =>
        resolve([
          response.statusCode!,
          response.headers['retry-after'] ?? '',
          (JSON.parse(text) as { code?: string }).code ?? '',
        ]),
      );
    });
  });
  return { finish: () => void sending.end(body), answer };
}

test('more requests than may wait: 503 with Retry-After for the others; when there is room they are taken', async () => {
  const server = await startServer(data, CATALOGUE);
  const held = Array.from({ length: REQUESTS_MAX }, (_, i) => heldBack(server.url, JSON.stringify(eventOf(i))));
  const another = (): Promise<Response> => post(server.url, [eventOf(REQUESTS_MAX)]);
  await until(async () => (await another()).status === 503);
  const refused = await another();
  expect([refused.status, Number(refused.headers.get('retry-after')) > 0]).toEqual([503, true]);
  expect(await refused.json()).toMatchObject({ code: 'OVERLOADED' });
  expect((await fetch(`${server.url}/healthz`)).status).toBe(200);
  for (const { finish } of held) finish();
  const answers = await Promise.all(held.map(({ answer }) => answer));
  expect(answers.filter(([status]) => status !== 202)).toEqual([]);
  expect((await another()).status).toBe(202);
  await server.stop();
});

test('readyz is 503 until what the log held is in stored values', async () => {
  let server = await startServer(data, CATALOGUE);
  for (let i = 0; i < 40; i++)
    await post(
      server.url,
      Array.from({ length: 1_000 }, (_, j) => eventOf(i * 1_000 + j)),
    );
  await server.kill();
  server = await startServer(data, CATALOGUE);
  const early = await fetch(`${server.url}/readyz`);
  expect([early.status, ((await early.json()) as { reasons: string[] }).reasons]).toEqual([
    503,
    ['catching up with the log'],
  ]);
  await until(async () => (await fetch(`${server.url}/readyz`)).status === 200);
  const { rows } = (await getJson(`${server.url}/v1/values?kpi=longest`)) as { rows: { samples: number }[] };
  expect(rows.map(({ samples }) => samples)).toEqual([8_000]);
  await server.stop();
});

test('a data directory is read with the catalogue it was used with last; lint tells activities that it does not list or that never came', async () => {
  mkdirSync(data);
  const catalogue = join(folder.path, 'mine.yaml');
  writeFileSync(
    catalogue,
    'version: 1\nworkflows: { desk: { activities: [opened, closed] } }\nkpis:\n  n: { workflow: desk, measure: { event: opened }, aggregate: count, window: { tumbling: day } }\n',
  );
  const server = await startServer(data, ['--catalogue', catalogue]);
  const time = '2026-03-02T09:00:00Z';
  await post(server.url, [
    { case: '1', activity: 'opened', time, id: 'a' },
    { case: '1', activity: 'opned', time, id: 'b' },
  ]);
  // The only series of a KPI without labels: a day without events is zero, also before the first one.
  await until(async () => {
    const range = 'from=2026-03-01&to=2026-03-03';
    const { rows } = (await getJson(`${server.url}/v1/values?kpi=n&${range}`)) as { rows: { value: number }[] };
    return rows.map(({ value }) => value).join() === '0,0,1';
  });
  expect((await fetch(`${server.url}/v1/values?kpi=nope`)).status).toBe(404);
  const metrics = await (await fetch(`${server.url}/metrics`)).text();
  expect(metrics).toContain('takt_errors_total{code="KPI_UNKNOWN"} 1');
  expect(metrics).toContain('takt_activities_unlisted_total{workflow="desk"} 1');
  await server.stop();
  const query = await takt(['query', 'SELECT kpi, value FROM kpi_current', '--format', 'TSV', '--data', data]);
  expect(query.stdout).toBe('n\t1\n');
  const { stdout } = await takt(['lint', catalogue, '--data', data]);
  expect(stdout).toContain(
    `warning: workflow desk: 1 events are "opned", which activities does not list, did you mean 'opened'?`,
  );
  expect(stdout).toContain("warning: workflow desk: no event is 'closed'");
});
