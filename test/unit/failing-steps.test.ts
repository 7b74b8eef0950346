import { expect, test } from 'vitest';
import { healthOf } from '../../services/cli/compose/health.ts';
import { ManualClock } from '../../services/shared/adapters/clock/manual-clock.ts';
import { TaktError } from '../../services/shared/core/errors.ts';
import { FailingSteps } from '../../services/shared/runtime/failing-steps.ts';
import type { FoldTask } from '../../services/shared/runtime/fold/fold-task.ts';
import { silentObserver } from '../support/silent-observer.ts';

const well = { failing: [], halted: null, nowMs: 0, logMs: 0, stoppedLine: null, sources: [], catalogueProblem: null };

test('a step fails from its first failure until it succeeds', () => {
  const clock = new ManualClock(1_000);
  const failing = new FailingSteps(clock);
  const observer = failing.observe(silentObserver);
  observer.failed('aggregate', 'store', new TaktError('DISK_FULL', 'the disk is full.'));
  clock.advance(5_000);
  observer.failed('aggregate', 'store', new TaktError('DISK_FULL', 'the disk is full.'));
  observer.stored('roll', 1, 1);
  expect(failing.now()).toEqual([
    { stage: 'aggregate', step: 'store', code: 'DISK_FULL', reason: 'the disk is full.', sinceMs: 1_000 },
  ]);
  observer.stored('aggregate', 1, 1);
  expect(failing.now()).toEqual([]);
});

test('a partition that cannot be read fails by itself, until it can', () => {
  const failing = new FailingSteps(new ManualClock(0));
  const observer = failing.observe(silentObserver);
  const [first, second] = [0, 1].map((partition) => ({ stage: 'roll', topic: 'slices', partition }) as FoldTask);
  for (const task of [first!, second!]) observer.failed('roll', 'read', new Error('no leader'), task);
  observer.recovered(first!, 'read');
  expect(failing.now()).toMatchObject([{ stage: 'roll', step: 'read', reason: 'no leader' }]);
  observer.recovered(second!, 'read');
  expect(failing.now()).toEqual([]);
});

test('health: a failure of half a minute, or halted folds', () => {
  const step = { stage: 'roll', step: 'store', code: 'DISK_FULL', reason: 'the disk is full.', sinceMs: 0 };
  expect(healthOf({ ...well, failing: [step], nowMs: 30_000 })).toEqual({ healthy: true, reasons: [] });
  expect(healthOf({ ...well, failing: [step], nowMs: 30_001 })).toEqual({
    healthy: false,
    reasons: ['roll cannot store: the disk is full.'],
  });
  expect(healthOf({ ...well, halted: new Error('a topic was recreated') })).toEqual({
    healthy: false,
    reasons: ['the folds have halted: a topic was recreated'],
  });
});

test('health: a clock that had jumped ahead is told, and takt stays healthy', () => {
  const nowMs = Date.parse('2026-03-01T09:00:00Z');
  expect(healthOf({ ...well, nowMs, logMs: nowMs + 1_000 })).toEqual({ healthy: true, reasons: [] });
  const { healthy, reasons } = healthOf({ ...well, nowMs, logMs: nowMs + 3_600_000 });
  expect([healthy, reasons.length]).toEqual([true, 1]);
  expect(reasons[0]).toContain('went back by 3600 s: until 2026-03-01T10:00:00.000Z');
});

test('health: a broker that is away is told, and takt stays healthy', () => {
  const source = { source: 'mqtt', address: 'mqtt://b:1883', connected: true, sinceMs: 0, reason: '' } as const;
  expect(healthOf({ ...well, sources: [source] })).toEqual({ healthy: true, reasons: [] });
  expect(healthOf({ ...well, sources: [{ ...source, connected: false, reason: 'ECONNREFUSED' }] })).toEqual({
    healthy: true,
    reasons: ['nothing comes from mqtt mqtt://b:1883: ECONNREFUSED'],
  });
});
