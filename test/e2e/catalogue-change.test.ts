import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { parse, stringify } from 'yaml';
import { dataSet, dataSetsMissing } from '../support/data-sets.ts';
import { atRest, linesOf } from '../support/dump.ts';
import { temporaryDirectory } from '../support/embedded.ts';
import { startServer, takt, until } from '../support/takt-process.ts';

const AFTER = 'test/catalogues/helpdesk_italian.yaml';
const IN_FORCE = 'definition IN (SELECT hash FROM definitions FINAL WHERE active = 1)';
const HISTORY = `SELECT * EXCEPT (revision, reason) FROM kpi_history WHERE samples > 0 AND kpi != 'open_tickets'`;
const LEVEL = 'kpi=open_tickets&at=2012-06-01';
/** Every column of the rows, their versions too. */
const UNCHANGED = "SELECT * FROM `values` FINAL WHERE kpi NOT IN ('opened_per_month', 'closed_per_month')";
const WHY = dataSetsMissing === false ? '' : `: skipped, ${dataSetsMissing}`;

let folder: ReturnType<typeof temporaryDirectory>;
beforeEach(() => (folder = temporaryDirectory()));
afterEach(() => folder.remove());

/** The catalogue as it was before: opened_per_month counted by the last event of a case, closed_per_month was not there. */
function catalogueBefore(): string {
  const catalogue = parse(readFileSync(AFTER, 'utf8')) as { kpis: Record<string, { measure: unknown }> };
  catalogue.kpis['opened_per_month']!.measure = { event: { last: 'any' } };
  delete catalogue.kpis['closed_per_month'];
  const path = join(folder.path, 'before.yaml');
  writeFileSync(path, stringify(catalogue));
  return path;
}

async function imported(data: string, catalogue: string): Promise<void> {
  const mapping = 'test/catalogues/helpdesk_italian.mapping.yaml';
  const file = dataSet('helpdesk_italian.csv');
  const { code, stderr } = await takt(['import', file, '--mapping', mapping, '--catalogue', catalogue, '--data', data]);
  expect(code, stderr).toBe(0);
}

/** Runs takt on the directory while `read` reads from it. */
async function reading<T>(data: string, catalogue: string, read: (url: string) => Promise<T>): Promise<T> {
  const server = await startServer(data, ['--catalogue', catalogue]);
  try {
    return await read(server.url);
  } finally {
    await server.stop();
  }
}

async function ready(url: string): Promise<void> {
  await until(async () => (await fetch(`${url}/readyz`)).status === 200);
}

/** Counts by month as GET /v1/values gives them. */
async function months(url: string, kpi: string): Promise<Record<string, number>> {
  const { rows } = (await (await fetch(`${url}/v1/values?kpi=${kpi}&from=2000-01-01`)).json()) as {
    rows: { windowStart: string; value: number; samples: number }[];
  };
  return Object.fromEntries(
    rows.filter(({ samples }) => samples > 0).map(({ windowStart, value }) => [windowStart.slice(0, 7), value]),
  );
}

async function everything(url: string): Promise<{ history: string[]; level: unknown }> {
  const level = ((await (await fetch(`${url}/v1/values?${LEVEL}`)).json()) as { rows: { value: number }[] }).rows;
  return { history: await linesOf(url, `${HISTORY} AND ${IN_FORCE}`), level: level.map(({ value }) => value) };
}

test.skipIf(dataSetsMissing)(
  `a catalogue changed while takt was off is computed again from the archive before takt is ready${WHY}`,
  { timeout: 240_000 },
  async () => {
    const golden = (
      JSON.parse(readFileSync(dataSet('golden/helpdesk_italian.json'), 'utf8')) as {
        kpis: Record<string, Record<string, number>>;
      }
    ).kpis;
    const data = join(folder.path, 'changed');
    const before = catalogueBefore();
    await imported(data, before);
    const old = await reading(data, before, async (url) => {
      await atRest(url);
      expect(await months(url, 'opened_per_month')).not.toEqual(golden['opened_per_month']);
      return {
        unchanged: await linesOf(url, UNCHANGED),
        opened: await linesOf(url, `${HISTORY} AND kpi = 'opened_per_month'`),
      };
    });
    expect([old.unchanged.length > 100, old.opened.length > 10]).toEqual([true, true]);

    const changed = await reading(data, AFTER, async (url) => {
      await ready(url);
      for (const kpi of ['opened_per_month', 'closed_per_month'])
        expect(await months(url, kpi), kpi).toEqual(golden[kpi]);
      await atRest(url);
      expect(await linesOf(url, UNCHANGED)).toEqual(old.unchanged);
      expect(await linesOf(url, `${HISTORY} AND kpi = 'opened_per_month' AND NOT ${IN_FORCE}`)).toEqual(old.opened);
      return everything(url);
    });

    const fresh = join(folder.path, 'fresh');
    await imported(fresh, AFTER);
    const expected = await reading(fresh, AFTER, async (url) => {
      await atRest(url);
      return everything(url);
    });
    process.stdout.write(
      `kpi_history of the changed catalogue: ${changed.history.length} rows, of a fresh import ${expected.history.length}; ` +
        `${old.unchanged.length} rows of other KPIs as they were\n`,
    );
    expect(changed).toEqual(expected);
  },
);
