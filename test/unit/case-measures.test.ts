import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { contribute, emptyState } from '../../services/shared/core/aggregate/aggregate-state.ts';
import { CaseState } from '../../services/shared/core/measure/case-state.ts';
import { definitionOf, eventsOf, type Happening, netAsTheyCome, netOf, planOf, voidOf } from '../support/case-net.ts';

/** Of each kind of measure that is computed within a case, those that take the most different ways. */
const MEASURES = [
  'measure: { rework: { of: a } }, aggregate: sum, scale: 0, by: [{ dimension: team, at: from }, station]',
  'measure: { rework: { of: any, same: [station], count: cases } }, aggregate: count, by: [{ dimension: team, at: last }]',
  'measure: { rework: { of: a, count: rate, to: any } }, by: [team]',
  'measure: { rework: { of: { each: b, where: { team: x } }, count: rate } }, where: { station: s }',
  'measure: { conversion: { from: a, to: b, within: 3s, count: flow } }, by: [team]',
  'measure: { conversion: { from: { last: a }, to: { last: b }, within: 4s, count: flow } }, by: [{ dimension: team, at: last }]',
  'measure: { conversion: { from: { each: a }, to: b, after: 2s, within: 5s, count: cohort } }, by: [team]',
  'measure: { conversion: { from: { each: a }, to: { last: b }, count: flow } }, where: { station: s }',
  'measure: { conversion: { from: { each: any }, to: { each: b }, after: 1s, within: 4s, count: flow } }',
  'measure: { conversion: { from: { last: a }, to: a, within: 3s, count: cohort } }',
  'measure: { counter: { event: a } }, aggregate: sum, scale: 1, by: [team]',
  'measure: { counter: { event: any, rollover: 7 } }, aggregate: max, by: [{ dimension: team, at: from }]',
  'measure: { counter: { event: { each: a, where: { team: x } } } }, aggregate: sum, where: { station: s }',
  'measure: { event: a }, aggregate: time_weighted_mean, scale: 1, by: [team], window: { tumbling: hour }',
  'measure: { event: any }, aggregate: time_weighted_mean, by: [{ dimension: team, at: last }, { dimension: station, at: first }], window: { tumbling: hour }',
  'measure: { state: { in: [a], to: c } }, by: [team], window: { tumbling: hour }',
  'measure: { state: { of: team } }, where: { station: s }, by: [state, station], window: { tumbling: hour }',
  'measure: { open: { from: { last: a }, to: { last: b }, of: age } }, aggregate: p90, by: [team], window: { every: 1s }',
];

const happening: fc.Arbitrary<Happening> = fc.tuple(
  fc.constantFrom('a', 'a', 'b', 'c'),
  fc.integer({ min: 0, max: 9 }),
  fc.record(
    {
      team: fc.constantFrom('x', 'y'),
      station: fc.constantFrom('s', 't'),
      value: fc.constantFrom('0', '1', '2.25', '5', '8', '-3'),
    },
    { requiredKeys: [] },
  ),
);
const happenings = fc.array(happening, { maxLength: 12 });

/** A list, and its places in another order. */
const shuffled = happenings.chain((list) =>
  fc.tuple(fc.constant(list), fc.shuffledSubarray([...list.keys()], { minLength: list.length })),
);

describe.each(MEASURES)('%s', (lines) => {
  const definition = definitionOf(lines.includes('window') ? lines : `${lines}, window: total`);

  test('in whatever order events come, after each one it stands as their set says', () => {
    expect.hasAssertions();
    fc.assert(
      fc.property(shuffled, ([list, places]) => {
        const events = eventsOf(list);
        const coming = places.map((place) => events[place]!);
        const wanted = coming.map((_, i) => netOf(definition, coming.slice(0, i + 1)));
        expect(netAsTheyCome(definition, coming)).toEqual(wanted);
      }),
    );
  });

  test('an event that is withdrawn, or a whole case, leaves nothing behind', () => {
    expect.hasAssertions();
    fc.assert(
      fc.property(happenings, fc.nat(), (list, pick) => {
        const events = eventsOf(list);
        const [gone] = events.splice(pick % Math.max(1, events.length), 1);
        if (gone === undefined) return;
        const before = netOf(definition, events);
        const coming = [...events, gone, voidOf(gone.id, list.length)];
        expect(netAsTheyCome(definition, coming).at(-1)).toEqual(before);
        expect(netAsTheyCome(definition, [...coming, voidOf(null, list.length + 1)]).at(-1)).toEqual([]);
      }),
    );
  });

  test('of what was taken back a slice keeps nothing', () => {
    expect.hasAssertions();
    fc.assert(
      fc.property(happenings, (list) => {
        const plan = planOf(definition);
        const state = new CaseState([]);
        const slice = emptyState(definition.aggregate);
        for (const event of [...eventsOf(list), voidOf(null, list.length)])
          for (const { amount, part, sign, place, atMs } of state.add(event, plan) ?? [])
            contribute(slice, amount, part, sign, place, atMs);
        expect(slice).toEqual(emptyState(definition.aggregate));
      }),
    );
  });
});
