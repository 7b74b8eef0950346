import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';

/** The repository's root, absolute. */
export const ROOT = resolve(import.meta.dirname, '../..');

const CONFIGS = ['.dependency-cruiser.cjs', '.oxlintrc.json', 'package.json', 'tsconfig.json'];

/** What a tool printed, and the code it ended with. */
export interface ToolRun {
  readonly exit: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A throw-away directory in the repository's shape, with its configuration and dependencies. */
export interface PlantedTree {
  readonly path: string;
  remove(): void;
}

/** Writes `files` (path → source) into a new tree under the system's temporary directory. */
export function plantTree(files: Readonly<Record<string, string>>): PlantedTree {
  const path = realpathSync(mkdtempSync(join(tmpdir(), 'takt-check-')));
  // The configuration stands at the root of the tree: oxlint ignores `overrides` of one kept elsewhere.
  for (const config of CONFIGS) copyFileSync(join(ROOT, config), join(path, config));
  symlinkSync(join(ROOT, 'node_modules'), join(path, 'node_modules'));
  for (const [file, source] of Object.entries(files)) {
    mkdirSync(dirname(join(path, file)), { recursive: true });
    writeFileSync(join(path, file), source);
  }
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}

/** Runs an installed tool (`bin` is its script below node_modules) in `cwd` and waits for it. */
export function runTool(bin: string, args: readonly string[], cwd: string): ToolRun {
  const script = join(ROOT, 'node_modules', bin);
  const run = spawnSync(process.execPath, [script, ...args], { cwd, encoding: 'utf8', maxBuffer: 256 * 1024 * 1024 });
  if (run.error !== undefined) throw run.error;
  return { exit: run.status, stdout: run.stdout, stderr: run.stderr };
}
