import { execFileSync } from 'node:child_process';

/** vitest's global set-up: tests that start takt as a process of its own run what the sources say now. */
export function setup(): void {
  const run = (args: readonly string[]): void => {
    execFileSync(process.execPath, args, { stdio: 'inherit' });
  };
  // With the cluster's own programs.
  run(['node_modules/typescript/bin/tsc', '-p', 'tsconfig.bench.json']);
  run([
    'node_modules/vite/bin/vite.js',
    'build',
    '--config',
    'services/wallboard/web/vite.config.ts',
    '--logLevel',
    'warn',
  ]);
}
