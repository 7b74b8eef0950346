import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { temporaryDirectory } from '../support/embedded.ts';
import { type Outcome, takt } from '../support/takt-process.ts';

const CATALOGUE = `version: 1
workflows: { desk: { activities: [opened, closed], dimensions: [team] } }
kpis:
  closing: { workflow: desk, measure: { duration: { from: opened, to: closed } }, aggregate: p90, unit: min, by: [team], window: { tumbling: day } }
  opened: { workflow: desk, measure: { event: opened }, aggregate: count, window: total }
  twice: { formula: 2 * opened }
`;
const ROWS = `case,what,time,team
a,opened,2026-03-01T09:00:00Z,north
b,opened,2026-03-01T09:00:00Z,north
c,opened,2026-03-01T09:00:00Z,south
a,closed,2026-03-01T09:30:00Z,north
b,closed,2026-03-01T11:00:00Z,north
c,closed,2026-03-02T09:10:00Z,south
`;

let directory: ReturnType<typeof temporaryDirectory>;
let data = '';
beforeEach(async () => {
  directory = temporaryDirectory();
  data = join(directory.path, 'data');
  const file = (name: string, text: string): string => {
    writeFileSync(join(directory.path, name), text);
    return join(directory.path, name);
  };
  const rows = [
    '--workflow',
    'desk',
    '--case',
    'case',
    '--activity',
    'what',
    '--time',
    'time',
    '--dimension',
    'team=team',
  ];
  const place = ['--catalogue', file('catalogue.yaml', CATALOGUE), '--data', data];
  const imported = await takt(['import', file('rows.csv', ROWS), ...rows, ...place]);
  if (imported.code !== 0) throw new Error(imported.stderr);
});
afterEach(() => directory.remove());

const explain = (...options: readonly string[]): Promise<Outcome> => takt(['explain', ...options, '--data', data]);

test('a value with its sentence, its cases in the unit of the KPI, and their events', async () => {
  const { code, stdout, stderr } = await explain('closing', '--label', 'team=north', '--at', '2026-03-01T10:00:00Z');
  expect(code, stderr).toBe(0);
  const [sentence, value, ...cases] = stdout.trimEnd().split('\n');
  expect(sentence).toMatch(/^closing: the 90th percentile of the time from the first 'opened' .* in minutes\.$/);
  expect(value).toMatch(/^team=north 2026-03-01T00:00:00.000Z to 2026-03-02T00:00:00.000Z: 1\d\d\.\d+ \(n 2\), final$/);
  expect(cases).toEqual([
    '2 cases:',
    '  b (1: 120 min)',
    '    2026-03-01T09:00:00.000Z  opened  team=north',
    '    2026-03-01T11:00:00.000Z  closed  team=north',
    '  a (1: 30 min)',
    '    2026-03-01T09:00:00.000Z  opened  team=north',
    '    2026-03-01T09:30:00.000Z  closed  team=north',
  ]);
});

test('a formula has a value and a sentence, and the KPIs behind it with their cases; verify computes it again', async () => {
  const { code, stdout } = await explain('twice', '--cases', '1');
  expect(code).toBe(0);
  expect(stdout).toContain('total: 6 ');
  expect(stdout).toContain(
    [
      'It is computed from:',
      '  opened 3 (n 3)',
      '    3 cases, the 1 that weigh most:',
      '      a (1: 1)',
      '        2026-03-01T09:00:00.000Z  opened  team=north',
    ].join('\n'),
  );
  const json = JSON.parse((await explain('twice', '--json')).stdout) as object;
  expect(json).toMatchObject({
    cases: [],
    inputs: [{ kpi: 'opened', windowEnd: null, computed: { value: 3 }, casesCount: 3 }],
  });
  expect((await takt(['verify', '--data', data])).stdout).toContain('twice: 1 window compared, no differences');
});

test('without a label the series are named; a time without a value says so; the rest is for programs', async () => {
  const several = await explain('closing');
  expect([several.code, several.stderr]).toEqual([
    2,
    expect.stringContaining('--label team=north\n  --label team=south'),
  ]);
  const never = await explain('closing', '--at', '2026-02-01');
  expect([never.code, never.stderr]).toEqual([2, expect.stringContaining('closing has no value at 2026-02-01')]);
  const json = JSON.parse((await explain('opened', '--cases', '1', '--language', 'zh-CN', '--json')).stdout) as object;
  expect(json).toMatchObject({
    kpi: 'opened',
    sentence: 'opened：全部时间内，每个“opened”事件的数量。',
    value: 3,
    windowEnd: null,
    casesCount: 3,
    cases: [{ caseId: 'a', contributions: 1, eventsCount: 2 }],
  });
});
