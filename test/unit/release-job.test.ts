import { expect, test } from 'vitest';
import { releaseJob } from '../../services/scheduler/release-job.ts';
import { NodeCron } from '../../services/shared/adapters/cron/node-cron.ts';

const schedule = { pattern: new NodeCron().read('* * * * *'), zone: 'UTC' };

test('a run lets go what is due and says how much; a failure is that of the run', async () => {
  const signals: AbortSignal[] = [];
  const due = [3, 0];
  const job = releaseJob(schedule, async (signal) => {
    signals.push(signal);
    if (due.length === 0) throw new Error('the store is away');
    return due.shift()!;
  });
  const { signal } = new AbortController();
  const context = { scheduledMs: 0, attempt: 1, signal };
  expect(await job.run(context)).toBe('3 events whose time has come');
  expect(await job.run(context)).toBe('');
  await expect(job.run(context)).rejects.toThrow('the store is away');
  expect(signals).toEqual([signal, signal, signal]);
  expect([job.name, job.catchUp]).toEqual(['release', 'latest']);
});
