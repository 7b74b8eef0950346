import { readdir, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';

/** Files of a folder that are looked at; those beyond do not bring a catalogue up again by themselves. */
const FILES_MAX = 500;

/**
 * Tells one state of a catalogue's files and folders, of the screens beside them, and of plans beside them or in a folder
 * `plans` there, from another: names, sizes and times of change. What cannot be read is part of it.
 */
export async function catalogueSignature(paths: readonly string[]): Promise<string> {
  const screens = paths.map((path) => join(dirname(resolve(path)), 'screens'));
  const plans = paths.flatMap((path) => [dirname(resolve(path)), resolve(path)]).map((folder) => join(folder, 'plans'));
  const folders = paths.map((path) => dirname(resolve(path)));
  const parts = await Promise.all([
    ...[...new Set([...paths, ...screens, ...plans])].map((path) => signatureOf(path, /\.(ya?ml|csv)$/)),
    ...[...new Set(folders)].map((path) => signatureOf(path, /\.csv$/)),
  ]);
  return parts.flat().join('\n');
}

/** Of a folder that of its files with such names. */
async function signatureOf(path: string, named: RegExp): Promise<string[]> {
  try {
    const entry = await stat(path);
    if (!entry.isDirectory()) return [`${path} ${entry.size} ${entry.mtimeMs} ${entry.ino}`];
    const names = (await readdir(path)).filter((name) => named.test(name)).sort();
    const files = await Promise.all(names.slice(0, FILES_MAX).map((name) => fileOf(join(path, name))));
    return [`${path} ${names.length}`, ...files];
  } catch (error) {
    return [`${path} ${(error as NodeJS.ErrnoException).code}`];
  }
}

async function fileOf(path: string): Promise<string> {
  const { size, mtimeMs, ino } = await stat(path);
  return `${path} ${size} ${mtimeMs} ${ino}`;
}
