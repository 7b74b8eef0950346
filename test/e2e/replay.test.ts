import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { temporaryDirectory } from '../support/embedded.ts';
import { launch, takt, until } from '../support/takt-process.ts';

const CATALOGUE = `version: 1
workflows: { desk: { activities: [opened, closed], dimensions: [team], disorder: 5s } }
channels: { oncall: { webhook: { url: 'http://127.0.0.1:9/never' } } }
kpis:
  opened: { workflow: desk, measure: { event: opened }, aggregate: count, by: [team], window: { rolling: 1h, every: 5m } }
  closing: { workflow: desk, measure: { duration: { from: opened, to: closed } }, aggregate: mean, window: { tumbling: day } }
  waiting: { workflow: desk, measure: { open: { from: opened, to: closed } }, window: { every: 5m } }
`;
const START_MS = Date.UTC(2026, 2, 1, 18);
const CASES = process.env['CI'] === 'true' ? 600 : 160;

let folder: ReturnType<typeof temporaryDirectory>;
let catalogue: string;
beforeEach(() => {
  folder = temporaryDirectory();
  catalogue = file('catalogue.yaml', CATALOGUE);
});
afterEach(() => folder.remove());

function file(name: string, text: string): string {
  const path = join(folder.path, name);
  writeFileSync(path, text);
  return path;
}

/** Two days of cases under CI, else half a day over midnight; one every five minutes or so. */
function rowsOf(): { id: string; team: string; what: string; at: string }[] {
  return Array.from({ length: CASES }, (_, i) => {
    const openedMs = START_MS + i * 290_000;
    const team = i % 3 === 0 ? 'north' : 'south';
    const row = (what: string, ms: number) => ({ id: `c${i}`, team, what, at: new Date(ms).toISOString() });
    return [row('opened', openedMs), row('closed', openedMs + 60_000 * (5 + (i % 40)))];
  }).flat();
}

function csv(): string {
  // Not in the order of time.
  const lines = rowsOf().map(({ id, team, what, at }) => `${id},${team},${what},${at}`);
  return file('desk.csv', `id,team,what,at\n${lines.toReversed().join('\n')}\n`);
}

const FLAGS = [
  '--workflow',
  'desk',
  '--case',
  'id',
  '--activity',
  'what',
  '--time',
  'at',
  '--format',
  'iso',
  '--dimension',
  'team=team',
];

async function query<Row>(data: string, sql: string): Promise<Row[]> {
  const { stdout, stderr, code } = await takt([
    'query',
    sql,
    '--format',
    'JSONEachRow',
    '--data',
    data,
    '--catalogue',
    catalogue,
  ]);
  if (code !== 0) throw new Error(stderr);
  return stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Row);
}

const HISTORY =
  "SELECT kpi, toString(labels) AS labels, toUnixTimestamp64Milli(window_end) AS end, value FROM kpi_history WHERE state = 'final' ORDER BY kpi, labels, end";

test('a CSV file is played as if it happened: events come at their time, and the numbers are those of an import', async () => {
  const path = csv();
  const played = join(folder.path, 'played');
  const replayed = await takt([
    'replay',
    path,
    ...FLAGS,
    '--catalogue',
    catalogue,
    '--speed',
    '40000',
    '--exit',
    '--port',
    '0',
    '--data',
    played,
  ]);
  expect(replayed.stderr).toContain(`all ${CASES * 2} events are played`);
  expect(replayed.code).toBe(0);
  const events = await query<{ n: string; least: string; most: string; imported: string }>(
    played,
    'SELECT count() AS n, min(append_ms - time_ms) AS least, max(append_ms - time_ms) AS most, countIf(import_id IS NOT NULL) AS imported FROM events',
  );
  expect(events[0]).toMatchObject({ n: CASES * 2, imported: 0 });
  expect(Number(events[0]!.least)).toBeGreaterThanOrEqual(0);
  // The clock moves by ten seconds at most at a time.
  expect(Number(events[0]!.most)).toBeLessThanOrEqual(10_000);

  const imported = join(folder.path, 'imported');
  expect((await takt(['import', path, ...FLAGS, '--catalogue', catalogue, '--data', imported])).code).toBe(0);
  const expected = await query<{ kpi: string; labels: string; end: string; value: number }>(imported, HISTORY);
  const found = await query<{ kpi: string; labels: string; end: string; value: number }>(played, HISTORY);
  const lastMs = Math.max(...rowsOf().map(({ at }) => Date.parse(at)));
  const upToLast = (rows: typeof expected): typeof expected => rows.filter(({ end }) => Number(end) <= lastMs - 60_000);
  expect(upToLast(found).length).toBeGreaterThan((CASES * 5) / 6);
  expect(upToLast(found)).toEqual(upToLast(expected));
}, 180_000);

test('JSON lines are played from a temporary directory, which is gone at the end; what is no event is told', async () => {
  const lines = rowsOf().map(({ id, team, what, at }) =>
    JSON.stringify({ case: id, activity: what, time: at, id: what, dimensions: { team } }),
  );
  const path = file('desk.jsonl', [...lines.slice(0, 100), '{"case": 1}', 'no JSON', ''].join('\n'));
  const before = new Set(readdirSync(tmpdir()));
  const { child, ended } = launch(['replay', path, '--catalogue', catalogue, '--speed', '20000', '--port', '0']);
  let said = '';
  child.stderr!.on('data', (text: Buffer) => (said += text.toString()));
  await until(async () => said.includes('all 100 events are played'));
  const url = /replays \S+ at (\S+)/.exec(said)![1]!;
  const values = (await (await fetch(`${url}/v1/values?kpi=waiting`)).json()) as { rows: { state: string }[] };
  expect(values.rows.length).toBe(1);
  expect((await fetch(`${url}/screens/desk`)).status).toBe(200);
  child.kill('SIGINT');
  expect((await ended).code).toBe(0);
  expect(said).toMatch(/; 2 lines are none: line 101: .*; line 102: .*no JSON/);
  expect(readdirSync(tmpdir()).filter((name) => name.startsWith('takt-replay-') && !before.has(name))).toEqual([]);
}, 120_000);

test('it never plays into a directory that holds something, and refuses what it cannot play', async () => {
  const path = csv();
  const used = join(folder.path, 'used');
  expect((await takt(['import', path, ...FLAGS, '--catalogue', catalogue, '--data', used])).code).toBe(0);
  const into = await takt(['replay', path, ...FLAGS, '--catalogue', catalogue, '--data', used, '--port', '0']);
  expect(into).toMatchObject({ code: 2, stderr: expect.stringContaining('never plays into live data') });
  const none = await takt(['replay', file('none.jsonl', '{}\n'), '--catalogue', catalogue, '--port', '0']);
  expect(none).toMatchObject({ code: 2, stderr: expect.stringMatching(/has no event; 1 lines are none: line 1/) });
  const unknown = await takt(['replay', path, ...FLAGS.with(1, 'dsek'), '--catalogue', catalogue, '--port', '0']);
  expect(unknown).toMatchObject({ code: 2, stderr: expect.stringContaining("the catalogue has no workflow 'dsek'") });
  expect(existsSync(join(used, 'run.json'))).toBe(false);
}, 120_000);
