import { type ChildProcess, spawn } from 'node:child_process';

const MAIN = 'dist/services/cli/main.js';

/** What a command said and how it ended. */
export interface Outcome {
  /** The exit code; null when a signal ended it. */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A command under way; `ended` resolves when it is over. */
export interface Running {
  readonly child: ChildProcess;
  readonly ended: Promise<Outcome>;
}

/** What a test that failed left behind would take the processor from those after it. */
const children = new Set<ChildProcess>();
process.once('exit', () => {
  for (const child of children) child.kill('SIGKILL');
});

/** Starts a takt command as a process of its own. */
export function launch(args: readonly string[], env: NodeJS.ProcessEnv = {}): Running {
  const child = spawn(process.execPath, [MAIN, ...args], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const texts = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) child[name].on('data', (text: Buffer) => (texts[name] += text));
  children.add(child);
  child.on('close', () => children.delete(child));
  const ended = new Promise<Outcome>((resolve) => child.on('close', (code) => resolve({ code, ...texts })));
  return { child, ended };
}

/** Runs a takt command to its end. */
export function takt(args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Outcome> {
  return launch(args, env).ended;
}

/** A running `takt start`. */
export interface Server {
  readonly url: string;
  readonly running: Running;
  /** SIGTERM; throws when it does not stop cleanly. */
  stop(): Promise<void>;
  /** SIGKILL; resolves when the process is gone. */
  kill(): Promise<void>;
}

/** Starts `takt start` on a data directory and resolves when it listens. Throws with what it said when it does not. */
export async function startServer(
  data: string,
  args: readonly string[] = [],
  env: NodeJS.ProcessEnv = {},
): Promise<Server> {
  const running = launch(['start', '--data', data, '--port', '0', ...args], env);
  const { child, ended } = running;
  const url = await new Promise<string>((resolve, reject) => {
    let said = '';
    child.stderr!.on('data', (text: Buffer) => {
      said += text.toString();
      const found = /takt runs at (\S+)/.exec(said);
      if (found !== null) resolve(found[1]!);
    });
    void ended.then(({ code, stderr }) => reject(new Error(`takt start ended with ${code}: ${stderr}`)));
  });
  return {
    url,
    running,
    async stop() {
      child.kill('SIGTERM');
      const { code, stderr } = await ended;
      if (code !== 0) throw new Error(`takt stopped with ${code}: ${stderr}`);
    },
    async kill() {
      child.kill('SIGKILL');
      await ended;
    },
  };
}

/** One partition of a stage, as GET /v1/status tells. */
export interface TaskReport {
  readonly stage: string;
  readonly topic: string;
  readonly partition: number;
  readonly nextOffset: number;
  readonly endOffset: number;
  readonly storedOffset: number;
  readonly unstored: number;
  /** Of a cluster: what it had not read when it told. */
  readonly lag?: number;
  readonly watermarkMs: number | null;
  readonly openImports: readonly string[];
}

/** GET /v1/status. */
export async function statusOf(url: string): Promise<readonly TaskReport[]> {
  return ((await getJson(`${url}/v1/status`)) as { tasks: TaskReport[] }).tasks;
}

/** GET of a JSON answer; throws when it is an error. */
export async function getJson(url: string): Promise<unknown> {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${url}: ${response.status} ${await response.text()}`);
  return response.json();
}

/** Asks again, after a pause, until the answer is wanted. The test's own limit ends it. */
export async function until(wanted: () => Promise<boolean>, pauseMs = 50): Promise<void> {
  while (!(await wanted())) await new Promise((resolve) => setTimeout(resolve, pauseMs));
}
