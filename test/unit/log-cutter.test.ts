import { expect, test } from 'vitest';
import { ManualClock } from '../../services/shared/adapters/clock/manual-clock.ts';
import { MemoryLog } from '../../services/shared/adapters/log/memory/memory-log.ts';
import { TaktError } from '../../services/shared/core/errors.ts';
import type { PlaceOffset } from '../../services/shared/ports/group.ts';
import { CUT_ABOVE_SHARE, KEPT_RECORDS, LogCutter } from '../../services/shared/runtime/log-cutter.ts';

const RECORDS = KEPT_RECORDS + 500;
const LIMITS = { recordsMax: 1, bytesMax: 1 };

/** A log of three partitions, each of which holds a few more records than stay; the limit is a share of what it holds. */
async function world(
  share: number,
  readers: () => Promise<readonly PlaceOffset[]>,
): Promise<{ cutter: LogCutter; starts: () => Promise<number[]>; errors: unknown[]; clock: ManualClock }> {
  const clock = new ManualClock(0);
  const log = new MemoryLog({ clock, limitBytes: (RECORDS * 3) / share });
  await log.createTopic('t', 3);
  for (const partition of [0, 1, 2])
    await log.append(
      Array.from({ length: RECORDS }, () => ({ topic: 't', partition, key: null, value: Buffer.from('x') })),
    );
  const errors: unknown[] = [];
  const cutter = new LogCutter({ log, clock, readers, onError: (error) => errors.push(error) });
  const startOf = async (partition: number): Promise<number> => {
    for (let offset = 0; ; offset += 100) {
      const read = await log.read('t', partition, offset, LIMITS).catch(() => []);
      if (read.length > 0) return offset;
    }
  };
  return { cutter, clock, errors, starts: async () => [await startOf(0), await startOf(1), await startOf(2)] };
}

const at = (partition: number, offset: number): PlaceOffset => ({ topic: 't', partition, offset });

test('it cuts below the slowest reader, keeps the last records, and leaves what nobody registered for', async () => {
  const { cutter, starts } = await world(CUT_ABOVE_SHARE, async () => [
    at(0, 400),
    at(0, 200),
    at(0, RECORDS),
    at(1, RECORDS),
  ]);
  await cutter.look();
  expect(await starts()).toEqual([200, 500, 0]);
});

test('a reader that has stored nothing yet keeps everything', async () => {
  const { cutter, starts } = await world(1, async () => [at(0, RECORDS), at(0, 0), at(1, 0)]);
  await cutter.look();
  expect(await starts()).toEqual([0, 0, 0]);
});

test('a log that is less than half full is left as it is', async () => {
  const { cutter, starts } = await world(CUT_ABOVE_SHARE * 0.99, async () => [at(0, RECORDS)]);
  await cutter.look();
  expect(await starts()).toEqual([0, 0, 0]);
});

test('it looks each minute; what fails is told, and done at the next look', async () => {
  let calls = 0;
  const { cutter, starts, errors, clock } = await world(1, async () => {
    if (++calls === 1) throw new TaktError('STORE_FAILED', 'the store is away');
    return [at(1, RECORDS)];
  });
  const running = cutter.run();
  const minute = async (): Promise<void> => {
    clock.advance(60_000);
    for (let i = 0; i < 20; i++) await new Promise((resolve) => setImmediate(resolve));
  };
  await minute();
  expect([errors.length, await starts()]).toEqual([1, [0, 0, 0]]);
  await minute();
  expect([errors.length, await starts()]).toEqual([1, [0, 500, 0]]);
  cutter.stop();
  await running;
});
