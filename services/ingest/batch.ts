import { attributesOfHeaders, type HttpHeaders, isBinaryCloudEvent } from '../shared/core/ingest/cloudevent-headers.ts';
import { TaktError } from '../shared/core/errors.ts';
import { type ParsedJson, parseJson } from '../shared/core/ingest/json-limits.ts';
import type { IngestLimits } from './limits.ts';

/** The items of a request, not yet read. */
export interface Batch {
  readonly kind: 'cloudevents' | 'json';
  readonly items: readonly unknown[];
  /** An item's text as it was sent; of a binary CloudEvent, the same event in structured form. */
  readonly raw: (index: number) => string;
}

const STRUCTURED = 'application/cloudevents+json';
const BATCHED = 'application/cloudevents-batch+json';
const JSON_TYPE = /^application\/(json|[\w.-]+\+json)$/;

/** Takes a request apart by its content type. Throws BODY_INVALID for another one, or a body that is not JSON. */
export function readBatch(headers: HttpHeaders, body: unknown, limits: IngestLimits): Batch {
  const type = mediaType(headers);
  if (type === STRUCTURED) {
    const { value, raw } = parseBody(body, limits);
    return { kind: 'cloudevents', items: [value], raw: Array.isArray(value) ? () => textOf(body) : raw };
  }
  if (type === BATCHED) {
    const { value, raw } = parseBody(body, limits);
    if (!Array.isArray(value)) throw new TaktError('BODY_INVALID', `the body of ${BATCHED} must be a JSON array.`);
    return { kind: 'cloudevents', items: value, raw };
  }
  if (isBinaryCloudEvent(headers)) return readBinary(headers, type, body, limits);
  if (type === 'application/json') {
    const { value, raw } = parseBody(body, limits);
    return { kind: 'json', items: Array.isArray(value) ? value : [value], raw };
  }
  throw new TaktError(
    'BODY_INVALID',
    `the content type is ${type === '' ? 'missing' : JSON.stringify(type.slice(0, 100))}; send application/json, ${STRUCTURED}, ${BATCHED}, or ce- headers.`,
  );
}

/** The JSON of a body. Throws BODY_INVALID. */
export function parseBody(body: unknown, limits: IngestLimits): ParsedJson {
  return parseJson(textOf(body), limits);
}

function readBinary(headers: HttpHeaders, type: string, body: unknown, limits: IngestLimits): Batch {
  const attributes = attributesOfHeaders(headers);
  const contextText = JSON.stringify(attributes);
  if (isEmpty(body)) return { kind: 'cloudevents', items: [attributes], raw: () => contextText };
  if (!JSON_TYPE.test(type))
    throw new TaktError(
      'BODY_INVALID',
      `the data of the CloudEvent is ${JSON.stringify(type.slice(0, 100))}; only JSON data is read, or none.`,
    );
  const { value } = parseBody(body, limits);
  const text = `${contextText.slice(0, -1)},"data":${textOf(body)}}`;
  return { kind: 'cloudevents', items: [{ ...attributes, data: value }], raw: () => text };
}

function mediaType(headers: HttpHeaders): string {
  const header = headers['content-type'];
  return typeof header === 'string' ? header.split(';')[0]!.trim().toLowerCase() : '';
}

function isEmpty(body: unknown): boolean {
  return !(body instanceof Uint8Array) || body.length === 0;
}

/** Bytes that are no UTF-8 are refused: replaced, two different ids could become one. */
function textOf(body: unknown): string {
  if (isEmpty(body)) throw new TaktError('BODY_INVALID', 'the request has no body; send JSON.');
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(body as Uint8Array);
  } catch (error) {
    throw new TaktError('BODY_INVALID', 'the body is not UTF-8.', { cause: error });
  }
}
