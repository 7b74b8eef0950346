import type { NotificationDetails } from '../core/notify/notification.ts';

/**
 * A channel that delivers a message to people or machines.
 *
 * What every adapter promises:
 * 1. `send` resolves with `delivered` only when the receiver took the message.
 * 2. A failure resolves with `failed`, a reason and whether trying again may help; it never throws for the receiver's sake.
 * 3. The key travels with the message, the same for every try, so that the receiver can drop a repeat.
 * 4. A reason holds no secret: neither the signing secret nor what in an address or a header may be one.
 */
export interface Notifier {
  send(message: Notification): Promise<DeliveryOutcome>;
}

export interface Notification {
  /** Deterministic: rule, group and episode. */
  readonly key: string;
  /** One line. */
  readonly title: string;
  /** A few lines for people. */
  readonly body: string;
  /** The same for programs. */
  readonly details: NotificationDetails;
}

export type DeliveryOutcome =
  | { readonly outcome: 'delivered' }
  | {
      readonly outcome: 'failed';
      readonly reason: string;
      readonly retryable: boolean;
      /** For how long the receiver asks to be left alone; null: it did not say. */
      readonly retryAfterMs: number | null;
    };
