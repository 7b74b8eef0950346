import { expect, test } from 'vitest';
import { planLimitAt } from '../../services/shared/core/goal/plan-limit.ts';
import type { Kpi } from '../../services/shared/core/catalogue/catalogue.ts';
import { sentence } from '../../services/shared/core/sentence/sentence.ts';
import { parseCatalogue } from '../../services/shared/runtime/catalogue-file.ts';
import { shownWindow } from '../../services/wallboard/screen-frame.ts';

const CSV = 'date,value\n2026-11-27,960\n2026-11-28,960\n';

function read(window: string, rest = ''): { readonly kpi: Kpi | undefined; readonly problems: readonly string[] } {
  const text = `version: 1
calendars:
  desk: { days: mon-fri }
  crew: { zone: Asia/Shanghai, holidays: CN, shifts: { early: "06:00-14:00", late: "14:00-22:00" } }
workflows: { line: { activities: [made] } }
kpis: { made: { workflow: line, measure: { event: made }, aggregate: count, window: ${window}${rest} } }
`;
  const plans = new Map([['plan.csv', { text: CSV }]]);
  const { catalogue, problems } = parseCatalogue(text, 'c.yaml', { calendarVersion: 'test', plans });
  return { kpi: catalogue?.kpis.get('made'), problems: problems.map(({ message }) => message) };
}

test.each([
  ['{ to_date: shift, every: 5m }', 'a shift so far names no calendar'],
  ['{ to_date: shift, calendar: desk, every: 5m }', "calendar 'desk' has no shifts"],
  ['{ to_date: shift, calendar: crew, every: 1d }', 'a shift so far is not evaluated every 1d'],
  ['{ to_date: shift, calendar: crew, every: 5m, only: [nihgt] }', "calendar 'crew' has no shift 'nihgt'"],
  ['{ to_date: day, every: 5m, only: [early] }', 'only is for shifts'],
])('refused: %s', (window, message) => {
  expect(read(window).problems).toEqual([expect.stringContaining(message)]);
});

test('it says itself in both languages, with some of the shifts too', () => {
  const all = read('{ to_date: shift, calendar: crew, every: 5m }').kpi!;
  expect(sentence(all, 'en')).toContain('for the shift (crew, Asia/Shanghai) so far, taken every 5 minutes');
  expect(sentence(all, 'zh-CN')).toContain('本班次（crew，Asia/Shanghai）至今，每5分钟计算一次');
  const some = read('{ to_date: shift, calendar: crew, every: 5m, only: [late] }').kpi!;
  expect(sentence(some, 'en')).toContain('for the late shift (crew, Asia/Shanghai) so far');
  expect(some.definition.hash).not.toBe(all.definition.hash);
});

test('its plan is what should be there by now, from the begin of the shift on', () => {
  const { kpi } = read('{ to_date: shift, calendar: crew, every: 5m }', ', plan: { file: plan.csv, calendar: crew }');
  const { plan, definition } = kpi!;
  const limit = { plan: plan!, window: definition.window, factor: null, labels: '[]' };
  const at = (time: string): number | null => planLimitAt(limit, Date.parse(`2026-11-27T${time}:00+08:00`));
  // 960 over the sixteen hours of both shifts: one a minute.
  expect([at('06:05'), at('14:00'), at('14:30'), at('22:00')]).toEqual([5, 480, 30, 480]);
});

test('pages get it without the dates of its calendar', () => {
  const { window } = read('{ to_date: shift, calendar: crew, every: 5m }').kpi!.definition;
  const shown = shownWindow(window);
  expect(shown).toMatchObject({ kind: 'to-date', unit: 'shift', hours: { calendar: 'crew', closed: [] } });
});
