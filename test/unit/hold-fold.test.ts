import { expect, test } from 'vitest';
import { definitionOf, eventsOf, type Happening, netOf, problemsOf } from '../support/case-net.ts';

const net = (lines: string, list: readonly Happening[]): string[] =>
  netOf(definitionOf(`${lines}, window: { tumbling: hour }`), eventsOf(list));
const GAUGE = 'measure: { event: a }, aggregate: time_weighted_mean, scale: 0';
const x = '[["team","x"]]';
const y = '[["team","y"]]';

test('a reading holds until the next one; events of other activities, or without a value, are none', () => {
  const list: Happening[] = [
    ['a', 1, { value: '5' }],
    ['b', 2, { value: '9' }],
    ['a', 3],
    ['a', 4, { value: '7' }],
    ['a', 5, { value: '7' }],
  ];
  expect(net(GAUGE, list)).toEqual(['1: below 5', '4: 2']);
});

test('under other labels a reading ends there and begins here', () => {
  const list: Happening[] = [
    ['a', 1, { value: '5', team: 'x' }],
    ['a', 2, { value: '6' }],
    ['a', 3, { value: '4', team: 'y' }],
  ];
  expect(net(`${GAUGE}, by: [team]`, list)).toEqual([
    `1: below 5 ${x}`,
    `2: 1 ${x}`,
    `3: below 4 ${y}`,
    `3: ends -6 ${x}`,
  ]);
});

test('where the KPI does not count an event, nothing is observed until the next one', () => {
  const list: Happening[] = [
    ['a', 1, { value: '5', team: 'x' }],
    ['a', 2, { value: '6', team: 'y' }],
    ['a', 3, { value: '4', team: 'x' }],
  ];
  expect(net(`${GAUGE}, where: { team: x }`, list)).toEqual(['1: below 5', '2: ends -5', '3: below 4']);
  const chosen = 'measure: { event: { each: a, where: { team: x } } }, aggregate: time_weighted_mean, scale: 0';
  expect(net(chosen, list)).toEqual(['1: below 5', '3: -1']);
});

test('a state is the latest activity, or the value of a dimension, until the event that ends it', () => {
  const list: Happening[] = [
    ['a', 1, { team: 'x' }],
    ['b', 2, { team: 'x' }],
    ['b', 3, { team: 'y' }],
    ['c', 4],
    ['a', 5],
  ];
  expect(net('measure: { state: { in: b, to: c } }', list)).toEqual(['1: below 0', '2: 1', '4: ends -1', '5: below 0']);
  expect(net('measure: { state: { of: team, in: [y] } }', list)).toEqual(['1: below 0', '3: 1']);
  expect(net('measure: { state: { event: b } }, by: [state]', list)).toEqual(['2: below 1 [["state","b"]]']);
  expect(net('measure: { state: { of: team, event: b } }, by: [team]', list)).toEqual([
    `2: below 1 ${x}`,
    `3: below 1 ${y}`,
    `3: ends -1 ${x}`,
  ]);
});

test.each([
  [`${GAUGE}, window: total`, 'a total never ends'],
  [
    'measure: { event: { first: a } }, aggregate: time_weighted_mean, window: { tumbling: day }',
    'holds until the next',
  ],
  ['measure: { counter: { event: a } }, aggregate: time_weighted_mean, window: total', 'only an event has it'],
  ['measure: { state: { in: d } }, window: { tumbling: day }', "has no activity 'd'"],
  ['measure: { state: { of: line } }, window: { tumbling: day }', "has no dimension 'line'"],
  ['measure: { state: { event: { last: a } } }, window: { tumbling: day }', 'is one only'],
  ['measure: { state: {} }, aggregate: share, window: { tumbling: day }', 'always one'],
  ['measure: { state: { in: a } }, aggregate: share, by: [state], window: { tumbling: day }', "each value of 'state'"],
  [
    'measure: { state: { of: team, in: x } }, aggregate: share, by: [team], window: { tumbling: day }',
    "value of 'team'",
  ],
  ['measure: { state: { in: a } }, aggregate: p90, window: { tumbling: day }', "no aggregate 'p90'"],
  ['measure: { state: { in: a } }, unit: m, window: { tumbling: day }', "cannot be shown in 'm'"],
  [
    'measure: { state: { in: a } }, by: [{ dimension: state, at: first }], window: { tumbling: day }',
    'of its own time',
  ],
  ['measure: { open: { from: a, to: b, of: age } }', 'aggregate is missing'],
  ['measure: { open: { from: a, to: b, of: age } }, aggregate: count', 'told without of: age'],
  ['measure: { open: { from: a, to: b, calendar: desk } }', 'only an age is one'],
  ['measure: { open: { from: a, to: b, of: age } }, aggregate: mean, window: { tumbling: day }', 'no window'],
])('what says nothing is told: %s', (lines, message) => {
  expect(problemsOf(lines).join('\n')).toContain(message);
});
