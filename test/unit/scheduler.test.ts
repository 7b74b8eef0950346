import { afterEach, describe, expect, test } from 'vitest';
import type { Job, JobContext } from '../../services/scheduler/job.ts';
import { Scheduler } from '../../services/scheduler/scheduler.ts';
import { ManualClock } from '../../services/shared/adapters/clock/manual-clock.ts';
import { NodeCron } from '../../services/shared/adapters/cron/node-cron.ts';
import { MemoryStore } from '../../services/shared/adapters/store/memory/memory-store.ts';
import { ABANDONED_AFTER_MS } from '../../services/shared/core/job/job-plan.ts';
import type { JobRunRow } from '../../services/shared/ports/kpi-rows.ts';
import type { KpiStore } from '../../services/shared/ports/kpi-store.ts';

const NOON = Date.UTC(2026, 2, 1, 12);
const MINUTE = 60_000;
const cron = new NodeCron();

/** Scheduler processes on one store and one clock. */
class World {
  readonly clock = new ManualClock(NOON);
  readonly store = new MemoryStore();
  readonly failures: string[] = [];
  ready = true;
  private readonly running: { readonly scheduler: Scheduler; readonly ended: Promise<void> }[] = [];

  start(jobs: readonly Job[], store: Partial<KpiStore> = {}): Scheduler {
    const { clock, failures } = this;
    const claimRun = store.claimRun ?? ((row) => this.store.claimRun(row));
    const insert = store.insert ?? ((table, rows) => this.store.insert(table, rows));
    const scheduler = new Scheduler({
      jobs,
      store: { claimRun, insert, jobRuns: (query) => this.store.jobRuns(query) },
      clock,
      ready: () => this.ready,
      observer: {
        ended() {},
        failed: (job, step, error) => failures.push(`${job} ${step}: ${(error as Error).message}`),
      },
    });
    this.running.push({ scheduler, ended: scheduler.run() });
    return scheduler;
  }

  /** Lets time pass step by step, and everything happen that is due. */
  async pass(durationMs: number, stepMs = 1_000): Promise<void> {
    await this.settle();
    for (let leftMs = durationMs; leftMs > 0; leftMs -= stepMs) {
      this.clock.advance(Math.min(leftMs, stepMs));
      await this.settle();
    }
  }

  private async settle(): Promise<void> {
    for (let i = 0; i < 3; i++) await this.clock.sleep(0);
  }

  /** Stops all; what runs is told to end. */
  async stop(): Promise<void> {
    for (const { scheduler } of this.running) scheduler.stop();
    await this.settle();
    // A job that does not listen is waited for only this long.
    this.clock.advance(1_000);
    await Promise.all(this.running.splice(0).map(({ ended }) => ended));
  }

  /** The rows of a job, by minutes after noon. */
  async rows(job = 'j'): Promise<[number, string, number, string][]> {
    const rows = await this.store.jobRuns({ job, rowsMax: 1_000 });
    return rows.toReversed().map((row) => [minutes(row), row.outcome, row.attempt, row.reason]);
  }
}

function minutes({ scheduledMs }: Pick<JobRunRow, 'scheduledMs'>): number {
  return (scheduledMs - NOON) / MINUTE;
}

/** A job of every minute that notes when it runs, in minutes after noon. */
function job(changes: Partial<Job> = {}): Job & { readonly runs: number[] } {
  const runs: number[] = [];
  return {
    name: 'j',
    schedule: { pattern: cron.read('* * * * *'), zone: 'UTC' },
    catchUp: 'all',
    timeoutMs: 10_000,
    attemptsMax: 1,
    retryAfterMs: 5_000,
    ...changes,
    runs,
    run: async (context) => {
      runs.push(minutes(context));
      return changes.run === undefined ? '' : changes.run(context);
    },
  };
}

let world = new World();
afterEach(async () => {
  await world.stop();
  world = new World();
});

describe('planned runs', () => {
  test('each happens once, and its row says how it went', async () => {
    const each = job({ run: async ({ scheduledMs }) => `minute ${minutes({ scheduledMs })}` });
    const scheduler = world.start([each]);
    await world.pass(2.5 * MINUTE);
    expect(each.runs).toEqual([1, 2]);
    expect(await world.rows()).toEqual([
      [1, 'done', 1, 'minute 1'],
      [2, 'done', 1, 'minute 2'],
    ]);
    expect(scheduler.status().jobs).toEqual([
      {
        job: 'j',
        nextMs: NOON + 3 * MINUTE,
        lastSuccessMs: NOON + 2 * MINUTE,
        last: {
          scheduledMs: NOON + 2 * MINUTE,
          attempt: 1,
          startedMs: NOON + 2 * MINUTE,
          endedMs: NOON + 2 * MINUTE,
          outcome: 'done',
          reason: 'minute 2',
        },
      },
    ]);
  });

  test('the row is there before the run begins', async () => {
    const seen: unknown[] = [];
    const looking = job({ run: async () => String(seen.push(await world.rows())) });
    world.start([looking]);
    await world.pass(MINUTE);
    expect(seen).toEqual([[[1, 'running', 1, '']]]);
  });

  test('a new job has missed nothing', async () => {
    const each = job();
    world.start([each]);
    await world.pass(30_000);
    expect(each.runs).toEqual([]);
  });

  test('none happens before the folds have caught up; then the latest is made up for', async () => {
    const each = job({ catchUp: 'latest' });
    world.start([each]);
    await world.pass(MINUTE);
    await world.stop();
    world.ready = false;
    const again = job({ catchUp: 'latest' });
    world.start([again]);
    await world.pass(5 * MINUTE);
    expect(again.runs).toEqual([]);
    world.ready = true;
    await world.pass(1_000);
    expect(again.runs).toEqual([6]);
  });

  test('two jobs of one name are refused', () => {
    expect(() => world.start([job(), job()])).toThrow(/same name/);
  });
});

describe('after a time without takt', () => {
  async function down(each: Job, durationMs: number): Promise<void> {
    world.start([each]);
    await world.pass(MINUTE);
    await world.stop();
    await world.pass(durationMs);
  }

  test('all missed runs are made up for, in order, and their rows say how late', async () => {
    const first = job();
    await down(first, 4 * MINUTE + 30_000);
    const second = job();
    world.start([second]);
    await world.pass(MINUTE);
    expect([first.runs, second.runs]).toEqual([[1], [2, 3, 4, 5, 6]]);
    expect((await world.rows()).map(([minute, outcome, , reason]) => [minute, outcome, reason])).toEqual([
      [1, 'done', ''],
      [2, 'done', 'caught up 211 s late'],
      [3, 'done', 'caught up 151 s late'],
      [4, 'done', 'caught up 91 s late'],
      [5, 'done', 'caught up 31 s late'],
      [6, 'done', ''],
    ]);
  });

  test('or only the latest, whose row says how many there were', async () => {
    await down(job({ catchUp: 'latest' }), 10 * MINUTE);
    const second = job({ catchUp: 'latest' });
    world.start([second]);
    await world.pass(1_000);
    expect(second.runs).toEqual([11]);
    expect((await world.rows()).at(-1)?.[3]).toBe(
      'caught up 1 s late, in place of 9 older ones that no run was made for',
    );
  });
});

describe('a clock that is set', () => {
  test('forward: what is skipped counts as missed', async () => {
    const [all, latest] = [job(), job({ name: 'l', catchUp: 'latest' })];
    world.start([all, latest]);
    await world.pass(MINUTE);
    world.clock.set(3 * MINUTE);
    await world.pass(1_000);
    expect([all.runs, latest.runs]).toEqual([
      [1, 2, 3, 4],
      [1, 4],
    ]);
  });

  test('back: nothing runs twice, and what had not run yet runs', async () => {
    const each = job();
    world.start([each]);
    await world.pass(3 * MINUTE);
    world.clock.set(-2 * MINUTE);
    await world.pass(4 * MINUTE);
    expect(each.runs).toEqual([1, 2, 3, 4, 5]);
  });

  test('far ahead and back again: it goes on at once, and what ran ahead does not run again', async () => {
    const each = job({ catchUp: 'latest' });
    world.start([each]);
    await world.pass(MINUTE);
    world.clock.set(100 * MINUTE);
    await world.pass(1_000);
    world.clock.set(-100 * MINUTE);
    await world.pass(2 * MINUTE);
    expect(each.runs).toEqual([1, 101, 2, 3]);
    await world.stop();
    const again = job({ catchUp: 'latest' });
    world.start([again]);
    await world.pass(100 * MINUTE);
    expect(again.runs).toEqual(Array.from({ length: 100 }, (_, i) => i + 4).filter((minute) => minute !== 101));
  });

  test('running backwards all the time: each planned time runs at most once', async () => {
    const each = job();
    world.start([each]);
    await world.pass(5 * MINUTE);
    for (let i = 0; i < 300; i++) {
      world.clock.set(-2_000);
      await world.pass(1_000);
    }
    expect(each.runs).toEqual([1, 2, 3, 4, 5]);
  });
});

describe('a run that does not go well', () => {
  const fails = async (): Promise<string> => {
    throw new Error('no such host');
  };

  test('one that throws is recorded, tried again with growing pauses, and holds up no other job', async () => {
    const attempts: JobContext[] = [];
    const bad = job({
      name: 'bad',
      attemptsMax: 3,
      schedule: { pattern: cron.read('0 * * * *'), zone: 'UTC' },
      run: (context) => {
        attempts.push(context);
        return fails();
      },
    });
    const good = job({ name: 'good' });
    world.start([bad, good]);
    await world.pass(62 * MINUTE);
    expect(good.runs).toHaveLength(62);
    expect(await world.rows('bad')).toEqual([[60, 'failed', 3, 'caught up 15 s late; no such host']]);
    expect(attempts.map(({ attempt }) => attempt)).toEqual([1, 2, 3]);
  });

  test('one that throws before it returns a promise is a failed run too', async () => {
    const bad = job({
      run: () => {
        throw new Error('at once');
      },
    });
    world.start([bad]);
    await world.pass(MINUTE);
    expect(await world.rows()).toEqual([[1, 'failed', 1, 'at once']]);
  });

  test('one that takes too long is told to end, says where it was, and the next one runs', async () => {
    const slow = job({
      run: ({ signal }) =>
        new Promise((_resolve, reject) => {
          signal.addEventListener('abort', () => reject(new Error('waiting for the answer')));
        }),
    });
    world.start([slow]);
    await world.pass(2 * MINUTE + 12_000);
    expect(await world.rows()).toEqual([
      [1, 'timed_out', 1, 'not done within 10 s: waiting for the answer'],
      [2, 'timed_out', 1, 'not done within 10 s: waiting for the answer'],
    ]);
  });

  test('one that does not listen is left behind', async () => {
    const deaf = job({ run: () => new Promise(() => {}) });
    world.start([deaf]);
    await world.pass(2 * MINUTE + 12_000);
    expect((await world.rows()).map(([minute, outcome]) => [minute, outcome])).toEqual([
      [1, 'timed_out'],
      [2, 'timed_out'],
    ]);
  });

  test('one under way when takt stops is interrupted, and tried again at the next start', async () => {
    const first = job({ attemptsMax: 2, run: () => new Promise(() => {}) });
    world.start([first]);
    await world.pass(MINUTE + 1_000);
    await world.stop();
    expect((await world.rows())[0]?.slice(0, 3)).toEqual([1, 'interrupted', 1]);
    const second = job({ attemptsMax: 2 });
    world.start([second]);
    await world.pass(10_000);
    expect(second.runs).toEqual([1]);
    expect((await world.rows())[0]?.slice(0, 3)).toEqual([1, 'done', 2]);
  });
});

describe('several processes on one store', () => {
  test('each run is made by one of them', async () => {
    const jobs = [job(), job(), job()];
    for (const each of jobs) world.start([each]);
    await world.pass(5 * MINUTE);
    expect(jobs.flatMap(({ runs }) => runs).toSorted((a, b) => a - b)).toEqual([1, 2, 3, 4, 5]);
  });

  test('what a process that died began is taken over when it must have ended, by one, and not before', async () => {
    const dead = { ...job({ attemptsMax: 2 }), run: () => new Promise<string>(() => {}) };
    // It dies: nothing it does reaches the store any more.
    world.start([{ ...dead, timeoutMs: 1e9 }]);
    const [a, b] = [job({ attemptsMax: 2 }), job({ attemptsMax: 2 })];
    world.start([a]);
    world.start([b]);
    await world.pass(MINUTE + 10_000 + ABANDONED_AFTER_MS - 1_000);
    expect([...a.runs, ...b.runs]).toEqual([]);
    await world.pass(2_000);
    expect([...a.runs, ...b.runs]).toEqual([1]);
    expect((await world.rows())[0]?.slice(0, 3)).toEqual([1, 'done', 2]);
  });

  test('without tries left its row is closed', async () => {
    await world.store.claimRun({
      job: 'j',
      scheduledMs: NOON - MINUTE,
      attempt: 1,
      startedMs: NOON - MINUTE,
      endedMs: null,
      outcome: 'running',
      reason: '',
      version: 2n,
    });
    const each = job({ schedule: { pattern: cron.read('0 0 * * *'), zone: 'UTC' } });
    world.start([each]);
    await world.pass(1_000);
    expect(each.runs).toEqual([]);
    expect(await world.rows()).toEqual([[-1, 'interrupted', 1, 'the process that ran it is gone']]);
  });
});

describe('a store that fails', () => {
  test('a run that cannot be claimed waits, and happens once it can', async () => {
    let up = false;
    const each = job();
    world.start([each], {
      claimRun: async (row) => {
        if (!up) throw new Error('the store is away');
        return world.store.claimRun(row);
      },
    });
    await world.pass(MINUTE + 5_000);
    expect(each.runs).toEqual([]);
    expect(world.failures[0]).toBe('j claim: the store is away');
    up = true;
    await world.pass(1_000);
    expect(each.runs).toEqual([1]);
  });

  test('a run that cannot be claimed is asked for once a second, not without end', async () => {
    const each = job();
    const claimRun = () => Promise.reject(new Error('the store is away'));
    world.start([each], { claimRun });
    await world.pass(MINUTE);
    await world.pass(10_000, 5);
    expect(world.failures.length).toBeGreaterThanOrEqual(10);
    expect(world.failures.length).toBeLessThanOrEqual(12);
  });

  test('how a run ended is stored once that is possible', async () => {
    let up = false;
    const each = job();
    world.start([each], {
      insert: async (table, rows) => {
        if (!up) throw new Error('the store is away');
        return world.store.insert(table, rows);
      },
    });
    await world.pass(2 * MINUTE);
    expect((await world.rows()).map(([, outcome]) => outcome)).toEqual(['running', 'running']);
    up = true;
    await world.pass(1_000);
    expect(await world.rows()).toEqual([
      [1, 'done', 1, ''],
      [2, 'done', 1, ''],
    ]);
  });
});
