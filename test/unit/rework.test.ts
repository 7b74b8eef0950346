import { expect, test } from 'vitest';
import { definitionOf, eventsOf, netOf, problemsOf } from '../support/case-net.ts';

const net = (lines: string, list: Parameters<typeof eventsOf>[0]): string[] =>
  netOf(definitionOf(`${lines}, window: total`), eventsOf(list));

const TWICE = [
  ['a', 1, { team: 'x', value: '5' }],
  ['b', 2],
  ['a', 3, { team: 'y', value: '7' }],
  ['a', 4, { value: '9' }],
] as const;

test('repeats: every occurrence after the first, at its time; the aggregate works on its value', () => {
  expect(net('measure: { rework: { of: a } }, aggregate: count', TWICE)).toEqual(['3: 1', '4: 1']);
  expect(net('measure: { rework: { of: a } }, aggregate: sum, scale: 0', TWICE)).toEqual(['3: 7', '4: 9']);
  expect(net('measure: { rework: { of: b } }, aggregate: count', TWICE)).toEqual([]);
  expect(net('measure: { rework: { of: any } }, aggregate: count', TWICE)).toEqual(['2: 1', '3: 1', '4: 1']);
});

test('cases: a case that had it again, once, at the second one', () => {
  expect(net('measure: { rework: { of: a, count: cases } }, aggregate: count', TWICE)).toEqual(['3: 1']);
});

test('rate: the second one over the first one, or over the case', () => {
  expect(net('measure: { rework: { of: a, count: rate } }', TWICE)).toEqual(['1: below 1', '3: 1']);
  expect(net('measure: { rework: { of: b, count: rate } }', TWICE)).toEqual(['2: below 1']);
  expect(net('measure: { rework: { of: c, count: rate } }', TWICE)).toEqual([]);
  expect(net('measure: { rework: { of: a, count: rate, to: any } }', [['c', 0], ...TWICE])).toEqual([
    '0: below 1',
    '3: 1',
  ]);
});

test('same: again only where the dimensions are equal', () => {
  const parts = [
    ['a', 1, { station: 's' }],
    ['a', 2, { station: 't' }],
    ['a', 3, { station: 's' }],
  ] as const;
  expect(net('measure: { rework: { of: a, same: [station] } }, aggregate: count', parts)).toEqual(['3: 1']);
  expect(net('measure: { rework: { of: a, same: [station], count: rate } }', parts)).toEqual([
    '1: below 1',
    '2: below 1',
    '3: 1',
  ]);
});

test('from is the occurrence before, to the one that came again', () => {
  const of = 'measure: { rework: { of: a } }, aggregate: count';
  const labelled = (at: string): string[] => net(`${of}, by: [{ dimension: team, at: ${at} }]`, TWICE);
  expect(labelled('from')).toEqual(['3: 1 [["team","x"]]', '4: 1 [["team","y"]]']);
  expect(labelled('to')).toEqual(['3: 1 [["team","y"]]', '4: 1 [["team","y"]]']);
});

test('the where of the measure picks what comes again, that of the KPI what counts of it', () => {
  const x = '{ team: x }';
  expect(net(`measure: { rework: { of: { each: any, where: ${x} } } }, aggregate: count`, TWICE)).toEqual(['2: 1']);
  expect(net(`measure: { rework: { of: any } }, where: ${x}, aggregate: count`, TWICE)).toEqual(['2: 1']);
  expect(net(`measure: { rework: { of: a, count: rate } }, where: ${x}`, TWICE)).toEqual(['1: below 1']);
});

const COUNT = ', aggregate: count';
test.each([
  ['{ of: { first: a } }', COUNT, /the first event of a case is one only: nothing comes again; allowed: an/],
  ['{ of: a, count: twice }', COUNT, /repeats, cases, rate/],
  ['{ of: d }', COUNT, /no activity 'd'/],
  ['{ of: a, count: rate }', COUNT, /a rate divides cases by cases, so it has no aggregate/],
  ['{ of: a }', '', /aggregate is missing/],
  ['{ of: a, to: any }', COUNT, /only a rate is divided by something; allowed: `count: rate` beside it/],
  ['{ of: a, count: rate, to: { last: b } }', '', /a rate divides by cases, and each counts at its first event/],
  ['{ of: a, count: rate, to: b, same: [team] }', '', /with `same` a case may count several times/],
  ['{ of: a, same: [taem] }', COUNT, /no dimension 'taem', did you mean 'team'\?/],
  ['{ count: rate }', '', /lacks 'of'/],
])('a mistake says what is allowed: %s%s', (rework, rest, message) => {
  const problems = problemsOf(`measure: { rework: ${rework} }${rest}, window: total`);
  expect(problems).toEqual([expect.stringMatching(message)]);
});
