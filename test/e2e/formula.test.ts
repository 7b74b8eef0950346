import { appendFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { temporaryDirectory } from '../support/embedded.ts';
import { getJson, type Server, startServer, takt, until } from '../support/takt-process.ts';

const CATALOGUE = `version: 1
workflows:
  shop: { activities: [shipped], dimensions: [region], disorder: 0s, idle: 1s }
  care: { activities: [complained], dimensions: [region], disorder: 0s, idle: 1s }
channels:
  lines: { log: {} }
kpis:
  shipped: { workflow: shop, measure: { event: shipped }, aggregate: count, by: [region], window: { tumbling: day } }
  complaints: { workflow: care, measure: { event: complained }, aggregate: count, by: [region], window: { tumbling: day } }
`;
/** A KPI of two departments in one line, and a rule on it. */
const LINE = '  complaint_rate: { formula: complaints / shipped, target: 0.1, better: lower';
const RULE = ', alerts: [{ name: many-complaints, when: value > target, provisional: true, notify: [lines] }]';

let folder: ReturnType<typeof temporaryDirectory>;
let server: Server | null = null;
beforeEach(() => (folder = temporaryDirectory()));
afterEach(async () => {
  await server?.kill();
  server = null;
  folder.remove();
});

async function start(): Promise<string> {
  server = await startServer(join(folder.path, 'data'), ['--catalogue', join(folder.path, 'catalogue.yaml')]);
  const { url } = server;
  await until(async () => (await fetch(`${url}/readyz`)).status === 200);
  return url;
}

/** Events of today, of one region each. */
async function post(url: string, workflow: string, activity: string, regions: readonly string[]): Promise<void> {
  const time = new Date().toISOString();
  const events = regions.map((region, i) => {
    const id = `${workflow}-${region}-${i}-${time}`;
    return { case: id, id, activity, time, dimensions: { region } };
  });
  const response = await fetch(`${url}/v1/events?workflow=${workflow}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(events),
  });
  expect(response.status).toBe(202);
}

interface Row {
  readonly labels: { readonly region: string };
  readonly value: number | null;
  readonly samples: number;
  readonly reason: string;
}

async function rates(url: string): Promise<Record<string, number | string | null>> {
  const { rows } = (await getJson(`${url}/v1/values?kpi=complaint_rate&last=1`)) as { rows: Row[] };
  return Object.fromEntries(rows.map(({ labels, value, reason }) => [labels.region, value ?? reason]));
}

async function untilRates(url: string, wanted: Record<string, number | string>): Promise<void> {
  await until(async () => JSON.stringify(sorted(await rates(url))) === JSON.stringify(sorted(wanted)));
  expect(await rates(url)).toEqual(wanted);
}

function sorted(record: Readonly<Record<string, unknown>>): unknown[] {
  return Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1));
}

const times = (region: string, count: number): string[] => Array.from({ length: count }, () => region);

test(
  'one line of YAML gives a KPI of two departments: of all time, live, with a rule, and after a crash',
  { timeout: 120_000 },
  async () => {
    const path = join(folder.path, 'catalogue.yaml');
    writeFileSync(path, CATALOGUE);
    let url = await start();
    await post(url, 'shop', 'shipped', [...times('north', 20), ...times('south', 10)]);
    await post(url, 'care', 'complained', ['north', 'west']);
    await until(
      async () => ((await getJson(`${url}/v1/values?kpi=complaints&last=1`)) as { rows: Row[] }).rows.length === 2,
    );
    await until(
      async () => ((await getJson(`${url}/v1/values?kpi=shipped&last=1`)) as { rows: Row[] }).rows.length === 2,
    );
    await server!.stop();

    appendFileSync(path, `${LINE}${RULE} }\n`);
    url = await start();
    await untilRates(url, { north: 0.05, south: 0, west: 'shipped is zero' });
    const { kpis } = (await getJson(`${url}/v1/kpis`)) as {
      kpis: { kpi: string; workflows: string[]; sentence: { en: string } }[];
    };
    expect(kpis.find(({ kpi }) => kpi === 'complaint_rate')).toMatchObject({
      workflows: ['care', 'shop'],
      labels: ['region'],
      sentence: { en: 'complaint_rate: complaints ÷ shipped, for each region, per day (UTC).' },
    });

    await post(url, 'care', 'complained', times('south', 2));
    await untilRates(url, { north: 0.05, south: 0.2, west: 'shipped is zero' });
    await until(async () => {
      const { firing } = (await getJson(`${url}/v1/alerts`)) as { firing: { rule: string; labels: object }[] };
      return firing.some(
        ({ rule, labels }) => rule === 'many-complaints' && JSON.stringify(labels) === '{"region":"south"}',
      );
    });

    await server!.kill();
    url = await start();
    await post(url, 'shop', 'shipped', [...times('south', 10), 'west']);
    await untilRates(url, { north: 0.05, south: 0.1, west: 1 });
    await server!.stop();
    const sql = "SELECT count() FROM definitions FINAL WHERE active AND kpi = 'complaint_rate' FORMAT TSV";
    const { stdout } = await takt([
      'query',
      sql.replace(' FORMAT TSV', ''),
      '--format',
      'TSV',
      '--data',
      join(folder.path, 'data'),
    ]);
    expect(stdout.trim()).toBe('1');
  },
);

test('lint shows a formula as a sentence, and tells what is wrong with it', async () => {
  const path = join(folder.path, 'catalogue.yaml');
  writeFileSync(path, `${CATALOGUE}${LINE} }\n`);
  const { code, stdout } = await takt(['lint', path]);
  expect([code, stdout]).toEqual([0, expect.stringContaining('complaint_rate: complaint_rate: complaints ÷ shipped')]);
  writeFileSync(path, `${CATALOGUE}${LINE.replace('shipped', 'shiped')} }\n`);
  const wrong = await takt(['lint', path]);
  expect([wrong.code === 0, wrong.stderr]).toEqual([
    false,
    expect.stringContaining("unknown KPI 'shiped' (character 14), did you mean 'shipped'?"),
  ]);
});
