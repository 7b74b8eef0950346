import { describe, expect, test } from 'vitest';
import type { Clock } from '../../services/shared/ports/clock.ts';

/** A clock under test, and what makes its time pass. */
export interface ClockUnderTest {
  readonly clock: Clock;
  /** Resolves when at least `durationMs` have passed on the clock. */
  readonly pass: (durationMs: number) => Promise<void>;
}

/** One test per promise of services/shared/ports/clock.ts. */
export function clockContract(name: string, makeClock: () => ClockUnderTest): void {
  describe(`clock: ${name}`, () => {
    test('1. nowMs is integer milliseconds', async () => {
      const { clock, pass } = makeClock();
      const beforeMs = clock.nowMs();
      await pass(3);
      expect(Number.isSafeInteger(beforeMs)).toBe(true);
      expect(Number.isSafeInteger(clock.nowMs())).toBe(true);
      expect(clock.nowMs()).toBeGreaterThan(beforeMs);
    });

    test('2. sleep resolves not before its time, and at once when its signal is or gets aborted', async () => {
      const { clock, pass } = makeClock();
      const woken: string[] = [];
      const sleeping = [20, 5].map(async (durationMs) => {
        await clock.sleep(durationMs);
        woken.push(`${durationMs} ms`);
      });
      await clock.sleep(0);
      expect(woken).toEqual([]);
      await Promise.all([pass(25), ...sleeping]);
      expect(woken).toEqual(['5 ms', '20 ms']);
      const controller = new AbortController();
      // Longer than one timer of Node can be: without the abort this would not end.
      const long = [clock.sleep(2 ** 40, controller.signal), clock.sleep(2 ** 40, controller.signal)];
      let ended = false;
      void long[0]!.then(() => (ended = true));
      await clock.sleep(0);
      expect(ended).toBe(false);
      controller.abort();
      expect(await Promise.all(long)).toEqual([undefined, undefined]);
      expect(await clock.sleep(2 ** 40, controller.signal)).toBeUndefined();
      expect(await clock.sleep(0, controller.signal)).toBeUndefined();
    });

    test('3. sleep(0) lets other work run before it resolves', async () => {
      const { clock } = makeClock();
      const order: string[] = [];
      setImmediate(() => order.push('other work'));
      await clock.sleep(0);
      order.push('awake');
      expect(order).toEqual(['other work', 'awake']);
    });
  });
}
