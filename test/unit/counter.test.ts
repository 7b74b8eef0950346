import fc from 'fast-check';
import { expect, test } from 'vitest';
import { definitionOf, eventsOf, type Happening, netAsTheyCome, netOf, problemsOf } from '../support/case-net.ts';

const kpi = (counter: string, rest = ', aggregate: sum, scale: 0'): string =>
  `measure: { counter: { ${counter} } }${rest}, window: total`;
const net = (counter: string, list: readonly Happening[], rest?: string): string[] =>
  netOf(definitionOf(kpi(counter, rest)), eventsOf(list));
const readings = (...values: readonly string[]): Happening[] => values.map((value, second) => ['a', second, { value }]);

test('each reading gives what it is above the one before, at its time; the first gives nothing', () => {
  expect(net('event: a', readings('100', '103', '103', '110'))).toEqual(['1: 3', '2: 0', '3: 7']);
  expect(net('event: a', readings('100'))).toEqual([]);
});

test('a lower reading is a reset: the counter began again at 0', () => {
  expect(net('event: a', readings('100', '4', '6'))).toEqual(['1: 4', '2: 2']);
});

test('with rollover a lower reading went over the end; one that was there already is a reset', () => {
  expect(net('event: a, rollover: 65536', readings('65530', '4'))).toEqual(['1: 10']);
  expect(net('event: a, rollover: 99.5', readings('99.25', '0.25'), ', aggregate: sum, scale: 2')).toEqual(['1: 50']);
  expect(net('event: a, rollover: 100', readings('120', '4'))).toEqual(['1: 4']);
});

test('readings are brought to the scale before they are subtracted: increases add up to the rise', () => {
  expect(net('event: a', readings('0.4', '0.8', '1.2', '1.6'))).toEqual(['1: 1', '2: 0', '3: 1']);
  const digits = readings('12345678901234567890.25', '12345678901234567890.5');
  expect(net('event: a', digits, ', aggregate: sum, scale: 2')).toEqual(['1: 25']);
});

test('events without a value and values below 0 are no readings; of one instant the greatest counts', () => {
  const list: Happening[] = [
    ['a', 0, { value: '5' }],
    ['a', 1],
    ['a', 2, { value: '-1' }],
    ['b', 3, { value: '1' }],
    ['a', 4, { value: '8' }],
    ['a', 4, { value: '9' }],
    ['a', 4, { value: '0' }],
    ['a', 5, { value: '2' }],
  ];
  expect(net('event: a', list)).toEqual(['4: 4', '5: 2']);
});

test('by: to is the later reading, from the one before; where is tested on the later one', () => {
  const list: Happening[] = [
    ['a', 0, { value: '5', team: 'x' }],
    ['a', 1, { value: '6', team: 'y' }],
    ['a', 2, { value: '8', team: 'x' }],
  ];
  const by = (at: string): string[] =>
    net('event: a', list, `, aggregate: sum, scale: 0, by: [{ dimension: team, at: ${at} }]`);
  expect(by('to')).toEqual(['1: 1 [["team","y"]]', '2: 2 [["team","x"]]']);
  expect(by('from')).toEqual(['1: 1 [["team","x"]]', '2: 2 [["team","y"]]']);
  expect(net('event: a', list, ', aggregate: sum, scale: 0, where: { team: x }')).toEqual(['2: 2']);
  expect(net('event: { each: a, where: { team: x } }', list)).toEqual(['2: 3']);
});

test('readings that come late between two others change when it rose, not by how much', () => {
  const definition = definitionOf(kpi('event: a'));
  const rising = fc.array(fc.integer({ min: 0, max: 50 }), { minLength: 1, maxLength: 10 }).chain((steps) => {
    const values = steps.map((_, i) => String(steps.slice(0, i + 1).reduce((sum, step) => sum + step, 0)));
    return fc.tuple(fc.constant(values), fc.shuffledSubarray([...values.keys()], { minLength: values.length }));
  });
  expect.hasAssertions();
  fc.assert(
    fc.property(rising, ([values, order]) => {
      const events = eventsOf(readings(...values));
      const sums = netAsTheyCome(
        definition,
        order.map((place) => events[place]!),
      ).map((lines) => lines.reduce((sum, line) => sum + Number(line.split(': ')[1]), 0));
      const known = order.map((_, i) => order.slice(0, i + 1).map((place) => Number(values[place])));
      expect(sums).toEqual(known.map((all) => Math.max(...all) - Math.min(...all)));
    }),
  );
});

test.each([
  ['event: { last: a }', undefined, /the last reading of a case is one only: nothing increases/],
  ['event: d', undefined, /no activity 'd'/],
  ['event: a, rollover: 0', undefined, /a counter cannot start over at 0; allowed: a number above 0/],
  ['event: a, rollover: "-65536"', undefined, /a counter cannot start over at -65536/],
  ['event: a, rollover: often', undefined, /'often' is not a decimal number/],
  ['event: a', '', /aggregate is missing/],
  ['rollover: 5', undefined, /lacks 'event'/],
])('a mistake says what is allowed: %s', (counter, rest, message) => {
  expect(problemsOf(kpi(counter, rest))).toEqual([expect.stringMatching(message)]);
});
