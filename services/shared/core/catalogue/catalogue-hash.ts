import { createHash } from 'node:crypto';
import type { Definition, WindowSpec } from '../definition.ts';
import { FOLD_RULES_VERSION } from '../fold-rules.ts';

/** Hex digits of a definition's hash. */
const HASH_DIGITS = 16;

/**
 * The hash of a definition: over all of its fields, the version of the fold's rules and, where its slices or working
 * hours depend on the time-zone data (elsewhere than in UTC), over `calendarVersion`. The order of keys does not matter.
 */
export function definitionHash(definition: Omit<Definition, 'hash'>, calendarVersion: string): string {
  const { window, measure } = definition;
  const fields: Record<string, unknown> = { ...definition, foldRules: FOLD_RULES_VERSION };
  // A Definition, passed where its unhashed part is asked for, must give the same.
  delete fields['hash'];
  const zones = [zoneOf(window), ('hours' in measure ? measure.hours?.zone : undefined) ?? 'UTC'];
  if (zones.some((zone) => zone !== 'UTC')) fields['calendar'] = calendarVersion;
  return createHash('sha256').update(canonicalJson(fields), 'utf8').digest('hex').slice(0, HASH_DIGITS);
}

function zoneOf(window: WindowSpec): string {
  if (window.kind === 'shift') return window.hours.zone;
  return window.kind === 'tumbling' || window.kind === 'to-date' ? window.zone : 'UTC';
}

/** JSON with the keys of every object in order of their UTF-16 code units. */
function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_key, part: unknown) => {
    if (typeof part !== 'object' || part === null || Array.isArray(part)) return part;
    return Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)));
  });
}
