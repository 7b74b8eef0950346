import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { temporaryDirectory } from '../support/embedded.ts';
import { getJson, type Server, startServer, takt, until } from '../support/takt-process.ts';

const START_MS = Date.UTC(2026, 0, 5);
const MINUTE_MS = 60_000;
const CATALOGUE = `version: 1
workflows: { line: { activities: [open, close], dimensions: [team] } }
kpis:
  all: { workflow: line, measure: { event: open }, aggregate: count, window: { tumbling: day } }
  opened: { workflow: line, measure: { event: open }, aggregate: count, by: [team], series_max: 2, window: { tumbling: day } }
  closed: { workflow: line, measure: { event: close }, aggregate: count, by: [team], window: { tumbling: day } }
  share: { formula: closed / opened }
  backlog: { workflow: line, measure: { open: { from: open, to: close } }, by: [team], series_max: 2, window: { every: 1h } }
`;

let folder: ReturnType<typeof temporaryDirectory>;
let args: readonly string[];
let server: Server;
beforeEach(async () => {
  folder = temporaryDirectory();
  const catalogue = join(folder.path, 'catalogue.yaml');
  writeFileSync(catalogue, CATALOGUE);
  args = ['--catalogue', catalogue];
  server = await startServer(join(folder.path, 'data'), args);
});
afterEach(async () => {
  await server.stop();
  folder.remove();
});

/** Cases `from` to `to`: team t0 has every second one, the others share the rest; each is opened, every third closed. */
async function send(from: number, to: number, teams: number): Promise<void> {
  const events = Array.from({ length: to - from }, (_, n) => from + n).flatMap((n) => {
    const dimensions = { team: n % 2 === 0 ? 't0' : `t${1 + (n % teams)}` };
    const event = { case: `c${n}`, dimensions, time: new Date(START_MS + n * MINUTE_MS).toISOString() };
    const opened = { ...event, activity: 'open', id: `o${n}` };
    return n % 3 === 0 ? [opened, { ...event, activity: 'close', id: `c${n}` }] : [opened];
  });
  const response = await fetch(`${server.url}/v1/events?workflow=line`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(events),
  });
  expect(response.status, await response.text()).toBe(202);
}

/** The values of the first day by team; of what has no days the last ones. */
async function byTeam(kpi: string, bounds = '&from=2026-01-06&to=2026-01-06'): Promise<Record<string, number | null>> {
  const answer = await getJson(`${server.url}/v1/values?kpi=${kpi}${bounds}`);
  const { rows } = answer as { rows: { labels: { team?: string }; value: number | null }[] };
  return Object.fromEntries(rows.map(({ labels, value }) => [labels.team ?? '', value]));
}

const sum = (values: Record<string, number | null>): number =>
  Object.values(values).reduce<number>((total, value) => total + (value ?? 0), 0);

interface Status {
  readonly catalogue: {
    readonly recomputing: readonly string[];
    readonly limited: readonly { readonly kpi: string; readonly labelSets: number }[];
  };
}

test(
  'above series_max the busiest label sets keep their labels, the rest is __other__, and totals stay right',
  { timeout: 240_000 },
  async () => {
    await send(0, 120, 5);
    await until(async () => Object.keys(await byTeam('opened')).length === 6);
    // The job looks once a minute.
    await until(async () => Object.keys(await byTeam('opened')).includes('__other__'), 1_000);
    const { catalogue } = (await getJson(`${server.url}/v1/status`)) as Status;
    expect(catalogue.limited.map(({ kpi, labelSets }) => [kpi, labelSets])).toEqual([
      ['closed', 6],
      ['opened', 6],
      ['backlog', 6],
    ]);
    const text = await takt(['status', '--url', server.url]);
    expect(text.stdout).toContain('opened: 6 label sets are more than its series_max: 2 keep their labels');
    const metrics = await (await fetch(`${server.url}/metrics`)).text();
    expect(metrics).toContain('takt_kpi_label_sets_over_limit{kpi="opened"} 4');

    await send(120, 200, 9);
    await until(async () => sum(await byTeam('opened')) === 200);
    const opened = await byTeam('opened');
    expect(Object.keys(opened)).toHaveLength(3);
    expect([opened['t0'], sum(opened)]).toEqual([100, (await byTeam('all'))['']]);
    const closed = await byTeam('closed');
    expect(Object.keys(closed).sort()).toEqual(Object.keys(opened).sort());
    expect((await byTeam('share'))['__other__']).toBeCloseTo(closed['__other__']! / opened['__other__']!);
    expect(sum(await byTeam('backlog', ''))).toBe(200 - sum(closed));

    const verified = await takt(['verify', '--url', server.url]);
    expect(verified.code, verified.stdout + verified.stderr).toBe(0);
    const label = ['--label', 'team=__other__', '--at', '2026-01-05T12:00:00Z'];
    const explained = await takt(['explain', 'opened', ...label, '--json', '--url', server.url]);
    expect(explained.code, explained.stderr).toBe(0);
    expect(explained.stdout).toContain(`"casesCount": ${opened['__other__']}`);
    const linted = await takt(['lint', args[1]!, '--data', join(folder.path, 'data')]);
    expect(linted.stdout).toContain('warning: opened: had 6 label sets, more than series_max (2)');
    const same = await takt(['diff', args[1]!, '--url', server.url]);
    expect(same.stderr).toContain('changes no value');

    // Whoever starts anew finds the decision in the store.
    await server.stop();
    server = await startServer(join(folder.path, 'data'), args);
    await until(async () => ((await getJson(`${server.url}/v1/status`)) as { ready: boolean }).ready);
    await send(200, 220, 9);
    await until(async () => sum(await byTeam('opened')) === 220);
    expect(Object.keys(await byTeam('opened'))).toHaveLength(3);
    expect(((await getJson(`${server.url}/v1/status`)) as Status).catalogue.recomputing).toEqual([]);
  },
);
