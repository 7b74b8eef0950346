import type { DeliveryOutcome, Notification, Notifier } from '../../ports/notifier.ts';

type Failure = Extract<DeliveryOutcome, { readonly outcome: 'failed' }>;

/** Most messages kept; a test that sends more has gone wrong. */
const MESSAGES_MAX = 100_000;

/** Keeps what it is sent, and fails when told: for tests and the simulation. */
export class MemoryNotifier implements Notifier {
  private readonly messages: Notification[] = [];
  private readonly failures: Failure[] = [];

  /** What was delivered, in order, repeats included: dropping them is the receiver's part. */
  get delivered(): readonly Notification[] {
    return this.messages;
  }

  /** The next send that has no earlier failure planned for it fails so. */
  failNext(failure: Omit<Failure, 'outcome'>): void {
    this.failures.push({ outcome: 'failed', ...failure });
  }

  async send(message: Notification): Promise<DeliveryOutcome> {
    const failure = this.failures.shift();
    if (failure !== undefined) return failure;
    if (this.messages.length >= MESSAGES_MAX) {
      const reason = `${MESSAGES_MAX} messages are kept already, and no more may be`;
      return { outcome: 'failed', reason, retryable: false, retryAfterMs: null };
    }
    this.messages.push({ ...message });
    return { outcome: 'delivered' };
  }
}
