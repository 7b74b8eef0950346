import type { Clock } from '../../ports/clock.ts';
import type { DeliveryOutcome, Notification, Notifier } from '../../ports/notifier.ts';
import { type Answer, post } from './http-post.ts';
import { AddressRefused, checkedAddresses, type Resolve, systemResolve } from './receiver-address.ts';
import { secretBytes, signature } from './standard-webhook.ts';
import { outcomeOf } from './webhook-answer.ts';

/** How long one try may take, from the look-up of the name to the end of the answer. */
export const TRY_MS_MAX = 10_000;
/** Most of an answer that is read. */
const ANSWER_BYTES_MAX = 64 * 1024;
/** Parts of an address shorter than this are no secret, and hiding them would make a reason unreadable. */
const SECRET_CHARS_MIN = 6;

export interface WebhookOptions {
  /** http or https. */
  readonly url: string;
  /** Gives the signing secret, read anew for each try so that it can be changed; null: messages are not signed. */
  readonly secret: (() => Promise<string>) | null;
  /** Gives further headers; their values may be secrets. */
  readonly headers: () => Promise<Readonly<Record<string, string>>>;
  /** Whether the receiver may be at a private or loopback address; on this machine by name it always may. */
  readonly allowPrivate: boolean;
  readonly clock: Clock;
  readonly timeoutMs?: number;
  readonly resolve?: Resolve;
}

/**
 * Posts each message as JSON with the headers of Standard Webhooks: `webhook-id` is the key, the same for every try,
 * `webhook-timestamp` the time of the try, `webhook-signature` where there is a secret.
 */
export class WebhookNotifier implements Notifier {
  private readonly options: WebhookOptions;
  private readonly url: URL;

  /** Throws a TypeError for what is no URL. */
  constructor(options: WebhookOptions) {
    this.options = options;
    this.url = new URL(options.url);
  }

  async send(message: Notification): Promise<DeliveryOutcome> {
    const secrets = addressSecrets(this.url);
    // The longest first: a secret may hold another one.
    const hide = (text: string): string =>
      secrets
        .filter((each) => each.length >= SECRET_CHARS_MIN)
        .sort((a, b) => b.length - a.length)
        .reduce((rest, each) => rest.replaceAll(each, '[hidden]'), text);
    try {
      const answer = await this.try(message, secrets);
      return outcomeOf(answer, this.options.clock.nowMs(), hide);
    } catch (error) {
      const reason = `${this.url.host} could not be told: ${hide(reasonOf(error))}`;
      return { outcome: 'failed', reason, retryable: !(error instanceof AddressRefused), retryAfterMs: null };
    }
  }

  /** One try; what it learns of secrets is added to `secrets`. */
  private async try(message: Notification, secrets: string[]): Promise<Answer> {
    const { secret, headers, allowPrivate, clock, timeoutMs = TRY_MS_MAX, resolve = systemResolve } = this.options;
    const signal = AbortSignal.timeout(timeoutMs);
    const addresses = await within(signal, checkedAddresses(this.url, allowPrivate, resolve));
    const given = Object.entries(await within(signal, headers()));
    for (const [, value] of given) secrets.push(value, ...value.split(' '));
    const body = webhookBody(message);
    const timestampS = Math.floor(clock.nowMs() / 1_000);
    const own: Record<string, string> = {
      'content-type': 'application/json; charset=utf-8',
      'user-agent': 'takt',
      'webhook-id': message.key,
      'webhook-timestamp': String(timestampS),
    };
    if (secret !== null) {
      const text = await within(signal, secret());
      secrets.push(text.trim());
      own['webhook-signature'] = signature(secretBytes(text), message.key, timestampS, body);
    }
    const all = { ...Object.fromEntries(given.map(([name, value]) => [name.toLowerCase(), value])), ...own };
    return post({ url: this.url, addresses, headers: all, body, signal, answerBytesMax: ANSWER_BYTES_MAX });
  }
}

/** The body of a message: the shape that Standard Webhooks suggests, the same for every try. */
export function webhookBody({ key, title, body, details }: Notification): string {
  const { type, timeMs, ...rest } = details;
  return JSON.stringify({ type, timestamp: new Date(timeMs).toISOString(), data: { key, title, text: body, ...rest } });
}

/** Rejects as soon as the time is over, whether or not the work can be stopped. */
function within<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
    work.then(resolve, reject);
  });
}

function reasonOf(error: unknown): string {
  const { name, message, code } = error as { name?: string; message?: string; code?: string };
  if (name === 'TimeoutError' || name === 'AbortError') return 'it did not answer in time';
  // Several addresses that all failed come as one error without words.
  return message === undefined || message === '' ? (code ?? String(error)) : message;
}

/** What in an address may be a secret: passwords, parts of the path, values of parameters. */
function addressSecrets(url: URL): string[] {
  const parts = [url.username, url.password, ...url.pathname.split('/'), ...url.searchParams.values()];
  return parts.flatMap((part) => [part, safeDecode(part)]);
}

function safeDecode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
