import fc from 'fast-check';
import { expect, test } from 'vitest';
import { sentence } from '../../services/shared/core/sentence/sentence.ts';
import { parseCatalogue } from '../../services/shared/runtime/catalogue-file.ts';
import {
  definitionOf,
  eventsOf,
  type Happening,
  netAsTheyCome,
  netOf,
  problemsOf,
  voidOf,
} from '../support/case-net.ts';

const kpi = (session: string, rest = ', aggregate: sum, unit: ms'): string =>
  `measure: { session: { ${session} } }${rest}, window: total`;
const net = (session: string, list: readonly Happening[], rest?: string): string[] =>
  netOf(definitionOf(kpi(session, rest)), eventsOf(list));
const at = (...seconds: readonly number[]): Happening[] => seconds.map((second) => ['a', second]);
const EVENTS = ', aggregate: sum, scale: 0';

test('a gap of just as long joins, a longer one parts; a session counts at its last event', () => {
  expect(net('gap: 60s', at(0, 60, 120, 181))).toEqual(['120: 120000', '181: 0']);
  expect(net('gap: 60s, of: events', at(0, 60, 120, 181), EVENTS)).toEqual(['120: 3', '181: 1']);
  expect(net('gap: 60s', at(0, 60, 120, 181), ', aggregate: count')).toEqual(['120: 1', '181: 1']);
  // Events are counted at the scale of the definition, as values are.
  expect(net('gap: 60s, of: events', at(0, 60), ', aggregate: mean, scale: 2')).toEqual(['60: 200']);
});

test('an event that comes late joins two sessions; one that is withdrawn parts them again', () => {
  const definition = definitionOf(kpi('gap: 60s'));
  const events = eventsOf(at(0, 100, 50));
  expect(netAsTheyCome(definition, events)).toEqual([['0: 0'], ['0: 0', '100: 0'], ['100: 100000']]);
  expect(netAsTheyCome(definition, [...events, voidOf('e2', 3)]).at(-1)).toEqual(['0: 0', '100: 0']);
});

test('only the selected events make it up, others neither join nor part', () => {
  const list: Happening[] = [
    ['a', 0],
    ['b', 50],
    ['a', 100],
    ['a', 130],
  ];
  expect(net('event: a, gap: 60s', list)).toEqual(['0: 0', '130: 30000']);
  expect(net('gap: 60s', list)).toEqual(['130: 130000']);
});

test('by: to is its last event, from its first; where is tested on the last one', () => {
  const list: Happening[] = [
    ['a', 0, { team: 'x' }],
    ['a', 10, { team: 'y' }],
    ['a', 100, { team: 'x' }],
  ];
  const by = (anchor: string): string[] =>
    net('gap: 60s', list, `, aggregate: sum, unit: ms, by: [{ dimension: team, at: ${anchor} }]`);
  expect(by('to')).toEqual(['100: 0 [["team","x"]]', '10: 10000 [["team","y"]]']);
  expect(by('from')).toEqual(['100: 0 [["team","x"]]', '10: 10000 [["team","x"]]']);
  expect(net('gap: 60s', list, ', aggregate: sum, unit: ms, where: { team: x }')).toEqual(['100: 0']);
});

test('in whatever order the events come, what stands is that of the set, whole and at every step', () => {
  const times = fc.array(fc.integer({ min: 0, max: 40 }), { minLength: 1, maxLength: 12 });
  const parts = times.chain((seconds) =>
    fc.record({
      seconds: fc.constant(seconds),
      order: fc.shuffledSubarray([...seconds.keys()], { minLength: seconds.length }),
      gap: fc.integer({ min: 1, max: 9 }),
      of: fc.constantFrom('length' as const, 'events' as const),
    }),
  );
  fc.assert(
    fc.property(parts, ({ seconds, order, gap, of }) => {
      const definition = definitionOf(kpi(`gap: ${gap}s, of: ${of}`, of === 'length' ? undefined : EVENTS));
      const events = eventsOf(at(...seconds));
      const steps = netAsTheyCome(
        definition,
        order.map((place) => events[place]!),
      );
      expect(steps).toEqual(
        order.map((_, i) =>
          byHand(
            order.slice(0, i + 1).map((place) => seconds[place]!),
            gap,
            of,
          ),
        ),
      );
    }),
    { numRuns: 200 },
  );
});

/** Sessions by filling seconds: two events are of one where no more than `gap` lies between neighbours. */
function byHand(seconds: readonly number[], gap: number, of: 'length' | 'events'): string[] {
  const lines: string[] = [];
  let left = seconds.toSorted((a, b) => a - b);
  while (left.length > 0) {
    let end = left[0]!;
    for (let next = left.findLast((second) => second > end && second <= end + gap); next !== undefined;) {
      end = next;
      next = left.findLast((second) => second > end && second <= end + gap);
    }
    const inside = left.filter((second) => second <= end);
    lines.push(`${end}: ${of === 'length' ? (end - left[0]!) * 1_000 : inside.length}`);
    left = left.slice(inside.length);
  }
  return lines.toSorted();
}

test('a window of sessions settles when none of them can go on any more, unless the catalogue says otherwise', () => {
  expect(definitionOf(kpi('gap: 30m')).settleMs).toBe(1_800_000);
  expect(definitionOf(kpi('gap: 30m', ', aggregate: count, settle: 0s')).settleMs).toBe(0);
  expect([
    definitionOf(kpi('gap: 30m', ', aggregate: p90')),
    definitionOf(kpi('gap: 30m', ', aggregate: count')),
  ]).toMatchObject([{ unit: 's' }, { unit: '' }]);
  expect(definitionOf(kpi('gap: 30m, of: events', EVENTS)).unit).toBe('');
});

test.each([
  ['', undefined, /lacks 'gap'/],
  ['gap: soon', undefined, /'soon' is no length of time/],
  ['gap: 0s', undefined, /'0s' is no length of time here.*at least 1ms/],
  ['event: { last: a }, gap: 1m', undefined, /the last event of a case is one only: a session is made of all/],
  ['event: d, gap: 1m', undefined, /no activity 'd'/],
  ['gap: 1m, of: visits', undefined, /visits.*length, events/],
  ['gap: 1m', ', aggregate: sum, unit: EUR', /a length of time cannot be shown in 'EUR'.*ms, s, min, h, d/],
  ['gap: 1m', ', aggregate: last', /last is the latest value of an event/],
  ['gap: 1m', '', /aggregate is missing/],
])('a mistake says what is allowed: %s', (session, rest, message) => {
  expect(problemsOf(kpi(session, rest))).toEqual([expect.stringMatching(message)]);
});

test('sessions say themselves', () => {
  const said = (measure: string, aggregate: string): string[] => {
    const text = `version: 1\nworkflows: { w: { activities: [viewed] } }\nkpis: { k: { workflow: w, measure: { session: { ${measure} } }, aggregate: ${aggregate}, window: { tumbling: day } } }\n`;
    const found = parseCatalogue(text, 'c.yaml', { calendarVersion: 'test' }).catalogue!.kpis.get('k')!;
    return [sentence(found, 'en'), sentence(found, 'zh-CN')];
  };
  expect(said('event: viewed, gap: 30m', 'count')).toEqual([
    "k: the number of sessions of 'viewed' events of a case (a new one after 30 minutes without any), per day (UTC).",
    'k：每日（UTC），同一案例每个“viewed”事件构成的会话（间隔超过30分钟即为新会话）的数量。',
  ]);
  expect(said('gap: 90s', 'p90')).toEqual([
    'k: the 90th percentile of the length of sessions of events of a case (a new one after 90 seconds without any), per day (UTC), in seconds.',
    'k：每日（UTC），同一案例每个事件构成的会话（间隔超过90秒即为新会话）时长的第90百分位数，单位：秒。',
  ]);
  expect(said('gap: 90s, of: events', 'mean')[0]).toMatch(
    /the mean of the number of events of sessions of events of a case/,
  );
});
