import type { DeliveryOutcome } from './notifier.ts';

/**
 * A receiver outside of takt that watches over it: it alarms by itself when it hears nothing any more.
 *
 * What every adapter promises:
 * 1. `tell` resolves with `delivered` only when the receiver took the message.
 * 2. A failure resolves with `failed`, a reason and whether trying again may help; it never throws, and no receiver can
 *    make it wait for more than its time limit.
 * 3. `stopped` reaches the receiver as a failure, `running` and `back` as success.
 * 4. No reason holds the receiver's address beyond its host: whoever knows it can stay in takt's place.
 */
export interface HeartbeatReceiver {
  tell(message: HeartbeatMessage): Promise<DeliveryOutcome>;
}

export interface HeartbeatMessage {
  /** `back`: the line runs again after it had stopped. */
  readonly state: 'running' | 'stopped' | 'back';
  /** For people; of `stopped`, where it is known to stand. */
  readonly reason: string;
  readonly timeMs: number;
  /** How long the last beat took from ingest to transition. */
  readonly roundTripMs: number | null;
}
