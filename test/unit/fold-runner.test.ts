import { setImmediate } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { ManualClock } from '../../services/shared/adapters/clock/manual-clock.ts';
import { MemoryLog } from '../../services/shared/adapters/log/memory/memory-log.ts';
import { MemoryStore } from '../../services/shared/adapters/store/memory/memory-store.ts';
import type { FoldObserver } from '../../services/shared/runtime/fold/fold-observer.ts';
import { FoldRunner } from '../../services/shared/runtime/fold/fold-runner.ts';
import { FoldLoop } from '../../services/shared/runtime/fold/fold-loop.ts';
import type { Checkpoint, FoldTask, Publication } from '../../services/shared/runtime/fold/fold-task.ts';
import type { LogRecord } from '../../services/shared/ports/event-log.ts';
import { silentObserver } from '../support/silent-observer.ts';

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
  const log = new MemoryLog({ clock });
  const tasks = [quietTask(asked)];
  const runner = new FoldRunner({
    stage: 'aggregate',
    tasks,
    log,
    store: new MemoryStore(),
    clock,
    observer: silentObserver,
  });
  await runner.restore();
  for (let second = 1; second <= 61; second++) {
    clock.advance(1_000);
    await runner.storeChanges();
  }
  expect(asked.slice(-3)).toEqual([59_000, 60_000, 1_000]);
});

/** A task that counts what is done to it. */
class CountingTask implements FoldTask {
  readonly stage = 'aggregate';
  readonly topic = 't';
  readonly publishDue = false;
  readonly backlogRows = 0;
  readonly partition: number;
  nextOffset = 0;
  restored = 0;
  stores = 0;
  constructor(partition: number) {
    this.partition = partition;
  }
  async restore(): Promise<void> {
    this.restored++;
  }
  async apply(records: readonly LogRecord[]): Promise<void> {
    this.nextOffset = records.at(-1)!.offset + 1;
  }
  collectPublication = (): Publication => ({ records: [], keys: [] });
  published(): void {}
  unpublish(): void {}
  storeDue = (): boolean => true;
  collectCheckpoint = (): Checkpoint => ({ rows: {}, position: null });
  stored(): void {
    this.stores++;
  }
  unstore(): void {}
}

async function twoPartitions(clock: ManualClock): Promise<MemoryLog> {
  const log = new MemoryLog({ clock });
  await log.createTopic('t', 2);
  for (const partition of [0, 1]) await log.append([{ topic: 't', partition, key: null, value: Buffer.from('r') }]);
  return log;
}

test('places come and go: what stays is not restored again, what comes is taken once', async () => {
  const clock = new ManualClock(0);
  const log = await twoPartitions(clock);
  const taken: number[] = [];
  const runner = new FoldRunner<CountingTask>({
    stage: 'aggregate',
    tasks: [],
    log,
    store: new MemoryStore(),
    clock,
    observer: silentObserver,
    onTaken: async ({ partition }) => void taken.push(partition),
  });
  const place = (partition: number) => ({ topic: 't', partition });
  const take = (...partitions: readonly number[]): void =>
    runner.assign(partitions.map(place), ({ partition }) => new CountingTask(partition));
  take(0);
  expect(runner.isRestored).toBe(false);
  expect(await runner.step()).toBe(1);
  const [first] = runner.tasks;
  take(0, 1);
  expect(runner.tasks[0]).toBe(first);
  await runner.step();
  const [, second] = runner.tasks;
  expect([first!.restored, second!.restored, taken]).toEqual([1, 1, [0, 1]]);
  take(1);
  await runner.storeChanges();
  expect([first!.stores, second!.stores]).toEqual([0, 1]);
  take(0, 1);
  await runner.step();
  expect(runner.tasks[0]).not.toBe(first);
  expect(taken).toEqual([0, 1, 0]);
});

test('a task whose records cannot be applied yet waits, longer each time, and holds up no other', async () => {
  const clock = new ManualClock(0);
  const log = await twoPartitions(clock);
  const asked: number[] = [];
  let known = false;
  const told: string[] = [];
  const runner = new FoldRunner({
    stage: 'aggregate',
    tasks: [new CountingTask(0), new CountingTask(1)],
    log,
    store: new MemoryStore(),
    clock,
    observer: {
      ...silentObserver,
      failed: (_stage, step, _error, task) => void told.push(`${step} ${task?.partition}`),
    },
    async prepare() {
      asked.push(clock.nowMs());
      if (asked.length !== 2 && !known) throw new Error('unknown schema');
    },
  });
  await runner.restore();
  expect(await runner.step()).toBe(1);
  expect(runner.tasks.map(({ nextOffset }) => nextOffset)).toEqual([0, 1]);
  for (let i = 0; i < 40; i++) {
    clock.advance(100);
    await runner.step();
  }
  expect(asked).toEqual([0, 0, 500, 1_500, 3_500]);
  expect(new Set(told)).toEqual(new Set(['decode 0']));
  known = true;
  clock.advance(4_000);
  expect(await runner.step()).toBe(1);
});

test('a process that may not believe that the places are its own does nothing until it may', async () => {
  const clock = new ManualClock(0);
  const log = await twoPartitions(clock);
  const tasks = [new CountingTask(0)];
  const runner = new FoldRunner({
    stage: 'aggregate',
    tasks,
    log,
    store: new MemoryStore(),
    clock,
    observer: silentObserver,
  });
  let current = false;
  const timing = { publishEveryMs: 0, storeEveryMs: 1_000 };
  const loop = new FoldLoop({ runner, log, clock, timing, isCurrent: () => current });
  const running = loop.run();
  const pass = async (): Promise<void> => {
    for (let i = 0; i < 30; i++) {
      clock.advance(250);
      for (let n = 0; n < 5; n++) await clock.sleep(0);
    }
  };
  await pass();
  expect([tasks[0]!.nextOffset, tasks[0]!.stores]).toEqual([0, 0]);
  current = true;
  await pass();
  expect(tasks[0]!.nextOffset).toBe(1);
  expect(tasks[0]!.stores).toBeGreaterThan(0);
  current = false;
  const { stores } = tasks[0]!;
  loop.stop();
  await running;
  expect(tasks[0]!.stores).toBe(stores);
});

/** A task that waits for the store before it applies. */
class LoadingTask extends CountingTask {
  readonly asked: { readonly resolve: () => void; readonly reject: (error: Error) => void }[] = [];
  load(): Promise<void> {
    return new Promise((resolve, reject) => this.asked.push({ resolve, reject }));
  }
}

test('tasks wait for the store together; one that fails is restored and keeps no other from its records', async () => {
  const clock = new ManualClock(0);
  const log = await twoPartitions(clock);
  const tasks = [new LoadingTask(0), new LoadingTask(1)];
  const runner = new FoldRunner({
    stage: 'aggregate',
    tasks,
    log,
    store: new MemoryStore(),
    clock,
    observer: silentObserver,
  });
  await runner.restore();
  const failing = runner.step();
  failing.catch(() => {});
  await setImmediate();
  expect(
    tasks.map(({ asked }) => asked.length),
    'both ask at once',
  ).toEqual([1, 1]);
  tasks[1]!.asked[0]!.resolve();
  tasks[0]!.asked[0]!.reject(new Error('the store is away'));
  await expect(failing).rejects.toThrow('the store is away');
  expect(tasks.map(({ nextOffset }) => nextOffset)).toEqual([0, 1]);
  expect(runner.isRestored).toBe(false);
  const again = runner.step();
  await setImmediate();
  tasks[0]!.asked[1]!.resolve();
  expect([await again, tasks[0]!.restored, tasks[1]!.restored]).toEqual([1, 2, 1]);
});

test('a partition that cannot be read is told, until it can, and keeps the others waiting for one step at most', async () => {
  const clock = new ManualClock(0);
  const log = await twoPartitions(clock);
  const told: string[] = [];
  const observer: FoldObserver = {
    ...silentObserver,
    failed: (_stage, step, error, task) => void told.push(`${step} ${task!.partition} ${(error as Error).message}`),
    recovered: ({ partition }, step) => void told.push(`${step} ${partition} again`),
  };
  let away = true;
  const read = log.read.bind(log);
  log.read = async (topic, partition, ...rest) => {
    if (away && partition === 0) throw new Error('no leader');
    return read(topic, partition, ...rest);
  };
  const tasks = [new CountingTask(0), new CountingTask(1)];
  const runner = new FoldRunner({ stage: 'aggregate', tasks, log, store: new MemoryStore(), clock, observer });
  await runner.restore();
  await expect(runner.step()).rejects.toThrow('no leader');
  await expect(runner.step()).rejects.toThrow('no leader');
  expect(tasks.map(({ nextOffset }) => nextOffset)).toEqual([0, 1]);
  away = false;
  await runner.step();
  expect(tasks.map(({ nextOffset }) => nextOffset)).toEqual([1, 1]);
  expect(told).toEqual(['read 0 no leader', 'read 0 no leader', 'read 0 again']);
});

test('what a task failed at is over when it is let go', async () => {
  const clock = new ManualClock(0);
  const told: string[] = [];
  const runner = new FoldRunner<CountingTask>({
    stage: 'aggregate',
    tasks: [],
    log: await twoPartitions(clock),
    store: new MemoryStore(),
    clock,
    observer: { ...silentObserver, recovered: ({ partition }, step) => void told.push(`${step} ${partition}`) },
    prepare: async () => {
      throw new Error('unknown schema');
    },
  });
  runner.assign([{ topic: 't', partition: 0 }], ({ partition }) => new CountingTask(partition));
  await runner.step();
  expect(told).toEqual([]);
  runner.assign([], () => new CountingTask(0));
  expect(told).toEqual(['decode 0']);
});
