import { configDefaults, defineConfig } from 'vitest/config';
import { LongestFirst } from './test/support/longest-first.ts';

const exclude = [...configDefaults.exclude, 'test/check/fixtures*/**', 'test/bench/**'];
/** A broker, a store and five services each: alone on the machine, after all others. */
const CLUSTER = ['test/e2e/cluster*.test.ts'];
/** They share no state and load no native module: what they import is loaded once for many files. */
const TOGETHER = ['test/unit/**/*.test.ts', 'test/check/**/*.test.ts'];

const shared = {
  exclude,
  // Native modules (the embedded log and store) are safe in processes, not in worker threads.
  pool: 'forks' as const,
  // As takt itself runs: young objects die young, and are collected seldom.
  execArgv: ['--max-semi-space-size=64'],
  // Bounds a test that hangs; no test asserts on wall time.
  testTimeout: 60_000,
  hookTimeout: 60_000,
};

export default defineConfig({
  test: {
    globalSetup: ['test/support/build.ts'],
    // Two cores are what the project is built for. A third fork uses what tests of running processes leave while they
    // wait; under CI nothing comes between them.
    maxWorkers: process.env['CI'] === 'true' ? 2 : 3,
    sequence: { sequencer: LongestFirst },
    projects: [
      { test: { ...shared, name: 'together', include: TOGETHER, isolate: false } },
      {
        test: {
          ...shared,
          name: 'apart',
          include: ['test/**/*.test.ts'],
          exclude: [...exclude, ...TOGETHER, ...CLUSTER],
        },
      },
      { test: { ...shared, name: 'cluster', include: CLUSTER, maxWorkers: 1, sequence: { groupOrder: 1 } } },
    ],
  },
});
