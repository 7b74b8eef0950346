import { expect, test } from 'vitest';
import { INACTIVE } from '../../services/shared/core/alert/alert-instance.ts';
import { runAlert, type Shown } from '../../services/shared/core/alert/alert-run.ts';
import type { Rule } from '../../services/shared/core/alert/rule.ts';
import { asKept } from '../../services/shared/core/alert/rule-limit.ts';
import type { WindowSpec } from '../../services/shared/core/definition.ts';
import { parseCatalogue } from '../../services/shared/runtime/catalogue-file.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

function read(rule: string, window: string, calendarVersion = 'test') {
  const text = `version: 1
timezone: Asia/Shanghai
workflows: { w: { activities: [a] } }
calendars:
  desk: { days: mon-fri, hours: ['09:00-12:00', '13:30-18:00'] }
  plain: { zone: UTC, days: mon-fri }
kpis: { k: { workflow: w, measure: { event: a }, aggregate: count, window: ${window}, alerts: [{ name: r, when: value > 10, ${rule} }] } }
`;
  const { catalogue, problems } = parseCatalogue(text, 'c.yaml', { calendarVersion });
  return { rule: catalogue?.rules.get('r') ?? null, problems: problems.map(({ message }) => message) };
}

const MINUTELY: WindowSpec = { kind: 'rolling', sizeMs: HOUR_MS, everyMs: MINUTE_MS };
const inShanghai = (text: string): number => Date.parse(`${text}:00+08:00`);

/** What a rule makes of windows that show the same. */
function run(rule: Rule, from: string, through: string, value: number, before = INACTIVE) {
  const span = { afterMs: inShanghai(from), throughMs: inShanghai(through) };
  const shown: Shown = { value, samples: 1, imported: false };
  const { instance, effects, nextMs } = runAlert(rule, before, MINUTELY, span, shown, -Infinity);
  const told = effects.map(({ to, look }) => [to, new Date(look.endMs + 8 * HOUR_MS).toISOString().slice(0, 16)]);
  return { instance, told, nextMs };
}

test('what holds in the evening fires in the morning of the next working day, when the hours have been enough', () => {
  const { rule } = read('for: 1h, during: desk', '{ rolling: 1h, every: 1m }');
  // 2026-11-27 is a Friday.
  expect(run(rule!, '2026-11-27T17:39', '2026-12-01T00:00', 11).told).toEqual([
    ['pending', '2026-11-27T17:40'],
    ['firing', '2026-11-30T09:40'],
  ]);
});

test('what holds outside the hours begins in the first window that ends in them; a miss outside ends what is pending', () => {
  const { rule } = read('for: 10m, during: desk', '{ rolling: 1h, every: 1m }');
  const night = run(rule!, '2026-11-27T18:00', '2026-11-30T09:00', 11);
  expect([night.told, night.nextMs]).toEqual([[], inShanghai('2026-11-30T09:01')]);
  const pending = run(rule!, '2026-11-27T17:54', '2026-11-27T20:00', 11);
  expect(pending.told).toEqual([['pending', '2026-11-27T17:55']]);
  expect(run(rule!, '2026-11-27T20:00', '2026-11-27T20:01', 1, pending.instance).told).toEqual([
    ['inactive', '2026-11-27T20:01'],
  ]);
});

test('a firing ends at night as its values say', () => {
  const { rule } = read('during: desk', '{ rolling: 1h, every: 1m }');
  const { instance, told } = run(rule!, '2026-11-27T17:58', '2026-11-27T18:30', 11);
  expect(told).toEqual([['firing', '2026-11-27T17:59']]);
  expect(run(rule!, '2026-11-27T23:00', '2026-11-27T23:10', 1, instance).told).toEqual([
    ['inactive', '2026-11-27T23:01'],
  ]);
});

test('hours are in the hash of a rule, with the zone data that they need; what a row keeps of it never begins', () => {
  const hashOf = (...args: Parameters<typeof read>): string => read(...args).rule!.hash;
  const window = '{ rolling: 1h, every: 1m }';
  expect(hashOf('for: 1h, during: desk', window)).not.toBe(hashOf('for: 1h', window));
  expect(hashOf('during: desk', window)).not.toBe(hashOf('during: desk', window, 'next year'));
  expect(hashOf('during: plain', window)).toBe(hashOf('during: plain', window, 'next year'));
  const { rule } = read('during: desk', window);
  expect(run(asKept(rule!), '2026-11-27T09:00', '2026-11-27T12:00', 11).told).toEqual([]);
});

test('a calendar that is not there, and windows that never end in its hours, are problems', () => {
  expect(read('during: disk', '{ rolling: 1h, every: 1m }').problems).toEqual([expect.stringContaining('disk')]);
  expect(read('during: desk', '{ tumbling: day }').problems).toEqual([
    "no window of the KPI ends in the hours of 'desk', so the rule never decides",
  ]);
  expect(read('during: desk', '{ tumbling: hour }').problems).toEqual([]);
  expect(read('during: plain', '{ tumbling: week }').problems).toHaveLength(1);
});
