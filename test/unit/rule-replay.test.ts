import { expect, test } from 'vitest';
import { RuleReplay } from '../../services/shared/core/alert/rule-replay.ts';
import { encodeLabels } from '../../services/shared/core/measure/labels.ts';
import { parseCatalogue } from '../../services/shared/runtime/catalogue-file.ts';

const MINUTE_MS = 60_000;

function replay(window: string, rule: string): RuleReplay {
  const text = `version: 1
workflows: { line: { activities: [made], dimensions: [] } }
kpis:
  made: { workflow: line, measure: { event: made }, aggregate: count, window: ${window}, alerts: [{ name: rule, ${rule} }] }
`;
  const { catalogue, problems } = parseCatalogue(text, 'catalogue.yaml', { calendarVersion: 'test' });
  expect(problems).toEqual([]);
  const { kpis, rules } = catalogue!;
  return new RuleReplay(kpis.get('made')!.definition, rules.get('rule')!, encodeLabels({}));
}

test('what a rolling window showed last it shows until its next value: a firing needs as long as the rule asks', () => {
  const rule = replay('{ rolling: 5m, every: 1m }', 'when: value > 3, for: 3m');
  rule.see(10 * MINUTE_MS, 4, 4);
  rule.goOn(12 * MINUTE_MS);
  expect(rule.firings).toEqual([]);
  rule.goOn(20 * MINUTE_MS);
  expect(rule.firings).toEqual([{ firedMs: 13 * MINUTE_MS, endedMs: null }]);
  rule.see(21 * MINUTE_MS, 0, 0);
  expect(rule.firings).toEqual([{ firedMs: 13 * MINUTE_MS, endedMs: 21 * MINUTE_MS }]);
});

test('an hour without events is empty: it ends what fired, and fires what waits for too few', () => {
  const hour = 60 * MINUTE_MS;
  const [many, few] = [
    replay('{ tumbling: hour }', 'when: value > 3'),
    replay('{ tumbling: hour }', 'when: value < 1'),
  ];
  for (const rule of [many, few]) {
    rule.see(hour, 4, 4);
    rule.goOn(5 * hour);
    rule.see(6 * hour, 5, 5);
  }
  expect(many.firings).toEqual([
    { firedMs: hour, endedMs: 2 * hour },
    { firedMs: 6 * hour, endedMs: null },
  ]);
  expect(few.firings).toEqual([{ firedMs: 2 * hour, endedMs: 6 * hour }]);
});
