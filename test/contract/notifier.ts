import { describe, expect, test } from 'vitest';
import type { Notification, Notifier } from '../../services/shared/ports/notifier.ts';

/** A notifier under test, and its receiver. */
export interface NotifierUnderTest {
  readonly notifier: Notifier;
  /** What the receiver took, in order. */
  readonly received: () => Notification[];
  /** The receiver refuses the next message with this reason. */
  readonly refuseNext: (reason: string) => void;
  /** What of the channel's set-up must show nowhere. */
  readonly secrets: readonly string[];
}

const MESSAGE: Notification = {
  key: 'rule/group/1',
  title: 'First response is late\n"team A"',
  body: 'p90 = 4 h\u2028limit 2 h 客户\0',
  details: {
    type: 'alert.firing',
    timeMs: 1_700_000_000_123,
    rule: 'rule',
    kpi: 'first_response_time',
    severity: 'page',
    firing: [
      {
        labels: { team: 'A "north" 客户\0' },
        value: 4.5,
        target: null,
        samples: 7,
        sinceMs: 1_699_999_000_000,
        timeMs: 1_700_000_000_000,
        provisional: false,
        episode: 'e1',
        reason: 'value > target',
      },
    ],
    firingCount: 1,
    resolved: [],
    resolvedCount: 0,
  },
};

/** One test per promise of services/shared/ports/notifier.ts. */
export function notifierContract(
  name: string,
  makeNotifier: () => NotifierUnderTest | Promise<NotifierUnderTest>,
): void {
  describe(`notifier: ${name}`, () => {
    test('1. send resolves with delivered only when the receiver took the message', async () => {
      const { notifier, received, refuseNext } = await makeNotifier();
      expect(await notifier.send(MESSAGE)).toEqual({ outcome: 'delivered' });
      expect(received()).toEqual([MESSAGE]);
      refuseNext('full');
      expect((await notifier.send(MESSAGE)).outcome).toBe('failed');
      expect(received()).toEqual([MESSAGE]);
    });

    test('2. a failure resolves with its reason and whether trying again may help; it never throws', async () => {
      const { notifier, refuseNext } = await makeNotifier();
      refuseNext('the receiver is away');
      const outcome = await notifier.send(MESSAGE);
      expect(outcome).toEqual({
        outcome: 'failed',
        reason: expect.stringContaining('the receiver is away'),
        retryable: true,
        retryAfterMs: null,
      });
      expect(await notifier.send(MESSAGE)).toEqual({ outcome: 'delivered' });
    });

    test('3. the key travels with the message, the same for every try', async () => {
      const { notifier, received, refuseNext } = await makeNotifier();
      refuseNext('once');
      await notifier.send(MESSAGE);
      await notifier.send(MESSAGE);
      await notifier.send(MESSAGE);
      await notifier.send({ ...MESSAGE, key: 'rule/group/2' });
      expect(received().map(({ key }) => key)).toEqual(['rule/group/1', 'rule/group/1', 'rule/group/2']);
    });

    test('4. a reason holds no secret, even where the receiver repeats it', async () => {
      const { notifier, refuseNext, secrets } = await makeNotifier();
      refuseNext(`no such token: ${secrets.join(' ')} as given`);
      const outcome = await notifier.send(MESSAGE);
      expect(outcome).toMatchObject({ outcome: 'failed', reason: expect.stringContaining('as given') });
      for (const secret of secrets) expect(JSON.stringify(outcome)).not.toContain(secret);
    });
  });
}
