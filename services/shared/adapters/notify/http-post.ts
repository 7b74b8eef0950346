import { request as httpRequest, type ClientRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { LookupFunction } from 'node:net';
import type { CheckedAddress } from './receiver-address.ts';

/** A POST to addresses that were checked before. */
export interface Post {
  readonly url: URL;
  readonly addresses: readonly CheckedAddress[];
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** Ends it, whatever it is at. */
  readonly signal: AbortSignal;
  /** Most of the answer's body that is read. */
  readonly answerBytesMax: number;
}

/** What was answered. */
export interface Answer {
  readonly status: number;
  readonly retryAfter: string | null;
  /** The beginning of the body. */
  readonly body: string;
}

/** Posts once, over a connection of its own, and follows no redirect. Rejects when there is no answer. */
export function post({ url, addresses, headers, body, signal, answerBytesMax }: Post): Promise<Answer> {
  const bytes = Buffer.from(body, 'utf8');
  // The name was resolved already; looking it up again could give another address.
  const lookup: LookupFunction = (_host, options, done) => {
    if (options.all === true) done(null, [...addresses]);
    else done(null, addresses[0]!.address, addresses[0]!.family);
  };
  return new Promise((resolve, reject) => {
    const request: ClientRequest = (url.protocol === 'https:' ? httpsRequest : httpRequest)(url, {
      method: 'POST',
      agent: false,
      lookup,
      signal,
      headers: { ...headers, 'content-length': String(bytes.length), connection: 'close' },
    });
    request.on('error', reject);
    request.on('response', (response) => {
      readStart(response, answerBytesMax).then((text) => {
        resolve({
          status: response.statusCode ?? 0,
          retryAfter: response.headers['retry-after'] ?? null,
          body: text,
        });
        request.destroy();
      }, reject);
    });
    request.end(bytes);
  });
}

async function readStart(response: IncomingMessage, bytesMax: number): Promise<string> {
  const parts: Buffer[] = [];
  let bytes = 0;
  for await (const part of response as AsyncIterable<Buffer>) {
    parts.push(part);
    bytes += part.length;
    if (bytes >= bytesMax) break;
  }
  return Buffer.concat(parts).subarray(0, bytesMax).toString('utf8');
}
