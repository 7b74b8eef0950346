import { JSON_DEPTH_MAX, JSON_KEYS_MAX } from '../shared/core/ingest/json-limits.ts';

/** What one request may hold, and how many requests may wait at once. */
export interface IngestLimits {
  readonly bodyBytesMax: number;
  readonly depthMax: number;
  /** Keys of one object. */
  readonly keysMax: number;
  readonly itemsMax: number;
  /** Body of one batch of an import: its events were made here and may be wide. */
  readonly importBodyBytesMax: number;
  /** Requests being read or waiting for the log. */
  readonly requestsMax: number;
}

export const INGEST_LIMITS: IngestLimits = {
  bodyBytesMax: 1024 * 1024,
  depthMax: JSON_DEPTH_MAX,
  keysMax: JSON_KEYS_MAX,
  itemsMax: 5_000,
  importBodyBytesMax: 32 * 1024 * 1024,
  requestsMax: 512,
};
