import { parseDuration } from '../catalogue/catalogue-duration.ts';
import { readRfc3339 } from '../ingest/json-mapping-field.ts';

/** Milliseconds UTC of a time, a date (midnight UTC) or milliseconds; null for anything else. */
export function readTime(text: string): number | null {
  if (/^-?\d{1,16}$/.test(text)) return Number(text);
  return readRfc3339(/^\d{4}-\d\d-\d\d$/.test(text) ? `${text}T00:00:00Z` : text);
}

/** Milliseconds of a duration such as `30m` or `-1h`; null for anything else. */
export function readShift(text: string): number | null {
  const ms = parseDuration(text.replace(/^-/, ''));
  return ms !== null && text.startsWith('-') ? -ms : ms;
}
