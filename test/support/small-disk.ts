import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';

/** A file system of its own. */
export interface SmallDisk {
  readonly path: string;
  /** Makes it larger. */
  grow(sizeMiB: number): void;
  makeReadOnly(): void;
  remove(): void;
}

/**
 * Why no small disk can be made, or false. Mounting needs root; under CI that is a failure, not a reason to skip.
 */
export const smallDiskMissing: string | false =
  process.getuid?.() === 0 || process.env['CI'] === 'true' ? false : 'only root can mount a small disk';

/** Mounts an empty file system of so many MiB, in memory, at `path`. */
export function mountSmallDisk(path: string, sizeMiB: number): SmallDisk {
  mkdirSync(path, { recursive: true });
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${sizeMiB}m`, 'tmpfs', path]);
  return {
    path,
    grow: (toMiB) => void execFileSync('mount', ['-o', `remount,size=${toMiB}m`, path]),
    makeReadOnly: () => void execFileSync('mount', ['-o', 'remount,ro', path]),
    remove: () => void execFileSync('umount', ['-l', path]),
  };
}
