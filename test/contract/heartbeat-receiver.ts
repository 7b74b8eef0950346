import { describe, expect, test } from 'vitest';
import type { HeartbeatMessage, HeartbeatReceiver } from '../../services/shared/ports/heartbeat-receiver.ts';

/** What a receiver does with a message: takes it, refuses it for now or for good, is away, or never answers. */
export type Behaviour = 'take' | 'busy' | 'refuse' | 'away' | 'silent' | 'redirect';

/** A receiver under test, as takt reaches it. */
export interface ReceiverUnderTest {
  readonly receiver: HeartbeatReceiver;
  /** What arrived and was taken, in order, with how the receiver understands it. */
  readonly taken: readonly { readonly state: string; readonly reason: string; readonly well: boolean }[];
  readonly behave: (behaviour: Behaviour) => Promise<void>;
  /** A part of its address that nobody may learn. */
  readonly secret: string;
}

const STOPPED: HeartbeatMessage = {
  state: 'stopped',
  reason: 'no beat for 150 s: roll cannot store: 磁盘 "full"\n',
  timeMs: 1_700_000_000_123,
  roundTripMs: null,
};

/** One test per promise of services/shared/ports/heartbeat-receiver.ts. */
export function heartbeatReceiverContract(
  name: string,
  use: (work: (made: ReceiverUnderTest) => Promise<void>) => Promise<void>,
): void {
  describe(`heartbeat receiver: ${name}`, () => {
    test('1. delivered only when the receiver took the message', () =>
      use(async (made) => {
        const { receiver, behave } = made;
        expect(await receiver.tell(STOPPED)).toEqual({ outcome: 'delivered' });
        expect(made.taken).toHaveLength(1);
        for (const behaviour of ['busy', 'refuse', 'redirect', 'away'] as const) {
          await behave(behaviour);
          expect((await receiver.tell(STOPPED)).outcome, behaviour).toBe('failed');
        }
        expect(made.taken).toHaveLength(1);
      }));

    test('2. a failure says whether trying again may help; nobody makes it wait for ever', () =>
      use(async ({ receiver, behave }) => {
        const retryable: Partial<Record<Behaviour, boolean>> = {};
        for (const behaviour of ['busy', 'refuse', 'silent', 'away'] as const) {
          await behave(behaviour);
          const result = await receiver.tell(STOPPED);
          retryable[behaviour] = result.outcome === 'failed' && result.retryable;
        }
        expect(retryable).toEqual({ busy: true, refuse: false, away: true, silent: true });
      }));

    test('3. stopped arrives as a failure, running and back as success', () =>
      use(async (made) => {
        const { receiver } = made;
        for (const state of ['running', 'stopped', 'back'] as const) await receiver.tell({ ...STOPPED, state });
        const { reason } = STOPPED;
        expect(made.taken).toEqual([
          { state: 'running', reason, well: true },
          { state: 'stopped', reason, well: false },
          { state: 'back', reason, well: true },
        ]);
      }));

    test('4. no reason holds the address beyond its host', () =>
      use(async ({ receiver, behave, secret }) => {
        for (const behaviour of ['busy', 'refuse', 'silent', 'redirect', 'away'] as const) {
          await behave(behaviour);
          const result = await receiver.tell(STOPPED);
          const reason = result.outcome === 'failed' ? result.reason : '';
          expect(reason, behaviour).not.toBe('');
          expect(reason).not.toContain(secret);
        }
      }));
  });
}
