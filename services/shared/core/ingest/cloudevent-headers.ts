import { TaktError } from '../errors.ts';

const PREFIX = 'ce-';

/** Whether a request is a CloudEvent in binary mode. */
export function isBinaryCloudEvent(headers: HttpHeaders): boolean {
  return headers['ce-specversion'] !== undefined;
}

/** Headers as Node gives them: names in lower case. */
export type HttpHeaders = Readonly<Record<string, string | string[] | undefined>>;

/**
 * The attributes of a CloudEvent in binary mode, from its `ce-` headers: quotes taken off, then percent-decoded once,
 * as its HTTP binding says. Throws BODY_INVALID for a header that cannot be decoded.
 */
export function attributesOfHeaders(headers: HttpHeaders): Record<string, string> {
  const attributes: [string, string][] = [];
  for (const [name, value] of Object.entries(headers)) {
    if (!name.startsWith(PREFIX) || value === undefined) continue;
    const text = Array.isArray(value) ? value.join(',') : value;
    attributes.push([name.slice(PREFIX.length), decode(name, text)]);
  }
  return Object.fromEntries(attributes);
}

function decode(name: string, value: string): string {
  const quoted = /^"((?:[^"\\]|\\.)*)"$/.exec(value);
  const text = quoted === null ? value : quoted[1]!.replaceAll(/\\(.)/g, '$1');
  try {
    return decodeURIComponent(text);
  } catch (error) {
    throw new TaktError(
      'BODY_INVALID',
      `the header ${name} is not percent-encoded UTF-8: ${JSON.stringify(text.slice(0, 60))}; write a % itself as %25.`,
      { cause: error },
    );
  }
}
