import fc from 'fast-check';
import { expect, test } from 'vitest';
import { passes, ruleFor } from '../../services/shared/core/alert/rule-limit.ts';
import { changesAfter, type Goal, goalAt, mapGoal, narrowed } from '../../services/shared/core/goal/goal.ts';
import { parseCatalogue } from '../../services/shared/runtime/catalogue-file.ts';
import { problemLine } from '../../services/shared/runtime/yaml-document.ts';

const at = (text: string): number => Date.parse(`${text}Z`);

function parsed(line: string): ReturnType<typeof parseCatalogue> {
  const text = `version: 1
timezone: Europe/Berlin
workflows:
  desk: { activities: [opened, replied], dimensions: [team, priority] }
kpis:
  first_reply:
    workflow: desk
    measure: { duration: { from: opened, to: replied } }
    aggregate: p90
    by: [team, priority]
    window: { rolling: 4h, every: 1m }
    better: lower
    ${line}
    alerts: [{ name: slow, when: value > target * 2, recover: value < target }]
`;
  return parseCatalogue(text, 'c.yaml', { calendarVersion: 'test' });
}

function bad(line: string): string {
  const { catalogue, problems } = parsed(line);
  expect(catalogue).toBeNull();
  return problems.map(problemLine).join('\n');
}

test('a target by labels and dates: the first entry that applies, else the default', () => {
  const { catalogue, problems } = parsed(
    'target: { default: 30, where: [{ priority: P1, from: 2026-07-01, target: 12 }, { priority: [P1, P2], target: 15 }, { team: north, to: 2026-03-31, target: 40 }] }',
  );
  expect(problems).toEqual([]);
  const { target } = catalogue!.kpis.get('first_reply')!;
  const of = (labels: Record<string, string>, end: string): number | null => goalAt(narrowed(target, labels), at(end));
  const south = { team: 'south', priority: 'P1' };
  expect(of(south, '2026-06-30T22:00'), 'a window that ends at midnight is of the day before').toBe(15);
  expect(of(south, '2026-06-30T22:01')).toBe(12);
  expect(of({ team: 'north', priority: 'P2' }, '2026-01-01T00:00')).toBe(15);
  expect(of({ team: 'north', priority: 'P3' }, '2026-03-31T22:00'), 'the whole of the last day').toBe(40);
  expect(of({ team: 'north', priority: 'P3' }, '2026-03-31T22:01')).toBe(30);
  const rule = ruleFor(catalogue!.rules.get('slow')!, south);
  expect([23, 25, 31].map((value) => passes(rule.when, value, at('2026-08-01T00:00')))).toEqual([false, true, true]);
  expect([23, 25, 31].map((value) => passes(rule.when, value, at('2026-06-01T00:00')))).toEqual([false, false, true]);
  expect(ruleFor(catalogue!.rules.get('slow')!, { team: 'x', priority: 'P2' }).when.limit, 'nothing dated').toBe(30);
});

test('a rule has another hash where a number of the table changes, and the same where the way of writing does', () => {
  const hash = (line: string): string => parsed(line).catalogue!.rules.get('slow')!.hash;
  const table = 'target: { default: 30, where: [{ priority: P1, target: 15 }] }';
  expect(hash(table)).not.toBe(hash(table.replace('15', '16')));
  expect(hash(table)).toBe(hash(table.replace('P1', '[P1]')));
  expect(hash('target: 30')).toBe(hash('target: { default: 30 }'));
});

test('what is wrong with a table is told with its place', () => {
  expect(bad('target: { default: 30, where: [{ prio: P1, target: 15 }] }')).toContain(
    "c.yaml:13:38: the KPI has no label 'prio'; allowed: team, priority",
  );
  expect(bad('target: { where: [{ priority: P1, from: 2026-02-30, target: 15 }] }')).toContain(
    "'2026-02-30' is no date",
  );
  expect(bad('target: { where: [{ from: 2026-03-01, to: 2026-02-01, target: 15 }] }')).toContain('to is before from');
  expect(bad('target: { where: [{ target: 15 }] }')).toContain('the entry is for all labels and dates');
  expect(bad('target: { where: [{ team: a }] }')).toContain("lacks 'target'");
  expect(bad('baseline: { default: 3, where: [{ team: a, target: 2 }] }')).toContain("lacks 'baseline'");
  expect(bad('target: { dflt: 3 }')).toContain("unknown key 'dflt'");
});

const times = fc.option(fc.integer({ min: 0, max: 20 }), { nil: null });
const names = fc.constantFrom('a', 'b', 'c');
const goals: fc.Arbitrary<Goal> = fc.record({
  byDefault: fc.option(fc.integer(), { nil: null }),
  cases: fc.array(
    fc.record({
      labels: fc.oneof(fc.constant({}), fc.record({ team: fc.array(names, { minLength: 1 }) })),
      afterMs: times,
      throughMs: times,
      value: fc.integer(),
    }),
  ),
});

test('between the times at which a goal changes it is the same, and narrowing it changes nothing', () => {
  fc.assert(
    fc.property(goals, names, fc.integer({ min: 0, max: 20 }), fc.integer({ min: 0, max: 20 }), (goal, team, a, b) => {
      const [fromMs, toMs] = [Math.min(a, b), Math.max(a, b)];
      const own = narrowed(goal, { team });
      const isSame = toMs <= changesAfter(own, fromMs);
      expect(isSame ? goalAt(own, toMs) : null).toBe(isSame ? goalAt(own, fromMs) : null);
      expect(narrowed(own, { team })).toEqual(own);
      const { cases, byDefault } = goal as Exclude<Goal, number>;
      const first = cases.find(
        ({ labels, afterMs, throughMs }) =>
          ((labels as { team?: string[] }).team?.includes(team) ?? true) &&
          (afterMs ?? -1) < a &&
          a <= (throughMs ?? Infinity),
      );
      expect(goalAt(own, a)).toBe(first?.value ?? byDefault);
      const doubled =
        own === null
          ? null
          : goalAt(
              mapGoal(own, (value) => value * 2),
              a,
            );
      expect(doubled).toBe(goalAt(own, a) === null ? null : goalAt(own, a)! * 2);
    }),
  );
});
