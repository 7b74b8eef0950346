import { describe, expect, test } from 'vitest';
import type { ManualClock } from '../../services/shared/adapters/clock/manual-clock.ts';
import type { AppendRecord, EventLog, LogRecord } from '../../services/shared/ports/event-log.ts';

/** A log under test, empty at first, with what a contract needs to look behind it. */
export interface LogUnderTest {
  readonly log: EventLog;
  /** The log's clock; null where it is somebody else's, on this machine. */
  readonly clock: ManualClock | null;
  /** Closes the log and opens the same data again; null where nothing outlives the process. */
  readonly reopen: (() => Promise<EventLog>) | null;
  /** What another process would find now, after a crash: the values of a partition; null where nothing is left. */
  readonly onDisk: ((topic: string, partition: number) => Promise<Buffer[]>) | null;
  /** Removes everything. */
  readonly dispose: () => Promise<void>;
}

const ALL = { recordsMax: Infinity, bytesMax: Infinity };
const NO_LIMIT_BYTES = 256 * 1024 * 1024;

function record(partition: number, text: string, key: string | null = null, topic = 't'): AppendRecord {
  return { topic, partition, key: key === null ? null : Buffer.from(key), value: Buffer.from(text) };
}

function texts(records: readonly LogRecord[]): string[] {
  return records.map(({ value }) => Buffer.from(value).toString());
}

function offsetsOf(records: readonly LogRecord[]): number[] {
  return records.map(({ offset }) => offset);
}

/** Appends until the log refuses; gives how many records it took and its error. */
async function fill(log: EventLog, value: Uint8Array): Promise<{ readonly taken: number; readonly error: unknown }> {
  for (let taken = 0; taken < 10_000; taken++) {
    try {
      await log.append([{ topic: 't', partition: 0, key: null, value }]);
    } catch (error) {
      return { taken, error };
    }
  }
  throw new Error('the log never refused');
}

/** Promise 5 where the log's clock cannot be set: times lie between before and after, and never fall. */
async function checkForeignClock(log: EventLog, reopen: LogUnderTest['reopen']): Promise<void> {
  const beforeMs = Date.now();
  for (const text of ['a', 'b', 'c']) await log.append([record(0, text), record(1, text)]);
  const betweenMs = Date.now();
  const later = reopen === null ? log : await reopen();
  await later.append([record(0, 'd')]);
  const afterMs = Date.now();
  const times = (await later.read('t', 0, 0, ALL)).map(({ appendMs }) => appendMs);
  expect(times.filter(Number.isSafeInteger)).toHaveLength(4);
  expect(times).toEqual(times.toSorted((a, b) => a - b));
  expect(times.slice(0, 3).filter((ms) => ms < beforeMs || ms > betweenMs)).toEqual([]);
  expect(times[3]).toBeGreaterThanOrEqual(times[2]!);
  expect(times[3]).toBeLessThanOrEqual(afterMs);
}

/** One test per promise of services/shared/ports/event-log.ts. */
export function eventLogContract(name: string, makeLog: (limitBytes: number) => Promise<LogUnderTest>): void {
  async function withLog(run: (under: LogUnderTest) => Promise<void>, limitBytes = NO_LIMIT_BYTES): Promise<void> {
    const under = await makeLog(limitBytes);
    try {
      await under.log.createTopic('t', 3);
      await run(under);
    } finally {
      await under.dispose();
    }
  }

  describe(`event log: ${name}`, () => {
    test('1. offsets start at 0 and rise by one, whatever is appended at the same time and across reopening', () =>
      withLog(async ({ log, reopen }) => {
        expect(await log.endOffset('t', 0)).toBe(0);
        const appends = Array.from({ length: 40 }, (_, i) => log.append([record(i % 2, `a${i}`), record(0, `b${i}`)]));
        const given = (await Promise.all(appends)).flatMap(([first, second], i) =>
          i % 2 === 0 ? [first!, second!] : [second!],
        );
        expect(given).toEqual(Array.from({ length: 60 }, (_, i) => i));
        expect(await log.endOffset('t', 0)).toBe(60);
        expect(await log.endOffset('t', 1)).toBe(20);
        const later = reopen === null ? log : await reopen();
        expect(await later.append([record(0, 'c'), record(1, 'c'), record(2, 'c')])).toEqual([60, 20, 0]);
      }));

    test('2. append resolves with the offsets in the order of its records, once they are durable', () =>
      withLog(async ({ log, onDisk }) => {
        expect(await log.append([])).toEqual([]);
        expect(await log.append([record(1, 'a'), record(0, 'b'), record(1, 'c')])).toEqual([0, 0, 1]);
        if (onDisk === null) return;
        expect((await onDisk('t', 1)).map(String)).toEqual(['a', 'c']);
        expect((await onDisk('t', 0)).map(String)).toEqual(['b']);
      }));

    test('3. a record is readable once append resolved, not before, and keeps its bytes', () =>
      withLog(async ({ log, clock, reopen, onDisk }) => {
        const bytes = Buffer.from(Array.from({ length: 256 }, (_, i) => i));
        const big = Buffer.alloc(100_000, 'takt');
        const early = log.append([record(2, 'early')]);
        // Memory is durable at once; a log with a disk has a time between the two; a broker may be done before it is asked.
        const before = [await log.endOffset('t', 2), (await log.read('t', 2, 0, ALL)).length];
        const own = onDisk === null ? [[1, 1]] : [[0, 0]];
        expect(
          clock === null
            ? [
                [0, 0],
                [0, 1],
                [1, 1],
              ]
            : own,
        ).toContainEqual(before);
        await early;
        expect(texts(await log.read('t', 2, 0, ALL))).toEqual(['early']);
        await log.append([
          { topic: 't', partition: 0, key: bytes, value: bytes },
          { topic: 't', partition: 0, key: Buffer.alloc(0), value: Buffer.alloc(0) },
          { topic: 't', partition: 0, key: null, value: big },
        ]);
        const held = await log.read('t', 0, 0, ALL);
        await log.append(Array.from({ length: 500 }, (_, i) => record(0, `later ${i}`)));
        const again = await (reopen === null ? log : await reopen()).read('t', 0, 0, { ...ALL, recordsMax: 3 });
        for (const records of [held, again]) {
          expect(records.map(({ key, value }) => [key && Buffer.from(key), Buffer.from(value)])).toEqual([
            [bytes, bytes],
            [Buffer.alloc(0), Buffer.alloc(0)],
            [null, big],
          ]);
        }
      }));

    test('4. the records of one append are contiguous in a partition and become readable together', () =>
      withLog(async ({ log }) => {
        const size = 20;
        const seen: number[] = [];
        log.onAppend((_, partition) => void log.endOffset('t', partition).then((end) => seen.push(end)));
        const appends = Array.from({ length: 30 }, (_, a) =>
          log.append(Array.from({ length: size }, (_r, i) => record(0, `${a}/${i}`))),
        );
        const running = { done: false };
        const all = Promise.all(appends).finally(() => (running.done = true));
        while (!running.done) {
          seen.push(await log.endOffset('t', 0));
          await new Promise((resolve) => setImmediate(resolve));
        }
        await all;
        expect(seen.length).toBeGreaterThan(1);
        expect(seen.filter((end) => end % size !== 0)).toEqual([]);
        const expected = Array.from({ length: 30 }, (_, a) => Array.from({ length: size }, (_r, i) => `${a}/${i}`));
        expect(texts(await log.read('t', 0, 0, ALL))).toEqual(expected.flat());
      }));

    test('5. append time is the clock in milliseconds and never falls in a partition, across reopening too', () =>
      withLog(async ({ log, clock, reopen }) => {
        if (clock === null) return checkForeignClock(log, reopen);
        const startMs = clock.nowMs();
        await log.append([record(0, 'a')]);
        clock.advance(50);
        await log.append([record(0, 'b'), record(1, 'b')]);
        clock.advance(-30);
        await log.append([record(0, 'c'), record(2, 'c')]);
        const later = reopen === null ? log : await reopen();
        await later.append([record(0, 'd')]);
        clock.advance(40);
        await later.append([record(0, 'e')]);
        const times = async (partition: number): Promise<number[]> =>
          (await later.read('t', partition, 0, ALL)).map(({ appendMs }) => appendMs - startMs);
        expect(await times(0)).toEqual([0, 50, 50, 50, 60]);
        expect(await times(1)).toEqual([50]);
        expect(await times(2)).toEqual([20]);
      }));

    test('6. read goes on from an offset in order, without gaps, within the limits, and one record always passes', () =>
      withLog(async ({ log }) => {
        const value = Buffer.alloc(1000, 'x');
        // A neighbour on either side must not show.
        await log.append([0, 1, 2].flatMap((p) => Array.from({ length: 10 }, () => ({ ...record(p, ''), value }))));
        expect(offsetsOf(await log.read('t', 1, 0, ALL))).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
        expect(offsetsOf(await log.read('t', 1, 4, { ...ALL, recordsMax: 3 }))).toEqual([4, 5, 6]);
        expect(offsetsOf(await log.read('t', 1, 8, { ...ALL, recordsMax: 300 }))).toEqual([8, 9]);
        expect(offsetsOf(await log.read('t', 1, 2, { ...ALL, bytesMax: 3500 }))).toEqual([2, 3, 4]);
        // From everywhere, also from the middle of what was appended at once and has more behind it.
        for (let i = 0; i < 3; i++) await log.append([record(1, 'x'), record(1, 'y'), record(1, 'z')]);
        for (let from = 0; from <= 19; from++) {
          const expected = Array.from({ length: 19 - from }, (_, i) => from + i);
          const read: number[] = [];
          for (let at = from; ; at = read.at(-1)! + 1) {
            const records = await log.read('t', 1, at, ALL);
            if (records.length === 0) break;
            read.push(...offsetsOf(records));
          }
          expect(read).toEqual(expected);
        }
        expect(offsetsOf(await log.read('t', 1, 2, { recordsMax: 5, bytesMax: 1 }))).toEqual([2]);
        expect(offsetsOf(await log.read('t', 1, 2, { recordsMax: 0, bytesMax: 0 }))).toEqual([2]);
      }));

    test('7. reading from the end gives nothing; outside the log LOG_OFFSET_OUT_OF_RANGE', () =>
      withLog(async ({ log }) => {
        expect(await log.read('t', 0, 0, ALL)).toEqual([]);
        await log.append([record(0, 'a')]);
        expect(await log.read('t', 0, 1, ALL)).toEqual([]);
        for (const offset of [2, -1, NaN]) {
          await expect(log.read('t', 0, offset, ALL)).rejects.toMatchObject({ code: 'LOG_OFFSET_OUT_OF_RANGE' });
        }
        await expect(log.read('t', 3, 0, ALL)).rejects.toMatchObject({ code: 'LOG_TOPIC_UNKNOWN' });
        await expect(log.endOffset('none', 0)).rejects.toMatchObject({ code: 'LOG_TOPIC_UNKNOWN' });
        await expect(log.append([record(0, 'b'), record(9, 'b')])).rejects.toMatchObject({ code: 'LOG_TOPIC_UNKNOWN' });
        expect(await log.endOffset('t', 0)).toBe(1);
      }));

    test('8. createTopic is idempotent, at the same time too; another partition count is refused', () =>
      withLog(async ({ log, reopen }) => {
        await log.append([record(2, 'kept')]);
        await Promise.all([log.createTopic('t', 3), log.createTopic('u', 2), log.createTopic('u', 2)]);
        await expect(log.createTopic('u', 3)).rejects.toMatchObject({ code: 'LOG_PARTITIONS_CHANGED' });
        const later = reopen === null ? log : await reopen();
        await later.createTopic('t', 3);
        await expect(later.createTopic('t', 4)).rejects.toMatchObject({ code: 'LOG_PARTITIONS_CHANGED' });
        expect(await later.describeTopic('u')).toMatchObject({ partitions: 2 });
        expect(texts(await later.read('t', 2, 0, ALL))).toEqual(['kept']);
      }));

    test('9. a topic keeps its identity for life; made again it has another', () =>
      withLog(async ({ log, reopen }) => {
        expect(await log.describeTopic('none')).toBeNull();
        const first = (await log.describeTopic('t'))!;
        await log.createTopic('t', 3);
        await log.createTopic('u', 3);
        expect(await log.describeTopic('t')).toEqual(first);
        expect((await log.describeTopic('u'))!.identity).not.toBe(first.identity);
        const later = reopen === null ? log : await reopen();
        expect(await later.describeTopic('t')).toEqual(first);
        await withLog(async ({ log: recreated }) => {
          expect((await recreated.describeTopic('t'))!.identity).not.toBe(first.identity);
        });
      }));

    test('10. listeners are called once records are readable, and not after they were removed', () =>
      withLog(async ({ log }) => {
        const heard: string[] = [];
        const readable: Promise<number>[] = [];
        const remove = log.onAppend((topic, partition) => {
          heard.push(`${topic}/${partition}`);
          readable.push(log.endOffset(topic, partition));
        });
        await log.append([record(1, 'a'), record(1, 'b'), record(2, 'c')]);
        expect(heard.toSorted()).toEqual(['t/1', 't/2']);
        expect((await Promise.all(readable)).toSorted((a, b) => a - b)).toEqual([1, 2]);
        remove();
        await log.append([record(1, 'd')]);
        expect(heard).toHaveLength(2);
      }));

    test('11. above the limit append fails with LOG_FULL, retryable, and writes nothing', async () => {
      const limitBytes = 512 * 1024;
      await withLog(async ({ log, reopen }) => {
        // A log whose disk is somebody else's says that it has no limit.
        if (log.size() === null) return;
        const { taken, error } = await fill(log, Buffer.alloc(5_000, 'x'));
        expect(error).toMatchObject({ code: 'LOG_FULL', retryable: true });
        expect(taken).toBeGreaterThan(10);
        expect(log.size()!.usedBytes).toBeLessThanOrEqual(limitBytes);
        expect(log.size()).toMatchObject({ limitBytes });
        const large = { ...record(1, ''), value: Buffer.alloc(limitBytes) };
        await expect(log.append([record(1, 'small'), large])).rejects.toMatchObject({ code: 'LOG_FULL' });
        // Many at once may not pass the limit together either.
        const many = Array.from({ length: 200 }, () => log.append([{ ...record(2, ''), value: Buffer.alloc(5_000) }]));
        const outcomes = await Promise.allSettled(many);
        expect(outcomes.some(({ status }) => status === 'rejected')).toBe(true);
        expect(log.size()!.usedBytes).toBeLessThanOrEqual(limitBytes);
        const later = reopen === null ? log : await reopen();
        expect(await later.endOffset('t', 0)).toBe(taken);
        expect(await later.endOffset('t', 1)).toBe(0);
        expect(await later.endOffset('t', 2)).toBe(outcomes.filter(({ status }) => status === 'fulfilled').length);
      }, limitBytes);
    });

    test('12. after close every call fails with LOG_CLOSED; what was appended before is there on reopening', () =>
      withLog(async ({ log, reopen }) => {
        // Not awaited: close finishes what was accepted.
        const last = log.append([record(0, 'last')]);
        await Promise.all([log.close(), log.close()]);
        expect(await last).toEqual([0]);
        const closed = { code: 'LOG_CLOSED' };
        await expect(log.createTopic('u', 1)).rejects.toMatchObject(closed);
        await expect(log.describeTopic('t')).rejects.toMatchObject(closed);
        await expect(log.append([record(0, 'a')])).rejects.toMatchObject(closed);
        await expect(log.read('t', 0, 0, ALL)).rejects.toMatchObject(closed);
        await expect(log.endOffset('t', 0)).rejects.toMatchObject(closed);
        expect(() => log.onAppend(() => {})).toThrow(expect.objectContaining(closed));
        expect(() => log.size()).toThrow(expect.objectContaining(closed));
        const kept = reopen === null ? null : texts(await (await reopen()).read('t', 0, 0, ALL));
        expect(kept).toEqual(reopen === null ? null : ['last']);
      }));

    test('13. what is cut is gone and fails to be read; the rest goes on as before, also on reopening', () =>
      withLog(async ({ log, clock, reopen }) => {
        // Of a log that others keep.
        if (log.cut === undefined) return;
        for (let i = 0; i < 50; i++) await log.append([record(0, `a${i}`), record(0, `b${i}`), record(1, `c${i}`)]);
        clock?.advance(1_000);
        await log.append([record(0, 'last')]);
        const whole = await log.read('t', 0, 0, ALL);
        await log.cut('t', 0, 0);
        expect(await log.read('t', 0, 0, ALL)).toEqual(whole);
        await log.cut('t', 0, 61);
        const check = async (now: EventLog, from: number): Promise<void> => {
          expect(await now.read('t', 0, from, ALL)).toEqual(whole.slice(from));
          await expect(now.read('t', 0, from - 30, ALL)).rejects.toMatchObject({ code: 'LOG_OFFSET_OUT_OF_RANGE' });
          expect([await now.endOffset('t', 0), await now.endOffset('t', 1)]).toEqual([101, 50]);
          expect(offsetsOf(await now.read('t', 1, 0, ALL))).toHaveLength(50);
        };
        await check(log, 61);
        await log.cut('t', 0, 40);
        await log.cut('t', 0, 1_000);
        await check(log, 100);
        const later = reopen === null ? log : await reopen();
        await check(later, 100);
        clock?.advance(-500);
        expect(await later.append([record(0, 'next')])).toEqual([101]);
        const [before, next] = await later.read('t', 0, 100, ALL);
        expect(texts([before!, next!])).toEqual(['last', 'next']);
        // The append time goes on, too.
        expect(next!.appendMs).toBeGreaterThanOrEqual(before!.appendMs);
      }));
  });
}
