import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { TaktError } from '../core/errors.ts';
import { isLoopback } from '../core/loopback.ts';

const KEY_BYTES = 32;
const PREFIX = 'takt_';
/** Longer ones are not even hashed. */
const KEY_CHARS_MAX = 512;

/** A new random key; show it once and keep only its hash. */
export function generateKey(): string {
  return PREFIX + randomBytes(KEY_BYTES).toString('base64url');
}

/** SHA-256 of a key in hex, as the configuration holds it. Keys are random, so one round is enough. */
export function hashKey(key: string): string {
  return createHash('sha256').update(key, 'utf8').digest('hex');
}

/** Reads a configured hash, for instance of TAKT_API_KEY_HASH; null where none is set. Throws USAGE. */
export function readKeyHash(text: string | undefined): string | null {
  const hash = (text ?? '').trim().toLowerCase();
  if (hash === '') return null;
  if (/^[0-9a-f]{64}$/.test(hash)) return hash;
  throw new TaktError('USAGE', 'the hash of the API key must be 64 hex digits: the SHA-256 of the key, not the key.');
}

/** Whether a presented key has this hash; takes the same time wherever they differ. */
export function verifyKey(presented: string, hash: string): boolean {
  if (presented.length > KEY_CHARS_MAX) return false;
  const expected = Buffer.from(hash, 'hex');
  const actual = Buffer.from(hashKey(presented), 'hex');
  return expected.length === actual.length && timingSafeEqual(expected, actual);
}

/** What the hook looks at of a request. */
interface KeyedRequest {
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
}

/**
 * Gives an onRequest hook that lets a request pass with the key of this hash (`Authorization: Bearer KEY` or
 * `X-API-Key: KEY`). Without a hash it lets pass only what is addressed to this machine by name or loopback address:
 * otherwise a web page could reach takt through a name of its own that resolves to loopback. Throws KEY_MISSING,
 * KEY_WRONG, BIND_REFUSED.
 */
export function requireKey(hash: string | null): (request: KeyedRequest) => Promise<void> {
  return async ({ headers }) => {
    if (hash === null) return checkAddressed(headers['host']);
    const presented = presentedKey(headers);
    if (presented === null)
      throw new TaktError(
        'KEY_MISSING',
        'no API key; send the header "Authorization: Bearer KEY" or "X-API-Key: KEY".',
      );
    if (!verifyKey(presented, hash)) throw new TaktError('KEY_WRONG', 'the API key is not the one of this takt.');
  };
}

function presentedKey(headers: KeyedRequest['headers']): string | null {
  const authorization = headers['authorization'];
  const bearer = typeof authorization === 'string' ? /^Bearer +(\S+) *$/i.exec(authorization)?.[1] : undefined;
  const header = headers['x-api-key'];
  return bearer ?? (typeof header === 'string' && header !== '' ? header : null);
}

function checkAddressed(host: string | string[] | undefined): void {
  const name = typeof host === 'string' ? host.replace(/:\d+$/, '') : '';
  if (isLoopback(name)) return;
  throw new TaktError(
    'BIND_REFUSED',
    `without an API key takt answers only requests to localhost or 127.0.0.1, not to ${JSON.stringify(name.slice(0, 100))}; set a key.`,
  );
}

/** Throws BIND_REFUSED for an address beyond loopback without a key: anybody could read and write there. */
export function checkBind(host: string, hasKey: boolean): void {
  if (hasKey || isLoopback(host)) return;
  throw new TaktError(
    'BIND_REFUSED',
    `--host ${host} would serve other machines without a key.\nUse 127.0.0.1, or set the hash of an API key in TAKT_API_KEY_HASH (takt key makes one).`,
  );
}
