/** A case or dimension without a value. */
export const NO_LABEL = '(none)';

/** The value of every label of what a KPI's cardinality limit leaves without labels of its own. */
export const OTHER_LABEL = '__other__';

/**
 * The canonical encoding of a label set, the only one: a JSON array of name and value pairs, ordered by name (UTF-16
 * code units). It is the key of [slices] and [values] and part of every row's key.
 */
export function encodeLabels(labels: Readonly<Record<string, string>>): string {
  const names = Object.keys(labels).sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
  return JSON.stringify(names.map((name) => [name, labels[name]]));
}

/** The label set of an encoding made by `encodeLabels`. */
export function decodeLabels(encoded: string): Record<string, string> {
  return Object.fromEntries(JSON.parse(encoded) as [string, string][]);
}
