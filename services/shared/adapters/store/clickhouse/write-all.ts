import { open } from 'node:fs/promises';

/**
 * Makes a file of these pieces, in one call: what is written piece by piece waits for its turn between any two. Rejects
 * with what the file system says, such as ENOSPC; the file may then be there in part.
 */
export async function writeAll(path: string, pieces: readonly Buffer[]): Promise<void> {
  const file = await open(path, 'w');
  try {
    const { bytesWritten } = await file.writev(pieces);
    // A disk that is nearly full takes a part, and says so with the next write: a file cut short could pass for fewer rows.
    const rest = pieces.reduce((sum, { length }) => sum + length, 0) - bytesWritten;
    if (rest > 0) await file.writeFile(Buffer.concat(pieces).subarray(bytesWritten));
  } finally {
    await file.close();
  }
}
