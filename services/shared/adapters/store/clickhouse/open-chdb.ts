import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type ClickHouseClient, createClient } from '@clickhouse/client';
import { TaktError } from '../../../core/errors.ts';

type Connect = (options: { readonly path: string }) => unknown;

/** Where a store directory keeps its parts. */
const ENGINE_FOLDER = 'chdb';
const INCOMING_FOLDER = 'incoming';

/** The engine in a store directory, with two connections: settings stick to a connection. */
export interface OpenChdb {
  readonly own: ClickHouseClient;
  readonly users: ClickHouseClient;
  /** An empty folder for the files of inserts. */
  readonly incomingPath: string;
}

/**
 * Opens chDB in the directory `path`, making it where it is missing. Throws EMBEDDED_MISSING without the chdb package,
 * DATA_UNWRITABLE, DATA_LOCKED when another process has it, STORE_FAILED.
 */
export async function openChdb(path: string): Promise<OpenChdb> {
  const create = await loadChdb();
  const enginePath = join(path, ENGINE_FOLDER);
  const incomingPath = join(path, INCOMING_FOLDER);
  // file() of the engine takes these for patterns, and knows no way to quote them.
  if (/[*?{}]/.test(incomingPath))
    throw new TaktError('USAGE', `${path}: a data directory must not have * ? { or } in its path.`);
  await makeWritable(path);
  const connect = (): ClickHouseClient => createClient({ connection: create({ path: enginePath }) } as never);
  let own: ClickHouseClient;
  let users: ClickHouseClient;
  try {
    own = connect();
    users = connect();
  } catch (error) {
    throw await openError(path, enginePath, error);
  }
  // Only now is it certain that no other process has inserts under way there.
  await rm(incomingPath, { recursive: true, force: true });
  await mkdir(incomingPath);
  return { own, users, incomingPath };
}

async function loadChdb(): Promise<Connect> {
  try {
    const module = (await import('chdb/connection')) as { readonly createChdbConnection: Connect };
    return module.createChdbConnection;
  } catch (error) {
    throw missing(error);
  }
}

function missing(cause: unknown): TaktError {
  return new TaktError(
    'EMBEDDED_MISSING',
    'the embedded store needs the package chdb, which is not installed here (it is optional, and exists for Linux and macOS).\nRun: npm install chdb',
    { cause },
  );
}

/** The engine only says that it could not open: whether the directory can be written is asked before. */
async function makeWritable(path: string): Promise<void> {
  const probe = join(path, '.writable');
  try {
    await mkdir(path, { recursive: true });
    await writeFile(probe, '');
    await rm(probe);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOSPC')
      throw new TaktError('DISK_FULL', `the disk of ${path} is full.\nFree some space and start again.`, {
        cause: error,
      });
    throw new TaktError(
      'DATA_UNWRITABLE',
      `${path} cannot be written (${code}).\nGive this user the right to write there, or use another directory with --data DIR.`,
      { cause: error },
    );
  }
}

async function openError(path: string, enginePath: string, error: unknown): Promise<TaktError> {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === 'CHDB_PLATFORM') return missing(error);
  const pid = await ownerOf(enginePath);
  if (pid !== null) {
    return new TaktError(
      'DATA_LOCKED',
      `${path} is in use by another process (${pid}).\nStop that takt, or use another directory with --data DIR.`,
      { cause: error },
    );
  }
  return new TaktError('STORE_FAILED', `the store in ${path} did not open: ${message.split('\n')[0]}`, {
    cause: error,
  });
}

/** The other process that runs an engine there, by the file that it locks; null when it is gone. */
async function ownerOf(enginePath: string): Promise<number | null> {
  const status = await readFile(join(enginePath, 'status'), 'utf8').catch(() => '');
  const pid = Number(/^PID: (\d+)/m.exec(status)?.[1]);
  if (!(pid > 0) || pid === process.pid) return null;
  try {
    process.kill(pid, 0);
    return pid;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM' ? pid : null;
  }
}
