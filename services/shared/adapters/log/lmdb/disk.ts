import { open, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { TaktError } from '../../../core/errors.ts';

/** Room kept beside what a commit may need: for the tree's own pages, and for what the store writes meanwhile. */
const DISK_RESERVE_BYTES = 4 * 1024 * 1024;
/** Below this the room is looked up before every commit, above it once per so many bytes written. */
const DISK_LOW_BYTES = 64 * 1024 * 1024;
const CHECK_EVERY_BYTES = 8 * 1024 * 1024;
/** Where LMDB's magic number stands in its file, behind the header of the first page; little-endian. */
const MAGIC_AT = 24;
const MAGIC = 0xbeefc0de;
const SPACE = /ENOSPC|EDQUOT|No space|quota/i;
const MAP_FULL = /MAP_FULL/i;
const UNWRITABLE = /EACCES|EROFS|EPERM|ENOTDIR|ENOENT|EEXIST|Permission|not permitted|Read-only|Not a directory/i;
const FOREIGN = /MDB_INVALID|MDB_VERSION_MISMATCH|MDB_CORRUPTED|not an LMDB file|version mismatch/i;

/**
 * Watches the room on the disk that holds `path`. LMDB reports a full disk as "Input/output error", and prints a stack
 * trace when a commit fails: so the room is looked up before.
 */
export class Disk {
  private readonly path: string;
  private freeBytes = 0;
  private writtenBytes = 0;

  constructor(path: string) {
    this.path = path;
  }

  /** Throws DISK_FULL when `bytes` more may not fit. */
  async assertRoom(bytes: number): Promise<void> {
    this.writtenBytes += bytes;
    if (this.writtenBytes > CHECK_EVERY_BYTES || this.freeBytes < DISK_LOW_BYTES + bytes) {
      this.freeBytes = await this.free();
      this.writtenBytes = 0;
    }
    if (this.freeBytes < bytes + DISK_RESERVE_BYTES) throw this.full(undefined);
  }

  /** Throws DATA_VERSION when data.mdb is there and not LMDB's: opening such a file would end the process. */
  async assertLmdb(): Promise<void> {
    const path = join(this.path, 'data.mdb');
    const head = Buffer.alloc(MAGIC_AT + 4);
    try {
      const file = await open(path, 'r');
      try {
        const { bytesRead } = await file.read(head, 0, head.length, 0);
        if (bytesRead === 0 || head.readUInt32LE(MAGIC_AT) === MAGIC) return;
      } finally {
        await file.close();
      }
    } catch (error) {
      if ((error as { code?: unknown }).code === 'ENOENT') return;
      throw error;
    }
    throw new TaktError(
      'DATA_VERSION',
      `${path} is not a log of takt.\nRestore it from a backup, or use another directory with --data DIR.`,
    );
  }

  /** What an error of LMDB means: DISK_FULL, LOG_FULL, DATA_VERSION or DATA_UNWRITABLE, with it as the cause. */
  async explain(error: unknown): Promise<TaktError> {
    if (error instanceof TaktError) return error;
    const cause = await commitError(error);
    const text = `${String((cause as { code?: string | number }).code ?? '')} ${(cause as Error).message}`;
    if (MAP_FULL.test(text)) {
      return new TaktError(
        'LOG_FULL',
        `${this.path}: the log's map is full; nothing was written.\nRaise --log-limit and start again.`,
        { cause },
      );
    }
    if (SPACE.test(text) || (await this.isFull())) return this.full(cause);
    if (FOREIGN.test(text)) {
      return new TaktError(
        'DATA_VERSION',
        `${this.path} holds no log that this takt can read: ${(cause as Error).message}.\nRestore it from a backup, or use another directory with --data DIR.`,
        { cause },
      );
    }
    const advice = UNWRITABLE.test(text)
      ? 'Give this user write permission, or use another directory with --data DIR.'
      : 'Check the disk; takt goes on when it takes writes again.';
    return new TaktError('DATA_UNWRITABLE', `${this.path} cannot be written: ${(cause as Error).message}.\n${advice}`, {
      cause,
    });
  }

  private full(cause: unknown): TaktError {
    // The next look must be a fresh one: somebody may have made room.
    this.freeBytes = 0;
    return new TaktError('DISK_FULL', `${this.path}: no space left; nothing was written.\nFree some space.`, { cause });
  }

  private async isFull(): Promise<boolean> {
    try {
      return (await this.free()) < DISK_RESERVE_BYTES;
    } catch {
      // The path does not exist: not for want of room.
      return false;
    }
  }

  private async free(): Promise<number> {
    const { bavail, bsize } = await statfs(this.path);
    return bavail * bsize;
  }
}

/** lmdb rejects with "Commit failed" and hands the reason as a rejected promise, which somebody must take. */
async function commitError(error: unknown): Promise<unknown> {
  const reason = (error as { commitError?: Promise<unknown> }).commitError;
  if (reason === undefined) return error;
  try {
    await reason;
    return error;
  } catch (cause) {
    return cause;
  }
}
