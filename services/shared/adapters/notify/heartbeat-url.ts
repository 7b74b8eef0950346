import { TaktError } from '../../core/errors.ts';
import type { HeartbeatMessage, HeartbeatReceiver } from '../../ports/heartbeat-receiver.ts';
import type { DeliveryOutcome } from '../../ports/notifier.ts';

/** How long a receiver may take to answer. */
const ANSWER_MS_MAX = 10_000;
/** A refusal that may not be one the next time. */
const RETRYABLE_STATUS: ReadonlySet<number> = new Set([408, 425, 429]);

/**
 * A receiver as healthchecks.io and its like offer: a POST to its address says that all is well, one to `…/fail` that it
 * is not. The body is JSON with the reason.
 */
export class HeartbeatUrl implements HeartbeatReceiver {
  private readonly url: URL;
  private readonly answerMsMax: number;

  /** Throws USAGE for what is no http or https address. */
  constructor(url: string, answerMsMax = ANSWER_MS_MAX) {
    const parsed = URL.canParse(url) ? new URL(url) : null;
    if (parsed === null || (parsed.protocol !== 'https:' && parsed.protocol !== 'http:'))
      throw new TaktError(
        'USAGE',
        'the heartbeat address is no http or https URL.\nGive the ping URL of your receiver, such as https://hc-ping.com/UUID, with --heartbeat-url or in TAKT_HEARTBEAT_URL.',
      );
    this.url = parsed;
    this.answerMsMax = answerMsMax;
  }

  async tell({ state, reason, timeMs, roundTripMs }: HeartbeatMessage): Promise<DeliveryOutcome> {
    const body = JSON.stringify({ source: 'takt', state, reason, time: new Date(timeMs).toISOString(), roundTripMs });
    try {
      const response = await fetch(this.address(state), {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'user-agent': 'takt' },
        body,
        // Whoever the address was given for is who gets it.
        redirect: 'error',
        signal: AbortSignal.timeout(this.answerMsMax),
      });
      await response.body?.cancel();
      if (response.ok) return { outcome: 'delivered' };
      const retryable = response.status >= 500 || RETRYABLE_STATUS.has(response.status);
      return {
        outcome: 'failed',
        reason: `${this.url.host} answered ${response.status}`,
        retryable,
        retryAfterMs: null,
      };
    } catch (error) {
      return {
        outcome: 'failed',
        reason: `${this.url.host}: ${whyOf(error, this.answerMsMax)}`,
        retryable: true,
        retryAfterMs: null,
      };
    }
  }

  private address(state: HeartbeatMessage['state']): URL {
    if (state !== 'stopped') return this.url;
    const address = new URL(this.url);
    address.pathname = `${address.pathname.replace(/\/$/, '')}/fail`;
    return address;
  }
}

/** A short word on what went wrong; fetch's own message may hold the address. */
function whyOf(error: unknown, answerMsMax: number): string {
  if ((error as Error).name === 'TimeoutError') return `no answer within ${answerMsMax / 1_000} s`;
  const cause = (error as { cause?: { code?: unknown; message?: unknown } }).cause;
  if (typeof cause?.code === 'string') return cause.code;
  return cause?.message === 'unexpected redirect'
    ? 'it redirects elsewhere; give the address it redirects to'
    : 'the request failed';
}
