import { getEventListeners } from 'node:events';
import { expect, test } from 'vitest';
import { ManualClock } from '../../services/shared/adapters/clock/manual-clock.ts';
import { SystemClock } from '../../services/shared/adapters/clock/system-clock.ts';
import { clockContract } from './clock.ts';
import { promisesOf, promisesTested } from './promises.ts';

clockContract('system', () => {
  const clock = new SystemClock();
  return {
    clock,
    async pass(durationMs) {
      const untilMs = clock.nowMs() + durationMs;
      while (clock.nowMs() < untilMs) await new Promise((resolve) => setTimeout(resolve, 1));
    },
  };
});

clockContract('manual', () => {
  const clock = new ManualClock(1_700_000_000_000);
  return { clock, pass: async (durationMs) => clock.advance(durationMs) };
});

test('the promises of the port and the tests of the suite are the same', () => {
  expect(promisesTested('test/contract/clock.ts')).toEqual(promisesOf('services/shared/ports/clock.ts'));
});

test('manual: a sleeper wakes exactly when its time has come, and leaves no listener behind', async () => {
  const clock = new ManualClock(1000);
  const { signal } = new AbortController();
  let awake = false;
  const sleeping = clock.sleep(10, signal).then(() => (awake = true));
  clock.advance(9);
  await clock.sleep(0);
  expect(awake).toBe(false);
  clock.advance(1);
  await sleeping;
  expect(clock.nowMs()).toBe(1010);
  expect(getEventListeners(signal, 'abort')).toEqual([]);
});
