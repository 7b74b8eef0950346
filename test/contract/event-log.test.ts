import { cpSync, existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ManualClock } from '../../services/shared/adapters/clock/manual-clock.ts';
import { CommitQueue } from '../../services/shared/adapters/log/commit-queue.ts';
import { LmdbLog } from '../../services/shared/adapters/log/lmdb/lmdb-log.ts';
import { MemoryLog } from '../../services/shared/adapters/log/memory/memory-log.ts';
import { eventLogContract, type LogUnderTest } from './event-log.ts';
import { promisesOf, promisesTested } from './promises.ts';

const START_MS = 1_700_000_000_000;
const LIMIT_BYTES = 16 * 1024 * 1024;
const ALL = { recordsMax: Infinity, bytesMax: Infinity };
const RECORD = { topic: 't', partition: 0, key: null, value: Buffer.from('x') };

function temporary(): { readonly path: string; remove(): void } {
  const path = mkdtempSync(join(tmpdir(), 'takt-log-'));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}

async function memory(limitBytes: number): Promise<LogUnderTest> {
  const clock = new ManualClock(START_MS);
  const log = new MemoryLog({ clock, limitBytes });
  return { log, clock, reopen: null, onDisk: null, dispose: () => log.close() };
}

async function lmdb(limitBytes: number): Promise<LogUnderTest> {
  const directory = temporary();
  const path = join(directory.path, 'log');
  const clock = new ManualClock(START_MS);
  const open = (at: string): Promise<LmdbLog> => LmdbLog.open({ path: at, clock, limitBytes });
  const opened = [await open(path)];
  return {
    log: opened[0]!,
    clock,
    async reopen() {
      await opened.at(-1)!.close();
      opened.push(await open(path));
      return opened.at(-1)!;
    },
    async onDisk(topic, partition) {
      const copy = join(directory.path, 'copy');
      cpSync(join(path, 'data.mdb'), join(copy, 'data.mdb'));
      const log = await open(copy);
      const records = await log.read(topic, partition, 0, ALL);
      await log.close();
      rmSync(copy, { recursive: true });
      return records.map(({ value }) => Buffer.from(value));
    },
    async dispose() {
      await opened.at(-1)!.close();
      directory.remove();
    },
  };
}

eventLogContract('memory', memory);
eventLogContract('LMDB', lmdb);

test('the promises of the port and the tests of the suite are the same', () => {
  expect(promisesTested('test/contract/event-log.ts')).toEqual(promisesOf('services/shared/ports/event-log.ts'));
});

test('LMDB: the size is that of the file, and the file stays below the limit', async () => {
  const directory = temporary();
  const log = await LmdbLog.open({ path: directory.path, clock: new ManualClock(), limitBytes: LIMIT_BYTES });
  await log.createTopic('t', 4);
  const batch = Array.from({ length: 500 }, (_, i) => ({
    topic: 't',
    partition: i % 4,
    key: Buffer.from('case'),
    value: Buffer.alloc(100),
  }));
  const refused = await (async (): Promise<unknown> => {
    for (let i = 0; i < 1000; i++) await log.append(batch);
    return null;
  })().catch((error: unknown) => error);
  expect(refused).toMatchObject({ code: 'LOG_FULL' });
  const { usedBytes } = log.size();
  const fileBytes = statSync(join(directory.path, 'data.mdb')).size;
  expect(fileBytes).toBeLessThanOrEqual(LIMIT_BYTES);
  expect(usedBytes).toBe(fileBytes);
  expect(usedBytes).toBeGreaterThan(LIMIT_BYTES * 0.9);
  await log.close();
  directory.remove();
});

test('LMDB: a full log takes records again once some are cut, in the pages of those, over and over', async () => {
  const directory = temporary();
  const log = await LmdbLog.open({ path: directory.path, clock: new ManualClock(), limitBytes: LIMIT_BYTES });
  await log.createTopic('t', 2);
  const batch = Array.from({ length: 500 }, (_, i) => ({ ...RECORD, partition: i % 2, value: Buffer.alloc(300) }));
  const fileBytes = (): number => statSync(join(directory.path, 'data.mdb')).size;
  const fill = async (): Promise<unknown> => {
    for (let i = 0; i < 1000; i++) await log.append(batch);
    return null;
  };
  const sizes: number[] = [];
  for (let round = 0; round < 5; round++) {
    await expect(fill()).rejects.toMatchObject({ code: 'LOG_FULL' });
    for (const partition of [0, 1]) await log.cut('t', partition, await log.endOffset('t', partition));
    expect(log.size().usedBytes).toBeLessThan(LIMIT_BYTES / 10);
    sizes.push(fileBytes());
  }
  // The file does not grow with what has passed through it.
  expect(Math.max(...sizes)).toBeLessThanOrEqual(LIMIT_BYTES * 1.25);
  await log.close();
  directory.remove();
});

test('LMDB: a place that is no directory is DATA_UNWRITABLE', async () => {
  const directory = temporary();
  const file = join(directory.path, 'file');
  writeFileSync(file, 'taken');
  const clock = new ManualClock();
  for (const path of [file, join(file, 'log')]) {
    await expect(LmdbLog.open({ path, clock, limitBytes: LIMIT_BYTES })).rejects.toMatchObject({
      code: 'DATA_UNWRITABLE',
    });
  }
  directory.remove();
});

test('LMDB: a file that is no log is refused and left as it is', async () => {
  const directory = temporary();
  const file = join(directory.path, 'data.mdb');
  writeFileSync(file, Buffer.alloc(20_000, 'x'));
  const opening = LmdbLog.open({ path: directory.path, clock: new ManualClock(), limitBytes: LIMIT_BYTES });
  await expect(opening).rejects.toMatchObject({ code: 'DATA_VERSION' });
  expect(statSync(file).size).toBe(20_000);
  expect(existsSync(join(directory.path, 'lock.mdb'))).toBe(false);
  directory.remove();
});

test('LMDB: a failed commit refuses its own appends, and the next ones go on without a gap', async () => {
  let end = 0;
  const sizes: number[] = [];
  const queue = new CommitQueue(async (batch) => {
    sizes.push(batch.length);
    await Promise.resolve();
    if (sizes.length === 2) throw new Error('planted');
    return batch.map(({ records }) => records.map(() => end++));
  });
  const add = (): Promise<number[]> => queue.add({ records: [RECORD], bytes: 10 });
  expect(await Promise.all([add(), add()])).toEqual([[0], [1]]);
  const failed = await Promise.allSettled([add(), add(), add()]);
  expect(failed.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
  expect(await add()).toEqual([2]);
  await queue.idle();
  expect(sizes).toEqual([2, 3, 1]);
  expect(queue.waitingBytes).toBe(0);
});

test('LMDB: what waits for a slow disk is bounded, one append always passes', async () => {
  let release = (): void => {};
  const gate = new Promise<void>((resolve) => (release = resolve));
  const queue = new CommitQueue(async (batch) => {
    await gate;
    return batch.map(() => [0]);
  });
  const add = (bytes: number): Promise<number[]> => queue.add({ records: [RECORD], bytes });
  const large = add(2 ** 30);
  expect(() => add(1)).toThrow(expect.objectContaining({ code: 'OVERLOADED', retryable: true }));
  release();
  expect(await large).toEqual([0]);
  await queue.idle();
  expect(await add(1)).toEqual([0]);
});
