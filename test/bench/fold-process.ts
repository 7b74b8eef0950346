import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { FoldResult } from './fold-run.ts';
import { packageRoot } from './package-root.ts';
import { nodeFlags } from './product.ts';

/** Runs one of this folder's programs in a process of its own and gives the figures that it prints. */
export async function foldsInProcess(program: string, args: readonly (string | number)[]): Promise<FoldResult> {
  const path = join(packageRoot, 'dist', 'test', 'bench', `${program}.js`);
  const { stdout } = await promisify(execFile)(process.execPath, [...nodeFlags(), path, ...args.map(String)]);
  return JSON.parse(stdout) as FoldResult;
}
