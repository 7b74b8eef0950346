import { expect, test } from 'vitest';
import { PublishPace } from '../../services/shared/runtime/fold/publish-pace.ts';

test('a quick publish is followed by the next one after the usual pause', () => {
  const pace = new PublishPace(50);
  expect(pace.isDue(0)).toBe(true);
  pace.published(1_000, 1_010);
  expect([pace.isDue(1_049), pace.isDue(1_050), pace.waitMs(1_030)]).toEqual([false, true, 20]);
});

test('one that takes long is followed more seldom, up to half a second', () => {
  const pace = new PublishPace(50);
  pace.published(1_000, 1_100);
  expect([pace.isDue(1_299), pace.isDue(1_300)]).toEqual([false, true]);
  pace.published(2_000, 4_000);
  expect([pace.isDue(2_499), pace.isDue(2_500)]).toEqual([false, true]);
  pace.published(5_000, 5_001);
  expect(pace.isDue(5_050)).toBe(true);
});

test('where every batch is published, none waits', () => {
  const pace = new PublishPace(0);
  pace.published(1_000, 3_000);
  expect([pace.isDue(1_000), pace.waitMs(1_000)]).toEqual([true, null]);
});
