import { createHash } from 'node:crypto';

/** Characters of a row's hash: 128 bits in hex. */
export const ROW_HASH_CHARS = 32;

/** Names by which the columns of a header are addressed: the second `Variant` is `Variant#2`. */
export function uniqueHeaders(header: readonly string[]): string[] {
  const taken = new Set<string>();
  return header.map((name) => {
    let unique = name;
    for (let n = 2; taken.has(unique); n++) unique = `${name}#${n}`;
    taken.add(unique);
    return unique;
  });
}

/**
 * Gives the function that hashes the rows of one file, 32 hex digits. Every parsed cell counts with the name of its
 * column (from `uniqueHeaders`), so neither the mapping nor the order of the columns changes it.
 */
export function rowHasher(headers: readonly string[]): (cells: readonly string[]) => string {
  const order = headers
    .map((name, index) => ({ name, index }))
    .sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0))
    .map(({ name, index }) => ({ prefix: part(name), index }));
  return (cells) => {
    let text = '';
    for (const { prefix, index } of order) text += prefix + part(cells[index] ?? '');
    return createHash('sha256').update(text, 'utf8').digest('hex').slice(0, ROW_HASH_CHARS);
  };
}

/** The hash of one row, see `rowHasher`. */
export function rowHash(headers: readonly string[], cells: readonly string[]): string {
  return rowHasher(headers)(cells);
}

/**
 * The id of an event of a row: the row's hash, its ordinal among the equal rows of its file (from 1), and which of the
 * mapping's events it is (from 1) where a row makes several.
 */
export function rowEventId(hash: string, ordinal: number, eventNumber: number | null): string {
  return eventNumber === null ? `${hash}-${ordinal}` : `${hash}-${ordinal}-${eventNumber}`;
}

/** A composite case id; length-prefixed (UTF-16 units), so that no two lists of parts give the same id. */
export function compositeKey(parts: readonly string[]): string {
  let key = '';
  for (const text of parts) key += part(text);
  return key;
}

function part(text: string): string {
  return `${text.length}:${text}`;
}
