import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseCatalogue } from '../../services/shared/runtime/catalogue-file.ts';
import { definitionOf, eventsOf, type Happening, netOf, problemsOf } from '../support/case-net.ts';

const measure = (conversion: string): string => `measure: { conversion: { ${conversion} } }, window: total`;
const net = (conversion: string, list: readonly Happening[], rest = ''): string[] =>
  netOf(definitionOf(`${measure(conversion)}${rest}`), eventsOf(list));

test('a flow has its conversion at the goal, a cohort at the entry; without one there is only the entry', () => {
  const won: Happening[] = [
    ['a', 1],
    ['b', 5],
    ['b', 6],
  ];
  expect(net('from: a, to: b, count: flow', won)).toEqual(['1: below 1', '5: 1']);
  expect(net('from: a, to: b, count: cohort', won)).toEqual(['1: 1', '1: below 1']);
  expect(net('from: a, to: { last: b }, count: flow', won)).toEqual(['1: below 1', '6: 1']);
  expect(net('from: a, to: c, count: cohort', won)).toEqual(['1: below 1']);
  expect(net('from: c, to: a, count: flow', won)).toEqual([]);
});

test('limits are inclusive; a goal outside them is passed over, a later one within them counts', () => {
  const list: Happening[] = [
    ['a', 10],
    ['b', 11],
    ['b', 14],
    ['b', 16],
  ];
  const at = (limits: string): string[] => net(`from: a, to: b, ${limits}, count: flow`, list).slice(1);
  expect(at('within: 1s')).toEqual(['11: 1']);
  expect(at('within: 999ms')).toEqual([]);
  expect(at('after: 4s')).toEqual(['14: 1']);
  expect(at('after: 4001ms, within: 6s')).toEqual(['16: 1']);
  expect(at('after: 2s, within: 3s')).toEqual([]);
});

test('an event may be both, but where every entry is a goal another one has to come', () => {
  const list: Happening[] = [
    ['a', 1],
    ['a', 3],
  ];
  expect(net('from: { first: any }, to: a, count: flow', list)).toEqual(['1: 1', '1: below 1']);
  expect(net('from: a, to: a, count: flow', list)).toEqual(['1: below 1', '3: 1']);
  expect(net('from: a, to: a, count: flow', list.slice(0, 1))).toEqual(['1: below 1']);
  const ofTeam: Happening[] = [['a', 1, { team: 'x' }], ...list.slice(1)];
  expect(net('from: a, to: { first: a, where: { team: x } }, count: cohort', ofTeam)).toEqual(['1: 1', '1: below 1']);
  expect(net('from: { first: a, where: { team: x } }, to: a, count: flow', ofTeam)).toEqual(['1: below 1', '3: 1']);
  expect(
    net('from: a, to: any, count: flow', [
      ['a', 1],
      ['c', 2],
    ]),
  ).toEqual(['1: below 1', '2: 1']);
  expect(net('from: { each: a }, to: { each: a }, count: flow', list)).toEqual(['1: below 1', '3: 1', '3: below 1']);
});

test('labels and the where of the KPI are those of the entry, on both sides', () => {
  const list: Happening[] = [
    ['a', 1, { team: 'x' }],
    ['b', 2, { team: 'y' }],
  ];
  const x = '[["team","x"]]';
  expect(net('from: a, to: b, count: flow', list, ', by: [team]')).toEqual([`1: below 1 ${x}`, `2: 1 ${x}`]);
  expect(net('from: a, to: b, count: flow', list, ', where: { team: x }')).toEqual(['1: below 1', '2: 1']);
  expect(net('from: a, to: b, count: flow', list, ', where: { team: y }')).toEqual([]);
});

const OCCURRENCES = ['first', 'last', 'each'] as const;
const COMBINATIONS = (['flow', 'cohort'] as const).flatMap((count) =>
  OCCURRENCES.flatMap((from) =>
    OCCURRENCES.filter((to) => to !== 'each' || from === 'each').map((to) => ({ count, from, to })),
  ),
);
type Combination = (typeof COMBINATIONS)[number];

const AFTER = 1;
const WITHIN = 4;

/** Entries and their goals, straight from the description. `list` is in order. */
function conversions(list: readonly Happening[], { from, to }: Combination): [number, number | null][] {
  const entries = list.flatMap(([activity], i) => (activity === 'a' ? [i] : []));
  const chosen = from === 'each' ? entries : from === 'first' ? entries.slice(0, 1) : entries.slice(-1);
  const second = (i: number): number => list[i]![1];
  const used = new Set<number>();
  const goals = new Map<number, number>();
  const within = (entry: number, goal: number): boolean =>
    goal > entry && second(goal) - second(entry) >= AFTER && second(goal) - second(entry) <= WITHIN;
  list.forEach(([activity], goal) => {
    if (activity !== 'b') return;
    const reached = chosen.filter((entry) => within(entry, goal));
    for (const entry of to === 'each' ? reached.filter((each) => !used.has(each)).slice(0, 1) : reached) {
      if (to === 'last' || !used.has(entry)) goals.set(entry, goal);
      used.add(entry);
    }
  });
  return chosen.map((entry) => [second(entry), goals.has(entry) ? second(goals.get(entry)!) : null]);
}

function expected(list: readonly Happening[], combination: Combination): string[] {
  const sums = new Map<string, number>();
  const add = (key: string): unknown => sums.set(key, (sums.get(key) ?? 0) + 1);
  for (const [entry, goal] of conversions(list, combination)) {
    add(`${entry}: below 1`);
    if (goal !== null) add(`${combination.count === 'flow' ? goal : entry}: 1`);
  }
  return [...sums].map(([key, times]) => (times === 1 ? key : `${key} × ${times}`)).toSorted();
}

test.each(COMBINATIONS)('a $count from $from to $to is what its description says', (combination) => {
  const { count, from, to } = combination;
  const limits = `after: ${AFTER}s, within: ${WITHIN}s`;
  const definition = definitionOf(measure(`from: { ${from}: a }, to: { ${to}: b }, ${limits}, count: ${count}`));
  const happening = fc.tuple(fc.constantFrom('a', 'b', 'c'), fc.integer({ min: 0, max: 9 }));
  expect.hasAssertions();
  fc.assert(
    fc.property(fc.array(happening, { maxLength: 10 }), (events) => {
      const list = events.toSorted(([a, first], [b, second]) => first - second || (a < b ? -1 : a > b ? 1 : 0));
      expect(netOf(definition, eventsOf(list))).toEqual(expected(list, combination));
    }),
  );
});

test('a cohort settles when its last case has had its time, unless the catalogue says otherwise', () => {
  const settle = (conversion: string, rest = ''): number => definitionOf(`${measure(conversion)}${rest}`).settleMs;
  expect(settle('from: a, to: b, within: 30d, count: cohort')).toBe(30 * 86_400_000);
  expect(settle('from: a, to: b, within: 30d, count: flow')).toBe(0);
  expect(settle('from: a, to: b, count: cohort')).toBe(0);
  expect(settle('from: a, to: b, within: 30d, count: cohort', ', settle: 0s')).toBe(0);
});

test.each([
  ['from: a, to: b', '', /lacks 'count'.*count: cohort/],
  ['from: a, to: b, count: both', '', /flow, cohort/],
  ['from: a, to: d, count: flow', '', /no activity 'd'/],
  ['from: a, to: { each: b }, count: flow', '', /the first event of a case converts once, not with each that follows/],
  ['from: a, to: b, after: 8d, within: 7d, count: flow', '', /due after this is no longer within; allowed: a time up/],
  ['from: a, to: b, within: 0s, count: flow', '', /'0s' is no length of time here/],
  ['from: a, to: b, within: a week, count: flow', '', /'a week' is no length of time|within/],
  ['from: a, to: b, count: flow', ', aggregate: mean', /a rate divides cases by cases, so it has no aggregate/],
  [
    'from: a, to: b, count: flow',
    ', by: [{ dimension: team, at: to }]',
    /a case that did not convert has no closing event.*allowed: from, first, last/,
  ],
])('a mistake says what is allowed: %s%s', (conversion, rest, message) => {
  expect(problemsOf(`${measure(conversion)}${rest}`)).toEqual([expect.stringMatching(message)]);
});

test('two measures are one too many', () => {
  const text = 'measure: { event: a, conversion: { from: a, to: b, count: flow } }, window: total';
  const head = 'version: 1\nworkflows: { w: { activities: [a, b] } }\nkpis:\n';
  const { problems } = parseCatalogue(`${head}  k: { workflow: w, ${text} }\n`, 'c.yaml', { calendarVersion: 'test' });
  expect(problems.map(({ message }) => message)).toEqual([expect.stringMatching(/measure/)]);
});
