import type { DeliveryOutcome } from '../../ports/notifier.ts';
import type { Answer } from './http-post.ts';

/** What of a receiver's own words goes into a reason. */
const WORDS_CHARS_MAX = 200;
/** Statuses below 500 that may pass: request time-out, too early, too many requests. */
const PASSING = new Set([408, 425, 429]);

/**
 * What became of a message, by the receiver's answer. Robots of chat systems answer 200 with a non-zero `errcode` or
 * `code` for a message that they did not take; a `code` that only repeats the status says nothing. `hide` removes secrets
 * from the receiver's own words.
 */
export function outcomeOf(answer: Answer, nowMs: number, hide: (text: string) => string): DeliveryOutcome {
  const { status } = answer;
  const retryAfterMs = retryAfter(answer.retryAfter, nowMs);
  const failed = (reason: string, retryable: boolean): DeliveryOutcome => ({
    outcome: 'failed',
    reason: `the receiver answered ${status}${reason}`,
    retryable,
    retryAfterMs,
  });
  if (status >= 200 && status < 300) {
    const refusal = refusalIn(answer.body, status);
    return refusal === null ? { outcome: 'delivered' } : failed(` with ${words(refusal, hide)}`, true);
  }
  if (status >= 300 && status < 400)
    return failed(', a redirect, which is not followed; give the channel the address it leads to', false);
  if (status === 410) return failed(' (gone): it wants no more; remove the channel or give it a new address', false);
  if (status >= 500 || PASSING.has(status)) return failed(said(answer.body, hide), true);
  return failed(`, which trying again would not change${said(answer.body, hide)}`, false);
}

/** `Retry-After` in milliseconds from now, of seconds or a date; null where it says nothing. */
export function retryAfter(header: string | null, nowMs: number): number | null {
  if (header === null) return null;
  const text = header.trim();
  if (/^\d{1,9}$/.test(text)) return Number(text) * 1_000;
  // A date begins with the name of its weekday; Date.parse alone would take `-3` for a year.
  const atMs = /^[A-Z][a-z]{2}/.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(atMs) ? null : Math.max(0, atMs - nowMs);
}

/** The robot's refusal in a body, in its words; null: none. */
function refusalIn(body: string, status: number): string | null {
  const answer = objectIn(body);
  for (const field of ['errcode', 'code'] as const) {
    const code = answer?.[field];
    const number = typeof code === 'string' && /^-?\d+$/.test(code) ? Number(code) : code;
    if (typeof number !== 'number' || number === 0 || (field === 'code' && number === status)) continue;
    const text = ['errmsg', 'msg', 'message'].map((name) => answer?.[name]).find((value) => typeof value === 'string');
    return `${field} ${number}${text === undefined ? '' : ` (${String(text)})`}`;
  }
  return null;
}

function objectIn(body: string): Readonly<Record<string, unknown>> | null {
  if (!body.trimStart().startsWith('{')) return null;
  try {
    return JSON.parse(body) as Readonly<Record<string, unknown>>;
  } catch {
    return null;
  }
}

function said(body: string, hide: (text: string) => string): string {
  const text = words(body.trim(), hide);
  return text === '' ? '' : `: ${text}`;
}

/** Text of a stranger on one line, bounded. Secrets are hidden before it is cut, so that none is left in halves. */
function words(text: string, hide: (text: string) => string): string {
  const line = hide(text).replaceAll(/[\p{Cc}\p{Cf}\u2028\u2029]+/gu, ' ');
  return line.length > WORDS_CHARS_MAX ? `${line.slice(0, WORDS_CHARS_MAX - 1)}…` : line;
}
