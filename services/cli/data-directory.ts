import { existsSync } from 'node:fs';
import { copyFile, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { TaktError } from '../shared/core/errors.ts';

/** The layout of a data directory that this version reads and writes. */
const FORMAT_VERSION = '2';

/** Where a data directory keeps its parts. */
export interface DataDirectory {
  readonly path: string;
  readonly logPath: string;
  readonly storePath: string;
  /** The catalogue used when none is named, with the files of the folder; one of them is made on first use. */
  readonly cataloguePath: string;
  readonly catalogueFolder: string;
}

/** What a running process leaves in its data directory, so that other commands find it. */
export interface RunFile {
  readonly pid: number;
  readonly url: string;
}

/** Where a data directory's parts are; touches nothing. */
export function describeDirectory(path: string): DataDirectory {
  const root = resolve(path);
  return {
    path: root,
    logPath: join(root, 'log'),
    storePath: join(root, 'store'),
    cataloguePath: join(root, 'catalogue.yaml'),
    catalogueFolder: join(root, 'catalogue'),
  };
}

/** The catalogue's files and folders in a data directory; none in a new one. */
export function cataloguesOf({ cataloguePath, catalogueFolder }: DataDirectory): string[] {
  return [cataloguePath, catalogueFolder].filter((path) => existsSync(path));
}

/**
 * Makes the directory where it is missing, and checks its format version. Throws DATA_VERSION for one that another
 * version wrote, DATA_UNWRITABLE or DISK_FULL when it cannot be written.
 */
export async function prepareDirectory(path: string, starterCatalogue: string): Promise<DataDirectory> {
  const directory = describeDirectory(path);
  const formatPath = join(directory.path, 'FORMAT');
  try {
    await mkdir(directory.path, { recursive: true });
    const format = await readFile(formatPath, 'utf8').catch(missingIsNull);
    if (format !== null && format.trim() !== FORMAT_VERSION) {
      throw new TaktError(
        'DATA_VERSION',
        `${directory.path} has data format ${JSON.stringify(format.trim().slice(0, 20))}; this takt reads format ${FORMAT_VERSION}.\nUse the takt that wrote it, or another directory with --data DIR.`,
      );
    }
    if (format === null) await writeFile(formatPath, `${FORMAT_VERSION}\n`);
    await Promise.all([mkdir(directory.logPath, { recursive: true }), mkdir(directory.storePath, { recursive: true })]);
    if (cataloguesOf(directory).length === 0) await copyFile(starterCatalogue, directory.cataloguePath);
    // A read-only disk must be known now, not at the first event.
    await writeFile(join(directory.path, '.writable'), '');
  } catch (error) {
    throw unwritable(directory.path, error);
  }
  return directory;
}

/** Throws DATA_MISSING where takt has never kept anything: a command that only reads makes no directory. */
export function assertHoldsData({ path }: DataDirectory): void {
  if (existsSync(join(path, 'FORMAT'))) return;
  throw new TaktError(
    'DATA_MISSING',
    `${path} holds no data of takt.\nName the right directory with --data DIR, or begin one with takt start or takt import.`,
  );
}

function unwritable(path: string, error: unknown): unknown {
  const code = (error as NodeJS.ErrnoException).code;
  if (code === 'ENOSPC')
    return new TaktError(
      'DISK_FULL',
      `${path}: the disk is full.\nFree some space, or use another directory with --data DIR.`,
      { cause: error },
    );
  if (code === 'EACCES' || code === 'EROFS' || code === 'EPERM' || code === 'ENOTDIR' || code === 'EEXIST') {
    return new TaktError(
      'DATA_UNWRITABLE',
      `${path} cannot be written (${code}).\nGive this user write permission, or use another directory with --data DIR.`,
      { cause: error },
    );
  }
  return error;
}

function missingIsNull(error: NodeJS.ErrnoException): null {
  if (error.code === 'ENOENT') return null;
  throw error;
}

/**
 * The catalogue that the data directory was used with last, where one was named; null where its own is the one. Without
 * it a command that only reads would put another catalogue in force.
 */
export async function lastCatalogue(path: string): Promise<readonly string[] | null> {
  const text = await readFile(join(describeDirectory(path).path, 'CATALOGUE'), 'utf8').catch(() => null);
  return text === null ? null : text.split('\n').filter((line) => line !== '');
}

/** Keeps which catalogue the data directory is used with: files or folders, one a line. */
export async function rememberCatalogue(directory: DataDirectory, catalogue: readonly string[]): Promise<void> {
  await writeFile(join(directory.path, 'CATALOGUE'), catalogue.map((path) => `${resolve(path)}\n`).join(''));
}

/** Says where this process is reached. */
export async function writeRunFile(directory: DataDirectory, run: RunFile): Promise<void> {
  await writeFile(join(directory.path, 'run.json'), JSON.stringify(run));
}

export async function removeRunFile(directory: DataDirectory): Promise<void> {
  await rm(join(directory.path, 'run.json'), { force: true });
}

/** The address of the process that serves this directory, or null when none answers for it. */
export async function findRunning(directory: DataDirectory): Promise<string | null> {
  const text = await readFile(join(directory.path, 'run.json'), 'utf8').catch(() => null);
  if (text === null) return null;
  try {
    const { url, pid } = JSON.parse(text) as RunFile;
    const response = await fetch(`${url}/healthz`, { signal: AbortSignal.timeout(2_000) });
    const served = response.headers.get('x-takt-pid');
    return served === String(pid) ? url : null;
  } catch {
    return null;
  }
}
