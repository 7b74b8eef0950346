import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { packageRoot } from './package-root.ts';

const PROGRAM = join(packageRoot, 'dist', 'services', 'cli', 'main.js');
const CATALOGUE = join(packageRoot, 'test', 'bench', 'catalogue.yaml');
const POLL_MS = 20;
/** Node's own flags, as `npm start` has them. */
const NODE_FLAGS = nodeFlags();
/** GiB; far above what a run writes. */
const LOG_LIMIT = '64';

/** Those of `npm run takt`. */
export function nodeFlags(): string[] {
  const { scripts } = JSON.parse(readFileSync(join(packageRoot, 'package.json'), 'utf8')) as {
    readonly scripts: { readonly takt: string };
  };
  return scripts.takt.split(' ').filter((word) => word.startsWith('--'));
}

/** TAKT_BENCH_PROFILE=1 leaves a processor profile of every takt in the working directory. */
function command(name: string, data: string, args: readonly string[], catalogue = CATALOGUE): string[] {
  const profile = process.env['TAKT_BENCH_PROFILE'] === undefined ? [] : ['--cpu-prof'];
  const common = ['--data', data, '--catalogue', catalogue, '--log-limit', LOG_LIMIT, '--log-level', 'warn'];
  return [...NODE_FLAGS, ...profile, PROGRAM, name, ...common, ...args];
}

/** Runs one command of the built takt to its end; gives how long it took, in ms. Throws what it said when it fails. */
export async function runTakt(name: string, data: string, args: readonly string[]): Promise<number> {
  const startMs = performance.now();
  const child = spawn(process.execPath, command(name, data, args), { stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
  const code = await exitOf(child);
  if (code !== 0) throw new Error(`takt ${name} ended with ${code}: ${said}`);
  return performance.now() - startMs;
}

function exitOf(child: ChildProcess): Promise<number | null> {
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
}

/** One partition of one stage, as GET /v1/status tells it. */
interface TaskStatus {
  readonly stage: string;
  readonly nextOffset: number;
  readonly endOffset: number;
  readonly storedOffset: number;
  readonly unstored: number;
}

/** A running `takt start`, the built one, as a child process. */
export class Product {
  readonly url: string;
  /** From spawning to the first 200 of /readyz. */
  readonly readyMs: number;
  private readonly child: ChildProcess;
  private readonly exit: Promise<number | null>;

  private constructor(child: ChildProcess, exit: Promise<number | null>, url: string, readyMs: number) {
    this.child = child;
    this.exit = exit;
    this.url = url;
    this.readyMs = readyMs;
  }

  /** Starts takt on a data directory and waits until it is ready. Throws when it ends before. */
  static async start(data: string, catalogue?: string): Promise<Product> {
    const startMs = performance.now();
    const child = spawn(process.execPath, command('start', data, ['--port', '0'], catalogue), {
      stdio: ['ignore', 'inherit', 'ignore'],
    });
    const exit = exitOf(child);
    let ended = false;
    void exit.then(() => (ended = true));
    for (;;) {
      if (ended) throw new Error('takt start ended before it was ready');
      const url = await urlOf(data, child.pid);
      const ready = url === null ? null : await fetch(`${url}/readyz`).catch(() => null);
      await ready?.arrayBuffer();
      if (url !== null && ready?.ok === true) return new Product(child, exit, url, performance.now() - startMs);
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
  }

  /** Resolves when everything that the log holds now is in stored values. */
  async settled(): Promise<void> {
    const done = (stage: string, check: (task: TaskStatus) => boolean) => async (): Promise<boolean> =>
      (await this.tasks()).filter((task) => task.stage === stage).every(check);
    // Not the position: where only ticks came, it follows a minute later.
    const stored = done('aggregate', (task) => task.unstored === 0);
    const read = done('aggregate', (task) => task.nextOffset >= task.endOffset);
    const rolled = done('roll', (task) => task.nextOffset >= task.endOffset && task.unstored === 0);
    for (const condition of [read, stored, rolled])
      while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }

  private async tasks(): Promise<readonly TaskStatus[]> {
    const answer = await fetch(`${this.url}/v1/status`);
    return ((await answer.json()) as { tasks: TaskStatus[] }).tasks;
  }

  /** Rows of one SELECT. Throws what takt says against it. */
  async query<Row>(sql: string): Promise<Row[]> {
    const body = JSON.stringify({ sql, format: 'JSONEachRow' });
    const init = { method: 'POST', headers: { 'content-type': 'application/json' }, body };
    const answer = await fetch(`${this.url}/v1/query`, init);
    const text = await answer.text();
    if (!answer.ok) throw new Error(text);
    const lines = text.split('\n').filter((line) => line !== '');
    return lines.map((line) => JSON.parse(line) as Row);
  }

  /** The samples of GET /metrics, by name with labels. */
  async metrics(): Promise<ReadonlyMap<string, number>> {
    const text = await (await fetch(`${this.url}/metrics`)).text();
    const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
    return new Map(lines.map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.split(' ').at(-1))]));
  }

  /** Resident memory in bytes: the peak since the start, and now. Linux only; NaN elsewhere. */
  memory(): { readonly peakBytes: number; readonly nowBytes: number } {
    if (process.platform !== 'linux') return { peakBytes: NaN, nowBytes: NaN };
    const status = readFileSync(`/proc/${this.child.pid}/status`, 'utf8');
    const bytes = (name: string): number => Number(new RegExp(`${name}:\\s+(\\d+) kB`).exec(status)?.[1]) * 1024;
    return { peakBytes: bytes('VmHWM'), nowBytes: bytes('VmRSS') };
  }

  /** Stops it as Ctrl-C does; resolves once everything is stored and the process is gone. */
  async stop(): Promise<void> {
    this.child.kill('SIGTERM');
    await this.exit;
  }
}

/** The address in the data directory's run file, when this process wrote it. */
async function urlOf(data: string, pid: number | undefined): Promise<string | null> {
  const text = await readFile(join(data, 'run.json'), 'utf8').catch(() => '');
  try {
    const run = JSON.parse(text) as { readonly pid: number; readonly url: string };
    return run.pid === pid ? run.url : null;
  } catch {
    return null;
  }
}
