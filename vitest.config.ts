import { configDefaults, defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: ['test/support/build.ts'],
    exclude: [...configDefaults.exclude, 'test/check/fixtures*/**', 'test/bench/**'],
    // Native modules (the embedded log and store) are safe in processes, not in worker threads.
    pool: 'forks',
    // Two cores are what the project is built for. A third fork uses what tests of running processes leave while they
    // wait; under CI nothing comes between them.
    maxWorkers: process.env['CI'] === 'true' ? 2 : 3,
    // As takt itself runs: young objects die young, and are collected seldom.
    execArgv: ['--max-semi-space-size=64'],
    // Bounds a test that hangs; no test asserts on wall time.
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
