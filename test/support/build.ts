import { execFileSync } from 'node:child_process';

/** vitest's global set-up: tests that start takt as a process of its own run what the sources say now. */
export function setup(): void {
  execFileSync(process.execPath, ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.json'], { stdio: 'inherit' });
}
