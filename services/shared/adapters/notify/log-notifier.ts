import type { DeliveryOutcome, Notification, Notifier } from '../../ports/notifier.ts';

/** Writes each message as one line of JSON: the channel that is always there. */
export class LogNotifier implements Notifier {
  private readonly write: (line: string) => void | Promise<void>;

  /** `write` takes one line without its end, and resolves or returns once it is taken. */
  constructor(write: (line: string) => void | Promise<void>) {
    this.write = write;
  }

  async send({ key, title, body, details }: Notification): Promise<DeliveryOutcome> {
    try {
      await this.write(JSON.stringify({ key, title, body, details }));
      return { outcome: 'delivered' };
    } catch (error) {
      const reason = `the line could not be written: ${error instanceof Error ? error.message : String(error)}`;
      return { outcome: 'failed', reason, retryable: true, retryAfterMs: null };
    }
  }
}
