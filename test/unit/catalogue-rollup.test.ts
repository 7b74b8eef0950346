import { expect, test } from 'vitest';
import type { Catalogue } from '../../services/shared/core/catalogue/catalogue.ts';
import { sentence } from '../../services/shared/core/sentence/sentence.ts';
import { parseCatalogue } from '../../services/shared/runtime/catalogue-file.ts';
import { problemLine } from '../../services/shared/runtime/yaml-document.ts';

const HEAD = `version: 1
calendars:
  works: { fiscal_year: { month: 4 } }
  odd: { fiscal_year: { month: 2 } }
  berlin: { zone: Europe/Berlin }
workflows:
  shop: { activities: [ordered, closed], dimensions: [region] }
kpis:
  users: { workflow: shop, measure: { distinct: { of: case } }, by: [region], window: { tumbling: day }, unit: users }
  weekly: { workflow: shop, measure: { event: ordered }, aggregate: count, window: { tumbling: week }, settle: 1m }
  quarterly: { workflow: shop, measure: { event: ordered }, aggregate: count, window: { tumbling: quarter } }
  so_far: { workflow: shop, measure: { event: ordered }, aggregate: count, window: { to_date: month, every: 1d } }
  recent: { workflow: shop, measure: { event: ordered }, aggregate: count, window: { rolling: 1h, every: 1m } }
  open: { workflow: shop, measure: { open: { from: ordered, to: closed } } }
  ever: { workflow: shop, measure: { event: ordered }, aggregate: count, window: total }
`;
const LINE = HEAD.split('\n').length;

function catalogueWith(lines: string): Catalogue {
  const { catalogue, problems } = parseCatalogue(`${HEAD}${lines}`, 'c.yaml', { calendarVersion: '2025b' });
  expect(problems.map(problemLine)).toEqual([]);
  return catalogue!;
}

function bad(lines: string): string[] {
  const { catalogue, problems } = parseCatalogue(`${HEAD}${lines}`, 'c.yaml', { calendarVersion: '2025b' });
  expect(catalogue).toBeNull();
  return problems.map(problemLine);
}

const rollup = (more: string): string => `  k: { measure: { rollup: { of: users } }, ${more} }\n`;

test('a rollup takes labels, workflow, unit and zone from its KPI, and its windows are longer', () => {
  const { kpis } = catalogueWith(
    `${rollup('aggregate: mean, window: { tumbling: month }')}  g: { measure: { growth: { of: k, over: year } } }\n`,
  );
  expect(kpis.get('k')!.definition).toMatchObject({
    workflow: 'shop',
    by: [{ dimension: 'region' }],
    window: { kind: 'tumbling', unit: 'month', zone: 'UTC' },
    unit: 'users',
    measure: { kind: 'rollup', aggregate: 'mean', empty: 'zero', inputs: [{ kpi: 'users' }] },
  });
  expect(kpis.get('g')!.definition).toMatchObject({
    window: { unit: 'month' },
    unit: '%',
    measure: { kind: 'growth', over: 'year', inputs: [{ kpi: 'k' }] },
  });
  const { definition } = catalogueWith(
    '  k: { measure: { rollup: { of: quarterly } }, aggregate: sum, window: { tumbling: fiscal-year, calendar: works } }\n',
  ).kpis.get('k')!;
  expect(definition.window).toMatchObject({ unit: 'fiscal-year', fiscalMonth: 4 });
});

test('what is wrong with a rollup is told with its place', () => {
  const month = 'window: { tumbling: month }';
  expect(bad(rollup('aggregate: median, window: { tumbling: month }'))).toEqual([
    `c.yaml:${LINE}:55: windows have no 'median', did you mean 'mean'?; allowed: mean, min, max, sum, last`,
  ]);
  expect(bad(rollup(`aggregate: p90, ${month}`))).toEqual([
    `c.yaml:${LINE}:55: windows have no 'p90'; allowed: mean, min, max, sum, last`,
  ]);
  expect(bad(rollup(month))[0]).toContain('aggregate is missing; allowed: mean, min, max, sum, last');
  expect(bad(rollup('aggregate: mean'))[0]).toMatch(/window is missing; allowed: { tumbling: week }, /);
  expect(bad(rollup('aggregate: mean, window: { tumbling: hour }'))[0]).toContain(
    'windows per hour are not made up of whole ones per day, which users has; allowed: { tumbling: week }',
  );
  expect(bad(rollup('aggregate: mean, window: { rolling: 7d, every: 1d }'))[0]).toContain(
    'a rollup has calendar units as windows',
  );
  expect(bad(rollup('aggregate: mean, window: { tumbling: month, calendar: berlin }'))[0]).toContain(
    'the windows of users are those of UTC, and these of Europe/Berlin',
  );
  expect(bad(rollup(`aggregate: mean, ${month}, settle: 1m`))[0]).toContain('a rollup takes its settle from');
  expect(
    bad(
      '  k: { measure: { rollup: { of: quarterly } }, aggregate: sum, window: { tumbling: fiscal-year, calendar: odd } }\n',
    )[0],
  ).toContain('windows per fiscal-year are not made up of whole ones per quarter, which quarterly has');
  expect(bad(`  k: { measure: { rollup: { of: weekly } }, aggregate: mean, ${month} }\n`)[0]).toContain(
    'windows per month are not made up of whole ones per week, which weekly has; allowed: none',
  );
  expect(bad(`  k: { measure: { rollup: { of: recent } }, aggregate: mean, ${month} }\n`)[0]).toContain(
    'the windows of recent are not calendar units that follow one another; allowed: a KPI with a tumbling window',
  );
  expect(bad(`  k: { measure: { rollup: { of: usrs } }, aggregate: mean, ${month} }\n`)[0]).toContain(
    `c.yaml:${LINE}:33: unknown KPI 'usrs', did you mean 'users'?`,
  );
  expect(bad(`  k: { measure: { rollup: { of: users, empty: none } }, aggregate: mean, ${month} }\n`)[0]).toContain(
    "is 'none'; allowed: zero, skip",
  );
});

test('what is wrong with growth is told with its place', () => {
  const growth = (of: string, more = 'over: previous'): string =>
    `  k: { measure: { growth: { of: ${of}, ${more} } } }\n`;
  expect(bad(growth('ever'))[0]).toContain('ever is over everything: no window of it comes after another');
  expect(bad(growth('open'))[0]).toContain('open is a level, taken at instants');
  expect(bad(growth('recent', 'over: year'))[0]).toContain(
    `c.yaml:${LINE}:47: the windows of recent have none to be held against; allowed: previous`,
  );
  expect(bad(growth('users', 'over: month'))[0]).toContain("is 'month'; allowed: previous, year");
  expect(bad('  k: { measure: { growth: { of: users } } }\n')[0]).toContain("lacks 'over'");
  expect(bad('  k: { measure: { growth: { of: users, over: previous } }, by: [clerk] }\n')[0]).toContain(
    'by is [clerk]',
  );
  expect(bad(growth('k'))).toEqual([`c.yaml:${LINE}:33: k → k: a KPI cannot be computed from itself`]);
});

test('they say themselves in both languages', () => {
  const { kpis } =
    catalogueWith(`  mau: { measure: { rollup: { of: users, empty: skip } }, aggregate: mean, window: { tumbling: month } }
  g: { measure: { growth: { of: mau, over: previous } } }
  y: { measure: { growth: { of: weekly, over: year } } }
  d: { measure: { growth: { of: so_far, over: previous } } }
`);
  const say = (key: string): string[] => [sentence(kpis.get(key)!, 'en'), sentence(kpis.get(key)!, 'zh-CN')];
  expect(say('mau')).toEqual([
    'mau: the mean of users over its days, days without events left out, for each region, per month (UTC), in users.',
    'mau：每月（UTC），按region分组，users各日值的平均值（无事件的日不计），单位：users。',
  ]);
  expect(say('g')).toEqual([
    'g: the growth of mau against the month before, for each region, per month (UTC), in %.',
    'g：每月（UTC），按region分组，mau较上一月的增长率，单位：%。',
  ]);
  expect(say('y')[0]).toContain('the growth of weekly against the week 52 weeks before');
  expect(say('y')[1]).toContain('weekly较52周前同周的增长率');
  expect(say('d')[0]).toContain('the growth of so_far against the same time of the month before');
  expect(say('d')[1]).toContain('so_far较上一月同期的增长率');
});
