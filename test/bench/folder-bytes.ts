import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';

const BLOCK_BYTES = 512;

/** Bytes that a folder takes on the disk, in blocks. A file with several names counts once. */
export async function folderBytes(path: string): Promise<number> {
  const seen = new Set<number>();
  let bytes = 0;
  for (const name of await readdir(path, { recursive: true })) {
    const { ino, blocks } = await lstat(join(path, name));
    if (!seen.has(ino)) bytes += blocks * BLOCK_BYTES;
    seen.add(ino);
  }
  return bytes;
}
