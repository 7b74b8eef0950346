import { randomUUID } from 'node:crypto';
import { TaktError } from '../../../core/errors.ts';
import type { Clock } from '../../../ports/clock.ts';
import type { ClickHouseTransport } from './transport.ts';

/** A table that is there while somebody holds the lock, by its name: of all who create it at once, one succeeds. */
const TABLE_PREFIX = 'takt_lock_';
const LOOK_EVERY_MS = 100;
/** A lock that one owner is seen to have for so long was left by a process that died: what is done under it takes seconds. */
const STALE_MS = 60_000;
/** So long a lock is waited for: the stale one's time, and then everybody's turn. */
const WAIT_MS_MAX = 180_000;

/**
 * Runs `work` under a lock of the server, for what must not run twice at once: migrations, claims of planned runs. It needs no Keeper. Two who
 * find the same stale lock may both take it: what runs under it has to be safe to repeat. Throws STORE_FAILED when it is
 * not free in time, and what `work` throws.
 */
export async function withLock(
  name: string,
  transport: ClickHouseTransport,
  clock: Clock,
  closing: AbortSignal,
  work: () => Promise<void>,
): Promise<void> {
  const lock = `${TABLE_PREFIX}${name}`;
  const owner: string = randomUUID();
  const startMs = clock.nowMs();
  let seen = { holder: owner, sinceMs: startMs };
  for (;;) {
    const holder = await acquire(lock, transport, owner);
    if (holder === owner) break;
    const nowMs = clock.nowMs();
    if (closing.aborted || nowMs - startMs > WAIT_MS_MAX) throw held(lock);
    if (holder !== seen.holder) seen = { holder: holder ?? owner, sinceMs: nowMs };
    // By the time that passes here: no two clocks are compared.
    else if (nowMs - seen.sinceMs > STALE_MS) await transport.command(`DROP TABLE IF EXISTS ${lock}`);
    await clock.sleep(LOOK_EVERY_MS, closing);
  }
  try {
    await work();
  } finally {
    await transport.command(`DROP TABLE IF EXISTS ${lock}`);
  }
}

function held(lock: string): TaktError {
  return new TaktError(
    'STORE_FAILED',
    `the table ${lock} stands for work of another process, for more than ${WAIT_MS_MAX / 1_000} s.\nIf none runs: DROP TABLE ${lock}.`,
  );
}

/** Who holds the lock after this try; null where it was just given back. */
async function acquire(lock: string, transport: ClickHouseTransport, owner: string): Promise<string | null> {
  try {
    await transport.command(`CREATE TABLE ${lock} (nothing UInt8) ENGINE = Memory COMMENT '${owner}'`);
    return owner;
  } catch (error) {
    if ((error as { readonly type?: unknown }).type !== 'TABLE_ALREADY_EXISTS') throw error;
  }
  // It may be ours, where the answer to the first try was lost on the way.
  const [found] = await transport.rows<{ readonly holder: string }>(
    'SELECT comment AS holder FROM system.tables WHERE database = currentDatabase() AND name = {name:String}',
    { name: lock },
  );
  return found?.holder ?? null;
}
