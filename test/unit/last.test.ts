import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  contribute,
  decodeState,
  emptyState,
  encodeState,
  mergeEncoded,
} from '../../services/shared/core/aggregate/aggregate-state.ts';
import type { Definition } from '../../services/shared/core/definition.ts';
import { activityRanks, eventOrder } from '../../services/shared/core/measure/effective-events.ts';
import type { LoggedEvent } from '../../services/shared/core/event.ts';
import { LAST_KEPT_MAX, type LastState, placesAmong } from '../../services/shared/core/aggregate/last.ts';
import { resultOf } from '../../services/shared/core/aggregate/result.ts';

const ACTIVITIES = ['read', 'checked'];
const LAST = { kind: 'last' } as const;
const placeOf = placesAmong(ACTIVITIES);

/** Few times, activities and ids, so that many are equal; no two events of a case have one id. */
const events = fc.uniqueArray(
  fc.record({
    timeMs: fc.nat(3),
    activity: fc.constantFrom('checked', 'read', 'x', 'y'),
    id: fc.nat(40).map(String),
    caseId: fc.constantFrom('a', 'b'),
    amount: fc.integer(),
  }),
  { maxLength: 40, selector: ({ id, caseId }) => `${caseId} ${id}` },
);
type Event = Pick<LoggedEvent, 'timeMs' | 'activity' | 'id' | 'caseId'> & { readonly amount: number };

function give(state: LastState, event: Event, sign: 1 | -1): boolean {
  return contribute(state, event.amount, 0, sign, placeOf(event as unknown as LoggedEvent));
}

function stateOf(list: readonly Event[]): LastState {
  const state = emptyState(LAST) as LastState;
  for (const event of list) give(state, event, 1);
  return state;
}

/** By the order of a case's events, and the case where that says nothing. */
function latest(list: readonly Event[]): Event | undefined {
  const order = eventOrder(activityRanks(ACTIVITIES));
  const logged = (event: Event): LoggedEvent => ({ ...event, offset: 0 }) as unknown as LoggedEvent;
  return [...list].sort((a, b) => order(logged(a), logged(b)) || (a.caseId < b.caseId ? -1 : 1)).at(-1);
}

test('the latest event has the say, whatever order they come in', () => {
  fc.assert(
    fc.property(events, fc.infiniteStream(fc.double({ min: 0, max: 1, noNaN: true })), (list, dice) => {
      const shuffled = list
        .map((event) => ({ event, at: dice.next().value as number }))
        .sort((a, b) => a.at - b.at)
        .map(({ event }) => event);
      expect(stateOf(shuffled).kept).toEqual(stateOf(list).kept);
      expect(stateOf(shuffled).kept[0]?.amount).toBe(latest(list)?.amount);
    }),
  );
});

test('of events of one time, activity and id the case that sorts last has the say, not the greater value', () => {
  const at = { timeMs: 1, activity: 'read', id: 'e1' };
  const both = [
    { ...at, caseId: 'b', amount: 1 },
    { ...at, caseId: 'a', amount: 9 },
  ];
  for (const list of [both, both.toReversed()]) expect(stateOf(list).kept[0]!.amount).toBe(1);
});

test('as long as a reading is kept, taking back leaves the latest of those that stand', () => {
  fc.assert(
    fc.property(events, fc.nat(40), (list, many) => {
      const state = stateOf(list);
      const gone = list.toSorted((a, b) => b.timeMs - a.timeMs).slice(0, many);
      let standing: readonly Event[] = list;
      for (const event of gone) {
        standing = standing.filter((each) => each !== event);
        const known = give(state, event, -1);
        expect(state.n).toBe(standing.length);
        expect(known).toBe(state.kept.length > 0 || standing.length === 0);
        if (!known) return;
        expect(state.kept[0]?.amount).toBe(latest(standing)?.amount);
      }
    }),
  );
});

test('more readings than are kept were taken back: the rest has to be read again', () => {
  const list = Array.from({ length: LAST_KEPT_MAX + 2 }, (_, i) => ({
    timeMs: i,
    activity: 'read',
    id: String(i),
    caseId: 'a',
    amount: i,
  }));
  const state = stateOf(list);
  for (const event of list.slice(3).reverse()) expect(give(state, event, -1)).toBe(true);
  expect(give(state, list[2]!, -1)).toBe(false);
  expect(state.n).toBe(2);
  // What was dropped cannot be known to be the latest, and a reading before it is not kept.
  expect(give(state, { ...list[0]!, id: 'late', amount: 7 }, 1)).toBe(false);
  expect(give(state, { ...list[9]!, id: 'new', amount: 8 }, 1)).toBe(true);
  expect(state.kept.map(({ amount }) => amount)).toEqual([8]);
});

test('its binary form gives it back, and the latest of two slices is taken', () => {
  fc.assert(
    fc.property(events, fc.nat(40), (list, cut) => {
      const [left, right] = [list.slice(0, cut), list.slice(cut)];
      expect(decodeState(LAST, encodeState(stateOf(list)))).toEqual(stateOf(list));
      const merged = emptyState(LAST);
      for (const part of [right, left]) mergeEncoded(merged, LAST, encodeState(stateOf(part)));
      const definition = { aggregate: LAST, measure: { kind: 'event' }, scale: 2 } as unknown as Definition;
      const amount = latest(list)?.amount;
      expect(resultOf(definition, merged)).toMatchObject({
        value: amount === undefined ? null : amount / 100,
        samples: list.length,
      });
    }),
  );
});

test('a last that was merged cannot take back', () => {
  const bytes = encodeState(stateOf([{ timeMs: 1, activity: 'read', id: 'a', caseId: 'a', amount: 1 }]));
  expect(() => mergeEncoded(emptyState(LAST), LAST, bytes, -1)).toThrow('cannot take back');
});
