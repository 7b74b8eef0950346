import { expect, test } from 'vitest';
import { Frontiers } from '../../services/processor/aggregate/frontiers.ts';

test('what begins with nothing has the cases up to its frontier, and all once it is there', () => {
  const frontiers = new Frontiers();
  frontiers.change(['old', 'new'], ['new']);
  expect([frontiers.lacks('old', 'a'), frontiers.lacks('new', 'a'), frontiers.hashes]).toEqual([false, true, ['new']]);
  expect(frontiers.advance(['old', 'new'], null, 'b')).toEqual(['new']);
  expect([frontiers.lacks('new', 'b'), frontiers.lacks('new', 'b1')]).toEqual([false, true]);
  expect(frontiers.casesOf('new')).toEqual({ after: null, upTo: 'b' });
  expect(frontiers.advance(['new'], 'b', null)).toEqual(['new']);
  expect([frontiers.lacks('new', 'z'), frontiers.size, frontiers.casesOf('new').upTo]).toEqual([false, 0, null]);
});

test('a fill that was made already, or of another life, does nothing', () => {
  const frontiers = new Frontiers();
  frontiers.change(['one', 'other'], ['one', 'other']);
  expect(frontiers.advance(['one'], null, 'm')).toEqual(['one']);
  expect(frontiers.advance(['one', 'other'], null, 'k')).toEqual(['other']);
  expect(frontiers.filling).toEqual({ one: 'm', other: 'k' });
  frontiers.change(['other'], []);
  expect(frontiers.advance(['one'], 'm', null)).toEqual([]);
  const again = new Frontiers();
  again.restore(frontiers.filling);
  expect(again.filling).toEqual({ other: 'k' });
});
