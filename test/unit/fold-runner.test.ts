import { expect, test } from 'vitest';
import { ManualClock } from '../../services/shared/adapters/clock/manual-clock.ts';
import { MemoryLog } from '../../services/shared/adapters/log/memory/memory-log.ts';
import { MemoryStore } from '../../services/shared/adapters/store/memory/memory-store.ts';
import { FoldRunner } from '../../services/shared/runtime/fold/fold-runner.ts';
import type { FoldTask } from '../../services/shared/runtime/fold/fold-task.ts';

const QUIET_MS = 60_000;

/** A task that only ticks reach: it wants its position stored once a minute. */
function quietTask(asked: number[]): FoldTask {
  return {
    stage: 'aggregate',
    topic: 't',
    partition: 0,
    nextOffset: 0,
    publishDue: false,
    backlogRows: 0,
    async restore() {},
    async apply() {},
    collectPublication: () => ({ records: [], keys: [] }),
    published() {},
    unpublish() {},
    storeDue(sinceMs) {
      asked.push(sinceMs);
      return sinceMs >= QUIET_MS;
    },
    collectCheckpoint: () => ({ rows: {}, position: null }),
    stored() {},
    unstore() {},
  };
}

test('a task is asked how long ago it was stored, not how long ago storing was tried', async () => {
  const clock = new ManualClock(0);
  const asked: number[] = [];
  const observer = { applied() {}, published() {}, stored() {}, failed() {} };
  const log = new MemoryLog({ clock });
  const tasks = [quietTask(asked)];
  const runner = new FoldRunner({ stage: 'aggregate', tasks, log, store: new MemoryStore(), clock, observer });
  await runner.restore();
  for (let second = 1; second <= 61; second++) {
    clock.advance(1_000);
    await runner.storeChanges();
  }
  expect(asked.slice(-3)).toEqual([59_000, 60_000, 1_000]);
});
