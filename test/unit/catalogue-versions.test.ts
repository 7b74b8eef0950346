import { expect, test } from 'vitest';
import type { Catalogue } from '../../services/shared/core/catalogue/catalogue.ts';
import {
  catalogueAt,
  EARLIER_VERSIONS_MAX,
  type KnownVersion,
  nextChangeMs,
  versionsOf,
  withEarlier,
} from '../../services/shared/core/catalogue/catalogue-versions.ts';
import { sentence } from '../../services/shared/core/sentence/sentence.ts';
import { lastEndBefore } from '../../services/shared/core/window/effective.ts';
import { parseCatalogue } from '../../services/shared/runtime/catalogue-file.ts';

const BASE = { calendarVersion: 'test' };

interface Written {
  readonly counted?: string;
  readonly effective?: string;
  readonly window?: string;
  readonly activities?: string;
}

function read({
  counted = 'work',
  effective,
  window = '{ tumbling: day }',
  activities = 'open, work',
}: Written): Catalogue {
  const since = effective === undefined ? '' : `, effective: '${effective}'`;
  const alerts = 'alerts: [{ name: low, when: value < 3 }]';
  const text = [
    'version: 1',
    `workflows: { line: { activities: [${activities}] } }`,
    'kpis:',
    `  worked: { workflow: line, measure: { event: ${counted} }, aggregate: count, window: ${window}${since}, ${alerts} }`,
    '  twice: { formula: 2 * worked }',
  ].join('\n');
  const { catalogue, problems } = parseCatalogue(text, 'test.yaml', BASE);
  if (catalogue === null) throw new Error(JSON.stringify(problems));
  return catalogue;
}

/** What the store has of catalogues that were in force one after the other. */
function history(...written: readonly Written[]): KnownVersion[] {
  return written.flatMap((each, i) =>
    [...read(each).kpis.values()].map(({ definition }) => ({ definition, version: BigInt(i) })),
  );
}

/** What the versions of a KPI count and where they begin, the latest first. */
function chainOf(catalogue: Catalogue, kpi = 'worked'): string[] {
  return versionsOf(catalogue.kpis.get(kpi)!).map(({ measure, effectiveMs }) => {
    const counted = measure.kind === 'event' ? measure.event.activity : 'derived';
    return `${counted} ${effectiveMs === undefined ? 'always' : new Date(effectiveMs).toISOString().slice(0, 10)}`;
  });
}

test('versions before one that is effective from a date on go on, each up to the next', () => {
  const known = history({}, { counted: 'open', effective: '2026-02-01' });
  const next = read({ counted: 'any', effective: '2026-03-01' });
  const all = withEarlier(next, known, 'test');
  expect(chainOf(all)).toEqual(['any 2026-03-01', 'open 2026-02-01', 'work always']);
  expect(chainOf(all, 'twice')).toEqual(['derived 2026-03-01', 'derived 2026-02-01', 'derived always']);
  const [, open] = versionsOf(all.kpis.get('worked')!);
  expect(open!.hash).toBe(known[2]!.definition.hash);
  // Read again when it stands in the store itself.
  const later = [...known, ...history({ counted: 'any', effective: '2026-03-01' })];
  expect(chainOf(withEarlier(next, later, 'test'))).toEqual(chainOf(all));
});

test('a version that is effective from before another one on, or always, takes its place', () => {
  const known = history({}, { counted: 'open', effective: '2026-02-01' });
  const earlier = withEarlier(read({ counted: 'any', effective: '2026-01-01' }), known, 'test');
  expect(chainOf(earlier)).toEqual(['any 2026-01-01', 'work always']);
  expect(chainOf(withEarlier(read({ counted: 'any' }), known, 'test'))).toEqual(['any always']);
  // Of two for all of history the one that was in force last.
  const twice = history({ counted: 'open' }, {});
  expect(chainOf(withEarlier(read({ counted: 'any', effective: '2026-01-01' }), twice, 'test'))).toEqual([
    'any 2026-01-01',
    'work always',
  ]);
});

test('a date that was moved makes no version', () => {
  const known = history({}, { counted: 'open', effective: '2026-02-01' });
  const moved = withEarlier(read({ counted: 'open', effective: '2026-04-01' }), known, 'test');
  expect(chainOf(moved)).toEqual(['open 2026-04-01', 'work always']);
  expect(chainOf(withEarlier(read({ effective: '2026-04-01' }), history({}), 'test'))).toEqual([
    'work 2026-04-01',
    'work always',
  ]);
});

test('earlier versions are as they would be in the catalogue now', () => {
  const activities = 'work, open';
  const next = read({ counted: 'any', effective: '2026-02-01', activities });
  const all = withEarlier(next, history({}), 'test');
  expect(versionsOf(all.kpis.get('worked')!)[1]).toEqual(read({ activities }).kpis.get('worked')!.definition);
  expect(versionsOf(all.kpis.get('twice')!)[1]).toEqual(read({ activities }).kpis.get('twice')!.definition);
});

test('versions are few', () => {
  const months = Array.from({ length: EARLIER_VERSIONS_MAX + 2 }, (_, i) => ({
    counted: i % 2 === 0 ? 'open' : 'work',
    effective: `2026-0${i + 1}-01`,
  }));
  const all = withEarlier(read({ counted: 'any', effective: '2026-09-01' }), history(...months), 'test');
  expect(chainOf(all)).toHaveLength(1 + EARLIER_VERSIONS_MAX);
});

test('before its first window a version waits, and the one before it has its rules', () => {
  const known = history({});
  for (const window of ['{ tumbling: day }', '{ rolling: 4h, every: 1h }']) {
    const effective = '2026-02-01T00:00:00Z';
    const all = withEarlier(read({ counted: 'any', effective, window }), history({ window }), 'test');
    const { definition } = all.kpis.get('worked')!;
    const lastMs = lastEndBefore(definition.window, definition.effectiveMs!);
    expect(nextChangeMs(all, lastMs)).toBe(lastMs);
    const before = catalogueAt(all, lastMs, 'test');
    expect([chainOf(before), chainOf(before, 'twice')]).toEqual([['work always'], ['derived always']]);
    expect(before.rules.get('low')).toEqual(read({ window }).rules.get('low'));
    expect(nextChangeMs(all, lastMs + 1)).toBe(Infinity);
    expect(catalogueAt(all, lastMs + 1, 'test')).toBe(all);
  }
  expect(nextChangeMs(withEarlier(read({}), known, 'test'), 0)).toBe(Infinity);
});

test.each([
  ['2026-13-01', "'2026-13-01' is no time"],
  ['soon', "'soon' is no time"],
])('effective: %s is refused', (effective, message) => {
  expect(() => read({ effective })).toThrow(message);
});

test('effective is refused where nothing begins, and where it is taken from other KPIs', () => {
  expect(() => read({ effective: '2026-01-01', window: 'total' })).toThrow('begins before any date');
  const text = [
    'version: 1',
    'workflows: { line: { activities: [work] } }',
    'kpis:',
    '  a: { workflow: line, measure: { event: work }, aggregate: count, window: { tumbling: day } }',
    '  b: { formula: 2 * a, effective: "2026-01-01" }',
  ].join('\n');
  expect(JSON.stringify(parseCatalogue(text, 'test.yaml', BASE).problems)).toContain('takes its effective from');
});

test('a sentence says from when on', () => {
  const kpi = read({ window: '{ tumbling: day, zone: Asia/Shanghai }', effective: '2026-07-01' }).kpis.get('worked')!;
  expect(sentence(kpi, 'en')).toContain('per day (Asia/Shanghai), from 2026-07-01 00:00 (Asia/Shanghai) on');
  expect(sentence(kpi, 'zh-CN')).toContain('自2026-07-01 00:00 (Asia/Shanghai)起');
});

test('a date is one of the zone of the windows, and the first window begins there or after', () => {
  const begin = (window: string, effective: string): string =>
    new Date(read({ window, effective }).kpis.get('worked')!.definition.effectiveMs!).toISOString();
  expect(begin('{ tumbling: day, zone: Asia/Shanghai }', '2026-07-01')).toBe('2026-06-30T16:00:00.000Z');
  expect(begin('{ tumbling: month }', '2026-07-02')).toBe('2026-08-01T00:00:00.000Z');
  expect(begin('{ to_date: week, every: 1h }', '2026-07-01')).toBe('2026-07-06T00:00:00.000Z');
  expect(begin('{ rolling: 4h, every: 5m }', '2026-07-01T06:01:00+02:00')).toBe('2026-07-01T04:05:00.000Z');
});
