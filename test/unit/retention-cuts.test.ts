import { beforeEach, expect, test } from 'vitest';
import { RetentionCuts } from '../../services/processor/retention-cuts.ts';
import { retentionJob } from '../../services/scheduler/retention-job.ts';
import { ManualClock } from '../../services/shared/adapters/clock/manual-clock.ts';
import { NodeCron } from '../../services/shared/adapters/cron/node-cron.ts';
import { MemoryLog } from '../../services/shared/adapters/log/memory/memory-log.ts';
import { LockFileRegistry } from '../../services/shared/adapters/registry/lock-file-registry.ts';
import { MemoryStore } from '../../services/shared/adapters/store/memory/memory-store.ts';
import { TIME_START } from '../../services/shared/core/partition-time.ts';
import { ARCHIVE_PERIOD_MS, type CutTimes, DAY_MS } from '../../services/shared/core/retention.ts';
import { MessageCodec } from '../../services/shared/runtime/codec.ts';
import { dropAllExpired, dropExpired } from '../../services/shared/runtime/drop-expired.ts';
import { event } from '../contract/kpi-store-rows.ts';

const codec = await MessageCodec.create(await LockFileRegistry.open('schemas/schemas.lock.json'));
const TOPIC = 'events.w';

let log: MemoryLog;
let cuts: RetentionCuts;
beforeEach(async () => {
  log = new MemoryLog({ clock: new ManualClock(0) });
  await log.createTopic(TOPIC, 1);
  cuts = new RetentionCuts({ log, codec, retentionMsOf: (workflow) => (workflow === 'w' ? 10 * DAY_MS : null) });
});

function taskAt(
  watermarkMs: number,
  nextOffset: number,
  cutTimes: CutTimes | null,
): Parameters<RetentionCuts['step']>[0] {
  const progress = { time: { ...TIME_START, watermarkMs }, cases: 0, slices: 0, storedOffset: -1 };
  return { workflow: 'w', topic: TOPIC, partition: 0, nextOffset, progress, definitions: [], cutTimes };
}

async function said(): Promise<unknown[]> {
  const records = await log.read(TOPIC, 0, 0, { recordsMax: 10, bytesMax: 10_000 });
  return records.map(({ value }) => codec.decode(value));
}

test('a cut is appended once, and the next one when a day has passed', async () => {
  const cut = { lateMs: 90 * DAY_MS, frozenMs: 90 * DAY_MS };
  const task = { ...taskAt(100 * DAY_MS, 0, null) };
  await cuts.step(task);
  await cuts.step(task);
  expect(await said()).toEqual([{ type: 'cut', ...cut }]);
  // Applied: nothing more before the next day.
  await cuts.step(Object.assign(task, taskAt(100.9 * DAY_MS, 1, cut)));
  expect(await said()).toHaveLength(1);
  await cuts.step(Object.assign(task, taskAt(101 * DAY_MS, 1, cut)));
  expect((await said())[1]).toMatchObject({ lateMs: 91 * DAY_MS });
});

test('a workflow without retention gets none', async () => {
  await cuts.step({ ...taskAt(100 * DAY_MS, 0, null), workflow: 'other' });
  expect(await said()).toEqual([]);
});

/** A store with events of three periods, and the cuts of two partitions. */
async function storeWith(...frozenMs: readonly (number | null)[]): Promise<MemoryStore> {
  const store = new MemoryStore();
  await store.insert(
    'retained_events',
    [1, 2, 3].map((period) => ({ ...event({ id: `e${period}` }), period })),
  );
  const positions = frozenMs.map((ms, partition) => {
    const content = JSON.stringify(ms === null ? {} : { cut: { lateMs: ms, frozenMs: ms } });
    return { stage: 'aggregate', topic: TOPIC, partition, version: 1n, content };
  });
  await store.insert('positions', positions);
  return store;
}

test('only what all partitions have behind them is dropped, and a day later', async () => {
  const dropped = async (...frozenMs: readonly (number | null)[]): Promise<number> =>
    dropExpired(await storeWith(...frozenMs), 'w', 2);
  expect(await dropped(3 * ARCHIVE_PERIOD_MS + DAY_MS, 4 * ARCHIVE_PERIOD_MS)).toBe(2);
  expect(await dropped(3 * ARCHIVE_PERIOD_MS + DAY_MS - 1, 4 * ARCHIVE_PERIOD_MS)).toBe(1);
  expect(await dropped(4 * ARCHIVE_PERIOD_MS, null)).toBe(0);
  expect(await dropped(4 * ARCHIVE_PERIOD_MS)).toBe(0);
});

test('the job says how many periods it removed', async () => {
  const store = await storeWith(4 * ARCHIVE_PERIOD_MS, 4 * ARCHIVE_PERIOD_MS);
  const schedule = { pattern: new NodeCron().read('30 4 * * *'), zone: 'UTC' };
  const job = retentionJob(schedule, (signal) => dropAllExpired(store, ['other', 'w'], 2, signal));
  const context = { scheduledMs: 0, attempt: 1, signal: new AbortController().signal };
  expect(await job.run(context)).toBe('2 periods of the archive removed');
  expect(await job.run(context)).toBe('');
});
