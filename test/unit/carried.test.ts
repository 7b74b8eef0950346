import fc from 'fast-check';
import { expect, test } from 'vitest';
import { carriedOf, carryOn, NOTHING_CARRIED } from '../../services/shared/core/measure/carried.ts';

const NAMES = ['team', 'queue', 'constructor', '__proto__'];

/** The dimensions of one event; names that objects have anyway are among them. */
const dimensions = fc.array(fc.tuple(fc.constantFrom(...NAMES), fc.constantFrom('a', 'b'))).map((pairs) => {
  const own: Record<string, string> = {};
  for (const [name, value] of pairs) Object.defineProperty(own, name, { value, enumerable: true, configurable: true });
  return own;
});

test('after any events each dimension has the value that the last event with it gave', () => {
  expect.hasAssertions();
  fc.assert(
    fc.property(fc.array(dimensions), (events) => {
      const last = new Map<string, string>();
      let carried = NOTHING_CARRIED;
      for (const own of events) {
        for (const [name, value] of Object.entries(own)) last.set(name, value);
        carried = carryOn(carried, own);
        expect(NAMES.map((name) => carriedOf(carried, name))).toEqual(NAMES.map((name) => last.get(name)));
      }
      expect(NOTHING_CARRIED).toEqual({});
    }),
  );
});

test('no object is made where one of the two says it all', () => {
  const opened = { team: 'a', queue: 'b' };
  expect(carryOn(NOTHING_CARRIED, opened)).toBe(opened);
  expect(carryOn(opened, { team: 'a' })).toBe(opened);
  const all = { team: 'c', queue: 'd' };
  expect(carryOn(opened, all)).toBe(all);
  expect(carryOn(opened, { team: 'c' })).toEqual({ team: 'c', queue: 'b' });
  expect(opened).toEqual({ team: 'a', queue: 'b' });
});
