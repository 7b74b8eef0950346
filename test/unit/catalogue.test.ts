import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Catalogue } from '../../services/shared/core/catalogue/catalogue.ts';
import { definitionHash } from '../../services/shared/core/catalogue/catalogue-hash.ts';
import { lintActivities } from '../../services/shared/core/catalogue/catalogue-lint.ts';
import type { Channel } from '../../services/shared/core/notify/channel.ts';
import type { Definition } from '../../services/shared/core/definition.ts';
import { loadCatalogue, parseCatalogue } from '../../services/shared/runtime/catalogue-file.ts';
import { problemLine } from '../../services/shared/runtime/yaml-document.ts';
import type { Rule } from '../../services/shared/core/alert/rule.ts';

const options = { calendarVersion: '2025b' };
const HEAD = `version: 1
timezone: Asia/Shanghai
workflows:
  desk:
    activities: [opened, replied, resolved, closed]
    dimensions: [team, priority, object]
    disorder: 1m
kpis:
`;

function kpi(lines: string): Definition {
  const { catalogue, problems } = parseCatalogue(`${HEAD}  k: { workflow: desk, ${lines} }\n`, 'c.yaml', options);
  expect(problems).toEqual([]);
  return catalogue!.kpis.get('k')!.definition;
}

function problems(text: string): string[] {
  const result = parseCatalogue(text, 'c.yaml', options);
  expect(result.catalogue).toBeNull();
  return result.problems.map(problemLine);
}

const bad = (lines: string): string[] => problems(`${HEAD}  k: { workflow: desk, ${lines} }\n`);

test('a workflow has its defaults', () => {
  const catalogue = parseCatalogue(HEAD.replace('kpis:', ''), 'c.yaml', options).catalogue as Catalogue;
  expect(catalogue.timezone).toBe('Asia/Shanghai');
  expect(catalogue.workflows.get('desk')).toEqual({
    name: 'desk',
    activities: ['opened', 'replied', 'resolved', 'closed'],
    dimensions: ['team', 'priority', 'object'],
    disorderMs: 60_000,
    idleTimeoutMs: 10_000,
    futureLimitMs: 600_000,
    retentionMs: null,
  });
});

test('a workflow that keeps events for a while only has nothing that needs all of them', () => {
  const keeps = (retention: string, aggregate: string, window = 'total'): string[] => {
    const head = HEAD.replace('disorder: 1m', `disorder: 1m\n    retention: ${retention}`);
    const text = `${head}  k: { workflow: desk, measure: { event: opened }, aggregate: ${aggregate}, window: ${window} }\n`;
    return parseCatalogue(text, 'c.yaml', options).problems.map(problemLine);
  };
  for (const aggregate of ['count', 'sum', 'mean', 'p90']) expect(keeps('400d', aggregate)).toEqual([]);
  for (const aggregate of ['min', 'max', 'last']) {
    expect(keeps('400d', aggregate, '{ tumbling: year }')).toEqual([]);
    expect(keeps('400d', aggregate)).toEqual([
      `c.yaml:10:${73 + aggregate.length}: ${aggregate} over everything needs all events, and workflow 'desk' keeps them for its retention only; allowed: a window with an end, or a workflow without retention`,
    ]);
  }
  expect(keeps('23h', 'count')).toEqual([
    "c.yaml:8:16: '23h' is no length of time here; allowed: a whole number and ms, s, m, h or d, such as 30s, at most 3653d, at least 86400000ms",
  ]);
});

test('each measure has its default occurrences, anchors and units', () => {
  const each = { activity: 'opened', occurrence: 'each', where: [] };
  expect(kpi('measure: { event: opened }, aggregate: count, by: [team], window: total')).toMatchObject({
    measure: { kind: 'event', event: each },
    aggregate: { kind: 'count' },
    by: [{ dimension: 'team', at: 'to' }],
    window: { kind: 'total' },
    unit: '',
    scale: 6,
    settleMs: 0,
    where: [],
  });
  const span = 'from: opened, to: { last: closed, where: { team: x } }';
  const pair = {
    from: { activity: 'opened', occurrence: 'first', where: [] },
    to: { activity: 'closed', occurrence: 'last', where: [{ op: 'in', dimension: 'team', values: ['x'] }] },
  };
  expect(kpi(`measure: { duration: { ${span} } }, aggregate: p99.9, window: { tumbling: day }`)).toMatchObject({
    measure: { kind: 'duration', ...pair },
    aggregate: { kind: 'percentile', q: 0.999 },
    window: { kind: 'tumbling', unit: 'day', zone: 'Asia/Shanghai' },
    unit: 's',
  });
  expect(kpi(`measure: { open: { ${span} } }, by: [team, { dimension: priority, at: last }]`)).toMatchObject({
    measure: { kind: 'open', ...pair },
    aggregate: { kind: 'level' },
    by: [
      { dimension: 'team', at: 'from' },
      { dimension: 'priority', at: 'last' },
    ],
    window: { kind: 'instant', everyMs: 60_000 },
  });
  expect(kpi(`measure: { open: { ${span} } }, aggregate: count`).hash).toBe(kpi(`measure: { open: { ${span} } }`).hash);
  expect(kpi(`measure: { open: { ${span} } }, aggregate: mean`).aggregate).toEqual({ kind: 'level', of: 'mean' });
  const limit = '{ default: 1d, where: [{ priority: P1, limit: 4h }] }';
  expect(
    kpi(`measure: { within: { ${span}, limit: ${limit} } }, by: [team], window: { to_date: week, every: 1h }`),
  ).toMatchObject({
    measure: {
      kind: 'within',
      ...pair,
      limits: {
        defaultMs: 86_400_000,
        where: [{ conditions: [{ op: 'in', dimension: 'priority', values: ['P1'] }], limitMs: 14_400_000 }],
      },
    },
    aggregate: { kind: 'ratio' },
    by: [{ dimension: 'team', at: 'from' }],
    window: { kind: 'to-date', unit: 'week', zone: 'Asia/Shanghai', everyMs: 3_600_000 },
  });
  const ratio = 'of: { event: { first: opened }, aggregate: sum }, to: { event: opened }';
  expect(kpi(`measure: { ratio: { ${ratio} } }, window: { rolling: 4h, every: 1m }`)).toMatchObject({
    measure: {
      kind: 'ratio',
      numerator: { event: { activity: 'opened', occurrence: 'first' }, aggregate: 'sum' },
      denominator: { event: each, aggregate: 'count' },
    },
    aggregate: { kind: 'ratio' },
    window: { kind: 'rolling', sizeMs: 14_400_000, everyMs: 60_000 },
  });
});

test('where becomes conditions', () => {
  const where = 'team: x, priority: [a, b], object: [FAXS, Car-*], value: { gt: 0.1, lte: "12345678901234567890.5" }';
  expect(kpi(`measure: { event: any }, aggregate: count, window: total, where: { ${where} }`).where).toEqual([
    { op: 'in', dimension: 'team', values: ['x'] },
    { op: 'in', dimension: 'priority', values: ['a', 'b'] },
    {
      op: 'any-of',
      alternatives: [
        { op: 'in', dimension: 'object', values: ['FAXS'] },
        { op: 'prefix', dimension: 'object', prefix: 'Car-' },
      ],
    },
    { op: 'gt', field: 'value', limit: '0.1' },
    { op: 'lte', field: 'value', limit: '12345678901234567890.5' },
  ]);
  const not = 'team: { not: x }, object: { not: [FAXS, Car-*] }, priority: P*';
  expect(kpi(`measure: { event: any }, aggregate: count, window: total, where: { ${not} }`).where).toEqual([
    { op: 'not-in', dimension: 'team', values: ['x'] },
    { op: 'not-in', dimension: 'object', values: ['FAXS'] },
    { op: 'not-prefix', dimension: 'object', prefix: 'Car-' },
    { op: 'prefix', dimension: 'priority', prefix: 'P' },
  ]);
});

const COUNT = 'measure: { event: any }, aggregate: count';
const PAIR = 'from: opened, to: closed';
const EVENT = 'measure: { event: any }, aggregate: count, window: total';
test.each([
  [
    'activity',
    'measure: { event: opend }, aggregate: count, window: total',
    /no activity 'opend', did you mean 'opened'\?; allowed: any, opened/,
  ],
  [
    'dimension in by',
    `${EVENT}, by: [taem]`,
    /no dimension 'taem', did you mean 'team'\?; allowed: team, priority, object/,
  ],
  ['dimension in where', `${EVENT}, where: { taem: x }`, /no dimension 'taem', did you mean 'team'/],
  ['dimension twice', `${EVENT}, by: [team, { dimension: team, at: first }]`, /named twice/],
  ['key', `${EVENT}, onwer: me`, /unknown key 'onwer' in kpis\.k, did you mean 'owner'\?; allowed: name, /],
  [
    'aggregate',
    'measure: { event: any }, aggregate: cuont, window: total',
    /unknown aggregate 'cuont', did you mean 'count'/,
  ],
  ['percentile', 'measure: { event: any }, aggregate: p0, window: total', /unknown aggregate 'p0'.*p99\.9/],
  ['no aggregate', 'measure: { event: any }, window: total', /aggregate is missing; allowed: count/],
  ['no window', 'measure: { event: any }, aggregate: count', /window is missing/],
  [
    'two measures',
    'measure: { event: any, open: { from: any, to: any } }, aggregate: count, window: total',
    /event and open; allowed: .*exactly one/,
  ],
  [
    'two occurrences',
    'measure: { event: { first: any, last: any } }, aggregate: count, window: total',
    /first and last stand together/,
  ],
  [
    'open at to',
    'measure: { open: { from: opened, to: closed } }, by: [{ dimension: team, at: to }]',
    /no closing event.*allowed: from, first, last/,
  ],
  [
    'open with aggregate',
    'measure: { open: { from: opened, to: closed } }, aggregate: max',
    /what is open has no aggregate 'max'; allowed: count .* sum or mean/,
  ],
  ['open with window', 'measure: { open: { from: opened, to: closed } }, window: total', /is a level.*every: 1m/],
  [
    'every for a flow',
    'measure: { event: any }, aggregate: count, window: { every: 1m }',
    /a window of every does not exist here/,
  ],
  [
    'every not dividing',
    'measure: { event: any }, aggregate: count, window: { rolling: 1h, every: 7m }',
    /every \(7m\) does not divide rolling \(1h\)/,
  ],
  [
    'too many slices',
    'measure: { event: any }, aggregate: count, window: { rolling: 2d, every: 1m }',
    /2880 slices, more than 1500; allowed: a step of at least 115200ms/,
  ],
  [
    'zero step',
    'measure: { event: any }, aggregate: count, window: { rolling: 2d, every: 0m }',
    /'0m' is no length of time/,
  ],
  [
    'zone',
    'measure: { event: any }, aggregate: count, window: { tumbling: day, zone: Mars/Base }',
    /'Mars\/Base' is not a known time zone/,
  ],
  [
    'calendar unit',
    'measure: { event: any }, aggregate: count, window: { tumbling: dya }',
    /'dya', did you mean 'day'\?; allowed: hour, day/,
  ],
  ['a unit so far without a step', `${COUNT}, window: { to_date: month }`, /needs every/],
  [
    'a step that makes up no hour',
    `${COUNT}, window: { to_date: day, every: 7m }`,
    /not evaluated every 7m; allowed: .*15m/,
  ],
  ['a day of one slice', `${COUNT}, window: { to_date: day, every: 1d }`, /a day so far is not evaluated every 1d/],
  ['a unit so far of too many slices', `${COUNT}, window: { to_date: year, every: 1h }`, /8786 slices, more than 1500/],
  [
    'a fiscal unit so far',
    `${COUNT}, window: { to_date: fiscal-year, every: 1d }`,
    /names no calendar.*to_date: fiscal-year/,
  ],
  [
    'two windows',
    `${COUNT}, window: { to_date: day, tumbling: day, every: 1m }`,
    /to_date and tumbling and every does not exist/,
  ],
  [
    'within a limit, in total',
    `measure: { within: { ${PAIR}, limit: 1h } }, window: total`,
    /limits that are not past yet/,
  ],
  [
    'a limit that is none',
    `measure: { within: { ${PAIR}, limit: soon } }, window: { tumbling: day }`,
    /'soon' is no length of time/,
  ],
  [
    'a limit for no dimension',
    `measure: { within: { ${PAIR}, limit: { default: 1h, where: [{ team: x, limit: 4h }, { limt: 4h, limit: 2h }] } } }, window: { tumbling: day }`,
    /no dimension 'limt'/,
  ],
  [
    'within at to',
    `measure: { within: { ${PAIR}, limit: 1h } }, by: [{ dimension: team, at: to }], window: { tumbling: day }`,
    /no closing event/,
  ],
  ['settle', `${EVENT}, settle: 5 min`, /'5 min' is no length of time here; allowed: .*30s/],
  ['settle of ages', `${EVENT}, settle: 9999d`, /'9999d' is no length of time here; allowed: .*3653d/],
  ['scale', `${EVENT}, scale: 19`, /scale is 19; allowed: 0 to 18/],
  ['better', `${EVENT}, better: hihger`, /'hihger', did you mean 'higher'/],
  [
    'unit of a duration',
    'measure: { duration: { from: opened, to: closed } }, aggregate: sum, window: total, unit: hours',
    /cannot be shown in 'hours'.*allowed: ms, s, min, h, d/,
  ],
  ['star inside', `${EVENT}, where: { object: C*r }`, /has a \* before its end/],
  ['number as dimension', `${EVENT}, where: { priority: 1 }`, /the number 1; allowed: a text \(in quotes/],
  ['limit', `${EVENT}, where: { value: { gt: ten } }`, /'ten' is not a decimal/],
  ['inexact limit', `${EVENT}, where: { value: { gt: 12345678901234567 } }`, /more digits.*quotes/],
  ['workflow', 'measure: { event: any }', /^$/],
])('refused: %s', (what, lines, message) => {
  const found = what === 'workflow' ? problems(`${HEAD}  k: { workflow: dsek, ${EVENT} }\n`) : bad(lines);
  expect(found).toHaveLength(1);
  expect(found[0]).toMatch(
    what === 'workflow' ? /unknown workflow 'dsek', did you mean 'desk'\?; allowed: desk/ : message,
  );
});

test('a workflow whose durations are wrong does not fall back to defaults', () => {
  const found = problems(
    HEAD.replace('disorder: 1m', 'disorder: 9999d\n    idle: 0s\n    future: 3').replace('kpis:', ''),
  );
  expect(found.map((line) => line.replace(/; allowed.*/, ''))).toEqual([
    "c.yaml:7:15: '9999d' is no length of time here",
    "c.yaml:8:11: '0s' is no length of time here",
    'c.yaml:9:13: workflows.desk.future is the number 3',
  ]);
});

test('all problems come at once, in the order of the file, with their places', () => {
  const text = `version: 1
workflows:
  desk: { activities: [opened, void], dimensions: [value] }
  w: {}
kpis:
  a:
    workflow: desk
    measure: { event: opend }
    aggregate: count
    window: { tumbling: fortnight }
    by: [teem]
    extra: 1
  B:
    workflow: w
`;
  const places = problems(text).map((line) => /^c\.yaml:(\d+:\d+): (.{12})/.exec(line)?.slice(1).join(' '));
  expect(places).toEqual([
    '3:32 the activity',
    '3:52 the dimensio',
    '4:3 workflows.w ',
    "8:23 workflow 'de",
    '10:25 kpis.a.windo',
    "11:10 workflow 'de",
    '12:5 unknown key ',
    "13:3 'B' is no le",
    '13:3 kpis.B lacks',
  ]);
});

test('what is not YAML, a key that stands twice, a bomb and an empty file are refused with their place', () => {
  expect(problems('version: 1\nversion: 1\n')).toEqual(['c.yaml:2:1: this key stands here twice; keep one of them']);
  expect(problems('version: [1\n')[0]).toMatch(/^c\.yaml:\d+:\d+: not YAML: /);
  const levels = Array.from({ length: 12 }, (_, i) => `a${i + 1}: &a${i + 1} [${`*a${i}, `.repeat(9)}]`);
  expect(problems(`a0: &a0 x\n${levels.join('\n')}\n`)[0]).toMatch(/aliases cannot be resolved/);
  expect(problems('')).toEqual([expect.stringMatching(/^c\.yaml:1:1: the catalogue is empty/)]);
  expect(problems('version: 2\nworkflows: {}\n')).toEqual(['c.yaml:1:10: version is 2; allowed: 1']);
});

test('keys that are names of object members are only text', () => {
  const found = problems(
    `${HEAD}  k: { workflow: desk, ${EVENT}, constructor: 1 }\n  __proto__: { workflow: constructor }\n`,
  );
  expect(found.join('\n')).toMatch(/unknown key 'constructor'/);
  expect(found.join('\n')).toMatch(/unknown workflow 'constructor'/);
});

test('a loaded file is a catalogue, or an error of at most five lines', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'takt-catalogue-'));
  try {
    const file = join(folder, 'c.yaml');
    await writeFile(file, `${HEAD}  k: { workflow: desk, ${EVENT} }\n`);
    expect([...(await loadCatalogue(file, options)).kpis.keys()]).toEqual(['k']);
    await writeFile(file, `${HEAD}  k: { workflow: desk, ${EVENT}, a: 1, b: 1, c: 1, d: 1, e: 1, f: 1 }\n`);
    const error = await loadCatalogue(file, options).catch((reason: unknown) => reason as Error);
    const lines = (error as Error).message.split('\n');
    expect(error).toMatchObject({ code: 'CATALOGUE_INVALID' });
    expect(lines).toHaveLength(5);
    expect(lines[0]).toMatch(/c\.yaml:9:\d+: unknown key 'a'/);
    expect(lines[4]).toBe('… and 2 more');
    await writeFile(file, Buffer.from([0x61, 0xff]));
    await expect(loadCatalogue(file, options)).rejects.toMatchObject({ code: 'FILE_ENCODING' });
    await expect(loadCatalogue(join(folder, 'no'), options)).rejects.toMatchObject({ code: 'FILE_UNREADABLE' });
  } finally {
    await rm(folder, { recursive: true });
  }
});

test('a hash covers the definition, and the calendar only where slices depend on it', () => {
  const total = kpi(EVENT);
  expect(total.hash).toMatch(/^[0-9a-f]{16}$/);
  expect(definitionHash(total, 'other')).toBe(total.hash);
  const { kpi: key, ...rest } = total;
  expect(definitionHash({ ...rest, kpi: key }, '')).toBe(total.hash);
  expect(definitionHash({ ...total, kpi: 'l' }, '')).not.toBe(total.hash);
  expect(definitionHash({ ...total, scale: 2 }, '')).not.toBe(total.hash);
  const zoned = kpi('measure: { event: any }, aggregate: count, window: { tumbling: day }');
  const utc = kpi('measure: { event: any }, aggregate: count, window: { tumbling: day, zone: UTC }');
  expect(definitionHash(zoned, 'other')).not.toBe(zoned.hash);
  expect(definitionHash(utc, 'other')).toBe(utc.hash);
  // Frozen: a change here makes every installation compute everything again, so raise FOLD_RULES_VERSION instead.
  expect(total.hash).toBe('9cfd81c0eecaad6d');
});

const CHANNELS = `channels:
  oncall: { webhook: { url: "https://example.org/hook", secret: { env: HOOK_KEY }, headers: { x-team: support } } }
  shout: { log: {} }
`;
const ruled = (alerts: string, more = ''): ReturnType<typeof parseCatalogue> =>
  parseCatalogue(
    `${HEAD}  k:\n    workflow: desk\n    measure: { duration: { from: opened, to: closed } }\n    aggregate: mean\n` +
      `    window: { rolling: 4h, every: 1m }\n    target: 30\n    alerts: [${alerts}]\n${more}${CHANNELS}`,
    'c.yaml',
    options,
  );
const rule = (alert: string): Rule => {
  const { catalogue, problems: wrong } = ruled(alert);
  expect(wrong).toEqual([]);
  return [...catalogue!.rules.values()][0]!;
};
const wrongRule = (alerts: string, more = ''): string[] => {
  const result = ruled(alerts, more);
  expect(result.catalogue).toBeNull();
  return result.problems.map(problemLine);
};

test('a rule has its defaults, and its conditions have targets in them', () => {
  const { catalogue } = ruled('{ name: slow, when: value > target }');
  expect([...catalogue!.rules.keys()]).toEqual(['slow']);
  const { hash, ...plain } = catalogue!.rules.get('slow')!;
  expect(hash).toMatch(/^[0-9a-f]{16}$/);
  expect(plain).toEqual({
    name: 'slow',
    during: null,
    kpi: 'k',
    definition: catalogue!.kpis.get('k')!.definition.hash,
    when: { op: '>', limit: 30, text: 'value > target' },
    recover: null,
    forMs: 0,
    minSamples: 1,
    severity: 'warning',
    provisional: false,
    notify: [],
    target: 30,
  });
  expect(
    rule(
      '{ name: r, when: value >= target * 1.5, for: 10m, recover: "value<target - 5", min_samples: 5, severity: page, provisional: true, notify: [oncall, shout] }',
    ),
  ).toMatchObject({
    when: { op: '>=', limit: 45 },
    recover: { op: '<', limit: 25 },
    forMs: 600_000,
    minSamples: 5,
    severity: 'page',
    provisional: true,
    notify: ['oncall', 'shout'],
  });
  expect(rule('{ name: r, when: value != -2.5 }').when).toMatchObject({ op: '!=', limit: -2.5 });
});

test('a count, a sum and a level of nothing are numbers, so that their rules need no samples', () => {
  const least = (lines: string): number => {
    const text = `${HEAD}  k: { workflow: desk, ${lines}, alerts: [{ name: r, when: value < 1 }] }\n`;
    return parseCatalogue(text, 'c.yaml', options).catalogue!.rules.get('r')!.minSamples;
  };
  const window = 'window: { tumbling: day }';
  expect(least(`measure: { event: opened }, aggregate: count, ${window}`)).toBe(0);
  expect(least(`measure: { event: opened }, aggregate: sum, ${window}`)).toBe(0);
  expect(least('measure: { open: { from: opened, to: closed } }')).toBe(0);
  expect(least(`measure: { ratio: { of: { event: closed }, to: { event: opened } } }, ${window}`)).toBe(1);
});

test('the hash of a rule is over what decides its states, not over who is told', () => {
  const plain = rule('{ name: r, when: value > 30 }').hash;
  expect(rule('{ name: r, when: value > target, severity: page, notify: [shout] }').hash).toBe(plain);
  for (const other of [
    '{ name: s, when: value > 30 }',
    '{ name: r, when: value >= 30 }',
    '{ name: r, when: value > 31 }',
    '{ name: r, when: value > 30, for: 1m }',
    '{ name: r, when: value > 30, recover: value < 30 }',
    '{ name: r, when: value > 30, min_samples: 2 }',
    '{ name: r, when: value > 30, provisional: true }',
  ])
    expect(rule(other).hash, other).not.toBe(plain);
});

test('what is wrong with a rule is shown with its place', () => {
  expect(wrongRule('{ name: r, when: value > goal }')[0]).toMatch(
    /^c\.yaml:15:\d+: 'value > goal' is no condition; allowed: value, one of > >=/,
  );
  expect(wrongRule('{ name: r, when: value > baseline }')[0]).toMatch(/the KPI has no baseline/);
  expect(wrongRule('{ name: r, when: value > 1, notify: [onkall] }')[0]).toMatch(
    /there is no channel 'onkall', did you mean 'oncall'\?; allowed: oncall, shout$/,
  );
  expect(wrongRule('{ name: r, when: value > 1 }, { name: r, when: value > 2 }')[0]).toMatch(
    /^c\.yaml:15:\d+: the rule name 'r' is taken by a rule of k/,
  );
  const total =
    '  t: { workflow: desk, measure: { event: opened }, aggregate: count, window: total, alerts: [{ name: t, when: value > 1 }] }\n';
  expect(wrongRule('', total)[0]).toMatch(/^c\.yaml:16:\d+: a window over everything never ends/);
  expect(wrongRule('{ name: r, when: value > 1, for: 1y }')[0]).toMatch(
    /'1y' is no length of time here; allowed: a whole number/,
  );
  expect(wrongRule('{ name: r, wen: value > 1 }').join('\n')).toMatch(/unknown key 'wen'.*did you mean 'when'/);
  expect(wrongRule('{ name: r, when: value > 1, severity: pager }')[0]).toMatch(/did you mean 'page'\?/);
  expect(wrongRule('{ name: 1r, when: value > 1 }')[0]).toMatch(/allowed: a letter, then letters/);
});

test('channels are webhooks and log lines, whose secrets stand elsewhere', () => {
  const channels = (text: string): ReturnType<typeof parseCatalogue> =>
    parseCatalogue(`${HEAD.replace('kpis:', '')}channels:\n  c: ${text}\n`, 'c.yaml', options);
  expect(ruled('').catalogue!.channels).toEqual(
    new Map<string, Channel>([
      [
        'oncall',
        {
          kind: 'webhook',
          name: 'oncall',
          url: 'https://example.org/hook',
          secret: { env: 'HOOK_KEY' },
          headers: { 'x-team': 'support' },
          allowPrivate: false,
        },
      ],
      ['shout', { kind: 'log', name: 'shout' }],
    ]),
  );
  const wrong = (text: string): string => channels(text).problems.map(problemLine).join('\n');
  expect(wrong('{ webhook: { url: "ftp://x" } }')).toMatch(/c\.yaml:10:\d+: 'ftp:\/\/x' is no address of a webhook/);
  expect(wrong('{ webhook: { url: "https://me:pw@x.org/" } }')).toMatch(/secrets do not stand in the catalogue/);
  expect(wrong('{ webhook: { url: "https://x.org", headers: { Authorization: abc } } }')).toMatch(/is a secret/);
  expect(wrong('{ webhook: { url: "https://x.org", headers: { content-type: text } } }')).toMatch(/is set by takt/);
  expect(wrong('{ webhook: { url: "https://x.org", secret: geheim } }')).toMatch(/secret is the text 'geheim'/);
  expect(wrong('{ webhook: { url: "https://x.org", secret: { env: "A B" } } }')).toMatch(/environment variable/);
  expect(wrong('{ log: {}, webhook: { url: "https://x.org" } }')).toMatch(/log and webhook/);
  expect(wrong('{ mail: {} }')).toMatch(/unknown key 'mail'/);
  const kept = channels('{ webhook: { url: "https://x.org", headers: { authorization: { file: /run/key } } } }');
  expect(kept.catalogue!.channels.get('c')).toMatchObject({
    secret: null,
    headers: { authorization: { file: '/run/key' } },
  });
  const near = channels('{ webhook: { url: "http://10.0.0.7/hook", allow_private: true } }');
  expect(near.catalogue!.channels.get('c')).toMatchObject({ allowPrivate: true });
  expect(wrong('{ webhook: { url: "https://x.org", allow_private: "no" } }')).toMatch(/allow_private is the text 'no'/);
  expect(wrong('{ webhook: { url: "https://x.org", headers: { Webhook-Id: text } } }')).toMatch(/is set by takt/);
});

test('lint names the activities of events that the catalogue does not list, the first ten of a workflow', () => {
  const catalogue = parseCatalogue(`${HEAD}  k: { workflow: desk, ${EVENT} }\n`, 'c.yaml', options).catalogue!;
  const { activities } = catalogue.workflows.get('desk')!;
  const listed = activities.map((activity) => ({ workflow: 'desk', activity, events: 9 }));
  const typo = { workflow: 'desk', activity: `${activities[0]!}x`, events: 7 };
  expect(lintActivities(catalogue, [...listed, typo, { ...typo, workflow: 'gone' }])).toEqual([
    {
      place: 'workflow desk',
      message: `7 events are "${activities[0]}x", which activities does not list, did you mean '${activities[0]}'?; they count for any`,
    },
  ]);
  const many = Array.from({ length: 14 }, (_, i) => ({ workflow: 'desk', activity: `#${i}`, events: 1 }));
  const warnings = lintActivities(catalogue, many);
  expect([warnings.length, warnings.at(-1)!.message]).toEqual([11, 'and 4 more activities are not listed']);
});
