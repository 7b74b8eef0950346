import { createHmac } from 'node:crypto';
import { TaktError } from '../../core/errors.ts';

const PREFIX = 'whsec_';
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;
/** Shorter secrets can be guessed. */
const SECRET_BYTES_MIN = 16;

/**
 * The bytes of a signing secret: base64, with or without `whsec_` before it, as Standard Webhooks writes it. Throws USAGE,
 * without a word of the secret.
 */
export function secretBytes(text: string): Buffer {
  const trimmed = text.trim();
  const base64 = trimmed.startsWith(PREFIX) ? trimmed.slice(PREFIX.length) : trimmed;
  const bytes = BASE64.test(base64) ? Buffer.from(base64, 'base64') : Buffer.alloc(0);
  if (bytes.length < SECRET_BYTES_MIN)
    throw new TaktError(
      'USAGE',
      `the secret is not base64 of at least ${SECRET_BYTES_MIN} bytes, as Standard Webhooks wants it; make one with: echo "whsec_$(openssl rand -base64 24)"`,
    );
  return bytes;
}

/** The webhook-signature of a body: `v1,` and the HMAC-SHA256 of `id.timestamp.body` in base64. `timestampS`: Unix seconds. */
export function signature(secret: Uint8Array, id: string, timestampS: number, body: string): string {
  return `v1,${createHmac('sha256', secret).update(`${id}.${timestampS}.${body}`).digest('base64')}`;
}
