import type { DeliveryMessage } from '../../shared/core/messages.ts';
import type { Outgoing } from '../../shared/core/notify/notify-lane.ts';
import type { DeliveryOutcome } from '../../shared/ports/notifier.ts';

/** Most tries of one notification at one channel. */
export const ATTEMPTS_MAX = 100;
/** A notification older than this is given up when a try fails; one that waited while takt was off has that one try. */
export const AGE_MS_MAX = 6 * 3_600_000;
/** Wait after the first failure; doubled after each one up to the limit. */
export const BACKOFF_MIN_MS = 1_000;
export const BACKOFF_MAX_MS = 300_000;
/** A receiver that asks for more time than this is asked again after it. */
export const RETRY_AFTER_MS_MAX = 3_600_000;

/** What to write down of a try. */
export type Verdict = Pick<DeliveryMessage, 'outcome' | 'attempts' | 'nextMs' | 'reason'>;

/**
 * What comes after a try. `nowMs`: when it ended. `random`: in [0, 1), spreads the tries of many notifications over the
 * second half of the wait, so that a receiver that comes back is not hit by all of them at once.
 */
export function verdictOf(outgoing: Outgoing, outcome: DeliveryOutcome, nowMs: number, random: number): Verdict {
  const attempts = outgoing.attempts + 1;
  if (outcome.outcome === 'delivered') return { outcome: 'delivered', attempts, nextMs: null, reason: '' };
  const { reason, retryable } = outcome;
  const failed = (why: string): Verdict => ({ outcome: 'failed', attempts, nextMs: null, reason: `${reason}${why}` });
  if (!retryable) return failed('');
  if (attempts >= ATTEMPTS_MAX) return failed(`; given up after ${attempts} tries`);
  const waitMs = Math.min(BACKOFF_MIN_MS * 2 ** (attempts - 1), BACKOFF_MAX_MS) * (0.5 + random / 2);
  const askedMs = Math.min(outcome.retryAfterMs ?? 0, RETRY_AFTER_MS_MAX);
  const nextMs = nowMs + Math.ceil(Math.max(waitMs, askedMs));
  if (nextMs - outgoing.details.timeMs > AGE_MS_MAX)
    return failed(`; given up after ${attempts} tries in ${AGE_MS_MAX / 3_600_000} hours`);
  return { outcome: 'retrying', attempts, nextMs, reason };
}
