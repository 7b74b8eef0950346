import { TaktError } from '../core/errors.ts';

/** After how many seconds a client may try again what failed for a passing reason. */
export const RETRY_AFTER_S = 2;

/** Where the errors of the HTTP API are explained. */
const DOCS = 'docs/http-api.md#errors';

/** What a client is answered. */
export interface HttpError {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: { readonly code: string; readonly message: string; readonly docs?: string };
}

/**
 * The answer to an error: of the table of codes for a TaktError; what the HTTP framework refused under the nearest code;
 * INTERNAL for everything else, without a word of what it was.
 */
export function toHttpError(error: unknown): HttpError {
  if (error instanceof TaktError) return answer(error.status, error.code, error.message, error.retryable);
  const { statusCode: status = 500, message } = error as { statusCode?: number; message: string };
  if (status === 413)
    return answer(413, 'BODY_TOO_LARGE', 'the body is larger than the limit; send fewer events at once.', false);
  if (status >= 400 && status < 500) return answer(status, 'BODY_INVALID', message, false);
  return answer(500, 'INTERNAL', 'something unexpected went wrong; the log of takt says what.', false);
}

function answer(status: number, code: string, message: string, retryable: boolean): HttpError {
  const headers: Record<string, string> = {};
  if (retryable) headers['retry-after'] = String(RETRY_AFTER_S);
  if (status === 401) headers['www-authenticate'] = 'Bearer';
  return { status, headers, body: { code, message, ...(code === 'INTERNAL' ? {} : { docs: DOCS }) } };
}
