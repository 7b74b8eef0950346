import { expect, test, vi } from 'vitest';
import { notifyGuards } from './notify-guards.ts';
import { type NotifyRun, runNotify } from './notify-run.ts';
import type * as TakeAway from './take-away.ts';

// Pure functions have no object to be replaced on; the tested modules get these instead, which do the same.
const takeAway = await vi.hoisted(async () => (await import('./take-away.ts')) as typeof TakeAway);
vi.mock('../../services/shared/core/notify/notify-member.ts', async (original) => {
  const real = await original<typeof import('../../services/shared/core/notify/notify-member.ts')>();
  return {
    ...real,
    isNews: takeAway.replaceable('isNews', real.isNews),
    memberAfter: takeAway.replaceable('memberAfter', real.memberAfter),
  };
});
vi.mock('../../services/shared/core/notify/notify-lane.ts', async (original) => {
  const real = await original<typeof import('../../services/shared/core/notify/notify-lane.ts')>();
  return {
    ...real,
    withDeadline: takeAway.replaceable('withDeadline', real.withDeadline),
    withNotification: takeAway.replaceable('withNotification', real.withNotification),
    wouldGoUntold: takeAway.replaceable('wouldGoUntold', real.wouldGoUntold),
  };
});
vi.mock('../../services/alerter/notify/retry-policy.ts', async (original) => {
  const real = await original<typeof import('../../services/alerter/notify/retry-policy.ts')>();
  return { ...real, verdictOf: takeAway.replaceable('verdictOf', real.verdictOf) };
});

const undisturbed = await runNotify([]);

/** What is wrong with a run; null: nothing. */
function wrongIn(run: NotifyRun): string | null {
  if (run.problems.length > 0) return run.problems[0]!;
  const [said, expected] = [JSON.stringify(run.said), JSON.stringify(undisturbed.said)];
  if (said !== expected) return `said ${said}`;
  return JSON.stringify(run.keys) === JSON.stringify(undisturbed.keys) ? null : 'other keys';
}

test.each([...notifyGuards])('$rule: without “$name” the simulation fails', { timeout: 120_000 }, async (guard) => {
  const restore = guard.takeAway();
  let found: string | null = null;
  let at = 0;
  try {
    for (; at <= undisturbed.calls && found === null; at++)
      found = wrongIn(await runNotify(at === 0 ? [] : [{ at, landed: at % 2 === 0 }]));
  } finally {
    restore();
  }
  expect(found, `${undisturbed.calls} crashes did not notice`).not.toBeNull();
  process.stdout.write(`${guard.rule} ${guard.name}: crash ${at - 1}: ${found}\n`);
});

test('with every guard in place nothing is wrong', async () => {
  for (let at = 0; at <= undisturbed.calls; at += 5)
    expect(wrongIn(await runNotify([{ at, landed: true }]))).toBeNull();
});
