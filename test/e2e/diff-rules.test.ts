import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { temporaryDirectory } from '../support/embedded.ts';
import { getJson, startServer, takt, until } from '../support/takt-process.ts';

const PER_DAY = [5, 12, 3, 20, 4];
const START_MS = Date.UTC(2026, 0, 5);
const DAY_MS = 86_400_000;

interface Rules {
  readonly rules: readonly {
    readonly rule: string;
    readonly latest: readonly { readonly fired: string; readonly ended: string | null; readonly only: string }[];
  }[];
}

function catalogue(path: string, alerts: readonly string[]): string {
  const lines = [
    'version: 1',
    'workflows: { line: { activities: [made], dimensions: [team], disorder: 0s, idle: 1s } }',
    'kpis:',
    '  made:',
    '    { workflow: line, measure: { event: made }, aggregate: count, by: [team], window: { tumbling: day },',
    `      alerts: [${alerts.join(', ')}] }`,
  ];
  writeFileSync(path, `${lines.join('\n')}\n`);
  return path;
}

const tried = (rule: string, change: string) => ({ rule, kpi: 'made', change, notTold: null });
const day = (n: number): string => new Date(START_MS + n * DAY_MS).toISOString();

test('takt diff says what other rules would have made of the past, and what those that are there did', async () => {
  const folder = temporaryDirectory();
  const file = (name: string): string => join(folder.path, name);
  const steady = '{ name: steady, when: value > 100 }';
  const now = catalogue(file('now.yaml'), [
    '{ name: busy, when: value > 15 }',
    '{ name: idle, when: value < 4 }',
    steady,
  ]);
  const server = await startServer(file('data'), ['--catalogue', now]);
  try {
    const events = PER_DAY.flatMap((count, n) =>
      Array.from({ length: count }, (_, i) => ({
        id: `e${n}-${i}`,
        case: `c${n}-${i}`,
        activity: 'made',
        time: new Date(START_MS + n * DAY_MS + i * 60_000).toISOString(),
        dimensions: { team: 'north' },
      })),
    );
    const body = JSON.stringify(events);
    const headers = { 'content-type': 'application/json' };
    const response = await fetch(`${server.url}/v1/events?workflow=line`, { method: 'POST', headers, body });
    expect(response.status, await response.text()).toBe(202);
    await until(async () => {
      const { rows } = (await getJson(`${server.url}/v1/values?kpi=made&from=2026-01-01&to=2026-02-01`)) as {
        rows: readonly { windowStart: string; value: number | null; state: string }[];
      };
      const last = rows.find(({ windowStart }) => windowStart === day(PER_DAY.length - 1));
      return last?.value === PER_DAY.at(-1) && last?.state === 'final';
    });

    const same = await takt(['diff', now, '--url', server.url]);
    expect([same.code, same.stdout], same.stderr).toEqual([0, '']);

    const next = catalogue(file('next.yaml'), [
      '{ name: busy, when: value > 10 }',
      '{ name: low, when: value < 5 }',
      steady,
    ]);
    const { code, stdout, stderr } = await takt(['diff', next, '--url', server.url, '--json']);
    expect(code, stderr).toBe(1);
    const { rules } = JSON.parse(stdout) as Rules;
    const firing = (from: number, to: number, only: string): unknown => {
      return { labels: { team: 'north' }, fired: day(from), ended: day(to), only };
    };
    expect(rules).toEqual([
      {
        ...tried('busy', 'changed'),
        fired: 1,
        wouldFire: 2,
        differing: 1,
        latest: [firing(2, 3, 'next')],
      },
      {
        ...tried('low', 'new'),
        fired: 0,
        wouldFire: 2,
        differing: 2,
        latest: [{ ...(firing(5, 5, 'next') as object), ended: null }, firing(3, 4, 'next')],
      },
      { rule: 'idle', kpi: 'made', change: 'removed', notTold: null, fired: 0, wouldFire: 0, differing: 0, latest: [] },
    ]);
    const { stdout: text } = await takt(['diff', next, '--url', server.url]);
    expect(text).toContain(
      'rule busy on made: another rule, which starts anew; it fired 1 times, and would have 2 times',
    );
    expect(text).toContain(`  team=north ${day(2)} to ${day(3)}: would have fired\n`);
  } finally {
    await server.stop();
    folder.remove();
  }
});
