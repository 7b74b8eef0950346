import { createHash } from 'node:crypto';
import { compositeKey, ROW_HASH_CHARS } from './row-identity.ts';

/**
 * The id of an item that brings none: 32 hex digits of its topic and content, whatever the order of its keys and the
 * spaces between. `raw`: its text as it was sent, which stands in where the item has a number that no double holds.
 * The same item sent again has the same id, and so do two that are the same in everything.
 */
export function payloadId(topic: string, item: unknown, raw: () => string): string {
  const content = canonical(item) ?? raw();
  return createHash('sha256')
    .update(compositeKey([topic, content]))
    .digest('hex')
    .slice(0, ROW_HASH_CHARS);
}

/** JSON with sorted keys; null where a number is not exact. */
function canonical(value: unknown): string | null {
  if (typeof value === 'number' && !Number.isFinite(value)) return null;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const parts = Array.isArray(value)
    ? value.map(canonical)
    : Object.keys(value)
        .sort()
        .map((key) => {
          const text = canonical((value as Record<string, unknown>)[key]);
          return text === null ? null : `${JSON.stringify(key)}:${text}`;
        });
  if (parts.includes(null)) return null;
  return Array.isArray(value) ? `[${parts.join(',')}]` : `{${parts.join(',')}}`;
}
