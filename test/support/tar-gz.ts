import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';

const BLOCK_BYTES = 512;

/** The files of a small gzipped tar archive that `wanted` names, in the order of their names. */
export function filesOf(
  path: string,
  wanted: (name: string) => boolean,
): { readonly name: string; readonly bytes: Buffer }[] {
  const archive = gunzipSync(readFileSync(path));
  const files: { readonly name: string; readonly bytes: Buffer }[] = [];
  for (let at = 0; at < archive.length && archive[at] !== 0;) {
    const name = textAt(archive, at, 100).replace(/^\.\//, '');
    const size = Number.parseInt(textAt(archive, at + 124, 12), 8);
    const start = at + BLOCK_BYTES;
    if (wanted(name)) files.push({ name, bytes: archive.subarray(start, start + size) });
    at = start + Math.ceil(size / BLOCK_BYTES) * BLOCK_BYTES;
  }
  return files.sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** A field of a header ends with the first zero. */
function textAt(archive: Buffer, at: number, length: number): string {
  const field = archive.subarray(at, at + length).toString('latin1');
  const end = field.indexOf('\0');
  return (end < 0 ? field : field.slice(0, end)).trim();
}
