import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { plannedFor } from '../../services/shared/core/goal/planned.ts';
import type { Kpi } from '../../services/shared/core/catalogue/catalogue.ts';
import { parseCatalogue } from '../../services/shared/runtime/catalogue-file.ts';
import { loadCatalogues } from '../../services/shared/runtime/catalogue-files.ts';
import { problemLine } from '../../services/shared/runtime/yaml-document.ts';
import { tileContent } from '../../services/wallboard/tile-content.ts';
import { temporaryDirectory } from '../support/embedded.ts';

const at = (text: string): number => Date.parse(`${text}Z`);

function catalogueText(plan: string): string {
  return `version: 1
calendars:
  two-shift: { days: mon-fri, shifts: { early: "06:00-14:00", late: "14:00-22:00" } }
workflows:
  line: { activities: [made], dimensions: [line] }
kpis:
  made:
    workflow: line
    measure: { event: made }
    aggregate: count
    by: [line]
    window: { to_date: month, every: 1d }
    plan: ${plan}
`;
}

function parsed(csv: string, plan = 'plans/made.csv'): ReturnType<typeof parseCatalogue> {
  const plans = new Map([['plans/made.csv', { text: csv }]]);
  return parseCatalogue(catalogueText(plan), 'c.yaml', { calendarVersion: 'test', plans });
}

function kpiOf(csv: string, plan?: string): Kpi {
  const { catalogue, problems } = parsed(csv, plan);
  expect(problems.map(problemLine)).toEqual([]);
  return catalogue!.kpis.get('made')!;
}

const CSV = `line,from,to,value
north,2026-06-01,2026-06-30,3000
south,2026-06-01,2026-06-30,600
north,2026-07-01,2026-07-31,3100
`;

function planned({ plan }: Kpi, line: string, from: string, until: string): number | null {
  return plannedFor(plan, { line }, at(from), at(until));
}

test('what is planned by now is the share of the time that has passed, over as many spans as there are', () => {
  const kpi = kpiOf(CSV);
  expect(planned(kpi, 'north', '2026-06-01T00:00', '2026-06-11T00:00')).toBe(1000);
  expect(planned(kpi, 'south', '2026-06-01T00:00', '2026-07-01T00:00')).toBe(600);
  expect(planned(kpi, 'north', '2026-06-21T00:00', '2026-07-11T00:00')).toBeCloseTo(2000, 9);
  expect(planned(kpi, 'south', '2026-07-01T00:00', '2026-07-02T00:00'), 'nothing is planned').toBeNull();
  expect(planned(kpi, 'west', '2026-06-01T00:00', '2026-07-01T00:00')).toBeNull();
});

test('with a calendar it is the share of the working time', () => {
  const kpi = kpiOf(CSV, '{ file: plans/made.csv, calendar: two-shift }');
  // June 2026 has 22 working days; the first five are over on Friday evening and nothing comes at the weekend.
  for (const until of ['2026-06-05T22:00', '2026-06-07T12:00', '2026-06-08T06:00'])
    expect(planned(kpi, 'north', '2026-06-01T00:00', until)).toBeCloseTo((3000 * 5) / 22, 9);
  expect(planned(kpi, 'north', '2026-06-01T00:00', '2026-06-08T14:00')).toBeCloseTo((3000 * 5.5) / 22, 9);
  const weekend = kpiOf('line,date,value\nnorth,2026-06-06,10\n', '{ file: plans/made.csv, calendar: two-shift }');
  expect(planned(weekend, 'north', '2026-06-06T00:00', '2026-06-06T12:00'), 'no hours: spread over all').toBe(5);
});

test('parts of a plan add up to the whole', () => {
  const kpi = kpiOf(CSV);
  const hours = fc.integer({ min: 0, max: 61 * 24 });
  fc.assert(
    fc.property(hours, hours, hours, (...three) => {
      const [a, b, c] = three.sort((x, y) => x - y).map((hour) => at('2026-06-01T00:00') + hour * 3_600_000);
      const part = (from: number, until: number): number => plannedFor(kpi.plan, { line: 'north' }, from, until) ?? 0;
      expect(part(a!, b!) + part(b!, c!)).toBeCloseTo(part(a!, c!), 6);
    }),
  );
});

test('a tile shows the target and the plan of its series, and judges by that target', () => {
  const kpi: Kpi = {
    ...kpiOf(CSV),
    better: 'higher',
    target: { byDefault: 900, cases: [{ labels: { line: ['north'] }, afterMs: null, throughMs: null, value: 1100 }] },
  };
  const point = { value: 1000, samples: 1000, state: 'final', withdrawn: false, version: 1n, changedMs: null } as const;
  const window = { windowStartMs: at('2026-06-01T00:00'), windowEndMs: at('2026-06-11T00:00') };
  const shownOf = (line: string): unknown => {
    const series = { labels: { line }, points: [{ ...window, ...point }] };
    return tileContent({ kind: 'number', kpi: 'made', labels: { line } }, kpi, [series]);
  };
  expect(shownOf('north')).toMatchObject({ shown: { planned: 1000, target: 1100, judgement: 'near' } });
  expect(shownOf('south')).toMatchObject({ shown: { planned: 200, target: 900, judgement: 'good' } });
  expect(shownOf('west')).toMatchObject({ shown: { planned: null, target: 900 } });
});

test.each([
  [
    'date,value\n2026-06-01,3\n',
    'plans/made.csv:1:1: the column line is missing; allowed: line, date (or from and to), value',
  ],
  ['line,date,value,note\n', "plans/made.csv:1:17: there is no place for the column 'note'"],
  ['line,date,value\nnorth,2026-06-31,3\n', "plans/made.csv:2:7: '2026-06-31' is no date; allowed: such as 2026-07-01"],
  ['line,date,value\nnorth,2026-06-01,3\nnorth,2026-06-02,many\n', "plans/made.csv:3:18: 'many' is no number"],
  ['line,date,value\n,2026-06-01,3\n', 'plans/made.csv:2:1: line is empty'],
  ['line,from,to,value\nnorth,2026-06-02,2026-06-01,3\n', 'plans/made.csv:2:18: to is before from'],
  [
    'line,from,to,value\nnorth,2026-06-01,2026-06-30,3\nnorth,2026-06-30,2026-07-01,3\n',
    'plans/made.csv:3:1: it is for dates that line 2 is for too, with the same labels',
  ],
  ['line,date,value\nnorth,2026-06-01\n', 'plans/made.csv:2:1: the file is no CSV'],
  ['', 'plans/made.csv:1:1: the file is empty'],
])('what is wrong with a plan is told with its place: %j', (csv, message) => {
  const { catalogue, problems } = parsed(csv);
  expect(catalogue).toBeNull();
  expect(problems.map(problemLine)[0]).toContain(`c.yaml:13:11: ${message}`);
});

let folder: ReturnType<typeof temporaryDirectory>;
beforeEach(() => (folder = temporaryDirectory()));
afterEach(() => folder.remove());

test('the file stands beside the catalogue, and one that is not there is told', async () => {
  const file = join(folder.path, 'made.yaml');
  writeFileSync(file, catalogueText('plans/made.csv'));
  await expect(loadCatalogues([file], { calendarVersion: 'test' })).rejects.toThrow(
    /made\.yaml:13:11: The plan .*plans\/made\.csv cannot be read: .*ENOENT/,
  );
  mkdirSync(join(folder.path, 'plans'));
  writeFileSync(join(folder.path, 'plans', 'made.csv'), CSV);
  const catalogue = await loadCatalogues([file], { calendarVersion: 'test' });
  expect(planned(catalogue.kpis.get('made')!, 'north', '2026-06-01T00:00', '2026-07-01T00:00')).toBe(3000);
});
