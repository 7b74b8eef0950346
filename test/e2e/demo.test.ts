import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { temporaryDirectory } from '../support/embedded.ts';
import { launch, type Running, type Server, startServer, takt, until } from '../support/takt-process.ts';

let folder: ReturnType<typeof temporaryDirectory>;
let data: string;
beforeEach(() => {
  folder = temporaryDirectory();
  data = join(folder.path, 'data');
});
afterEach(() => folder.remove());

interface State {
  readonly anchorMs: number;
  readonly workflows: Readonly<Record<string, { readonly sentToMs: number; readonly loadedFromBlock: number }>>;
}

function state(): State {
  return JSON.parse(readFileSync(join(data, 'demo.json'), 'utf8')) as State;
}

async function rows<Row>(url: string, sql: string): Promise<Row[]> {
  const body = JSON.stringify({ sql, format: 'JSONEachRow' });
  const init = { method: 'POST', headers: { 'content-type': 'application/json' }, body };
  const answer = await fetch(`${url}/v1/query`, init);
  const text = await answer.text();
  if (!answer.ok) throw new Error(text);
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Row);
}

/** Events in all, distinct ones, and the latest, of each workflow. */
function counts(url: string): Promise<{ workflow: string; n: string; different: string; latest: string }[]> {
  return rows(
    url,
    `SELECT workflow, count() AS n, uniqExact(case_id, id) AS different, max(time_ms) AS latest
     FROM events WHERE workflow != 'takt' GROUP BY workflow ORDER BY workflow`,
  );
}

/** Starts the demonstration and waits until every workflow is live. */
async function startDemo(): Promise<Server> {
  const server = await startServer(data, ['--demo']);
  const text = said(server.running);
  await until(async () => (text().match(/ is live/g) ?? []).length === 3);
  return server;
}

function said({ child }: Running): () => string {
  let text = '';
  child.stderr!.on('data', (part: Buffer) => (text += part.toString()));
  return () => text;
}

describe('npm start', () => {
  test('plays the demonstration; stopped and started again it goes on: the gap is filled, nothing is there twice; its files may be changed', async () => {
    const first = await startDemo();
    await until(async () => (await counts(first.url)).length === 3);
    const kpis = (await (await fetch(`${first.url}/v1/kpis`)).json()) as { kpis: { kpi: string }[] };
    expect(kpis.kpis.length).toBe(42);
    // Every KPI has a value.
    await until(async () => {
      const [{ n }] = (await rows<{ n: string }>(first.url, 'SELECT uniqExact(kpi) AS n FROM kpi_current')) as [
        { n: string },
      ];
      return Number(n) >= 41;
    }, 200);
    await first.stop();
    const { anchorMs, workflows: before } = state();

    await new Promise((resolve) => setTimeout(resolve, 3_000));
    const second = await startDemo();
    await until(async () =>
      Object.entries(state().workflows).every(([name, { sentToMs }]) => sentToMs > before[name]!.sentToMs + 3_000),
    );
    await second.kill();
    // Its files may be changed: a KPI added to its catalogue folder is computed from its events.
    writeFileSync(
      join(data, 'catalogue', 'mine.yaml'),
      'version: 1\nkpis: { parts_released: { workflow: production-line, measure: { event: released }, aggregate: count, window: total } }\n',
    );
    const { code, stdout } = await takt(['lint', join(data, 'catalogue')]);
    expect(code).toBe(0);
    expect(stdout).toContain('43 KPIs, no errors, 1 warnings');
    const third = await startDemo();
    const released = "SELECT value AS n FROM kpi_current WHERE kpi = 'parts_released'";
    await until(async () => Number((await rows<{ n: number }>(third.url, released))[0]?.n ?? 0) > 100, 200);
    const killedAtMs = Date.now();
    await until(async () => Object.values(state().workflows).every(({ sentToMs }) => sentToMs > killedAtMs));
    expect(state().anchorMs).toBe(anchorMs);
    // The folds have archived what was sent before.
    await until(async () => {
      const status = (await (await fetch(`${third.url}/v1/status`)).json()) as {
        tasks: { endOffset: number; storedOffset: number; stage: string }[];
      };
      return status.tasks.every(
        ({ stage, endOffset, storedOffset }) => stage !== 'aggregate' || endOffset - storedOffset < 20,
      );
    });
    for (const { n, different } of await counts(third.url)) expect(n).toBe(different);
    // Each reading of the meter counts once. The two are not read at one moment: until they agree.
    await until(async () => {
      const [readings] = await rows<{ counted: string; archived: string }>(
        third.url,
        `SELECT
           (SELECT sum(samples) FROM slices WHERE definition IN (SELECT hash FROM definitions WHERE kpi = 'line_power')) AS counted,
           (SELECT count() FROM events WHERE activity = 'measured') AS archived`,
      );
      return Number(readings!.archived) > 0 && readings!.counted === readings!.archived;
    });
    // No hole: the meter of the line says something every two seconds, over both pauses.
    const meter = await rows<{ gap: number }>(
      third.url,
      `SELECT max(gap) AS gap FROM (
         SELECT time_ms - lagInFrame(time_ms, 1, time_ms) OVER (ORDER BY time_ms) AS gap
         FROM events WHERE activity = 'measured' AND time_ms > ${anchorMs - 600_000})`,
    );
    expect(Number(meter[0]!.gap)).toBe(2_000);
    await third.stop();
  }, 180_000);

  test('--empty starts without it and stays without it', async () => {
    const server = await startServer(data, ['--demo', '--empty']);
    await new Promise((resolve) => setTimeout(resolve, 3_000));
    expect(await counts(server.url)).toEqual([]);
    await server.stop();
    const { stderr } = await server.running.ended;
    expect(stderr).not.toContain('  demo ');
    // The one to edit, not what it was copied from.
    expect(stderr).toContain(`  catalogue  ${join(data, 'catalogue.yaml')}\n`);
    expect(existsSync(join(data, 'demo.json'))).toBe(false);
    expect(readdirSync(data)).toContain('catalogue.yaml');

    // What is there now is the user's: it is never filled.
    const again = await startServer(data, ['--demo']);
    await new Promise((resolve) => setTimeout(resolve, 2_000));
    expect(await counts(again.url)).toEqual([]);
    await again.stop();
    expect((await again.running.ended).stderr).toContain('holds your own catalogue and events');
  }, 120_000);

  test("a catalogue of one's own is no demonstration", async () => {
    const { child, ended } = launch([
      'start',
      '--demo',
      '--data',
      data,
      '--port',
      '0',
      '--catalogue',
      'test/catalogues/identity.yaml',
    ]);
    await until(async () => existsSync(join(data, 'run.json')));
    child.kill('SIGINT');
    expect((await ended).code).toBe(0);
    expect(existsSync(join(data, 'demo.json'))).toBe(false);
  });
});
