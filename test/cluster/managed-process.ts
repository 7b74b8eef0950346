import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';

const START_MS_MAX = 60_000;
const PAUSE_MS = 50;
/** Of what a process said last, where it did not do what it should. */
const SAID_CHARS = 2_000;

/** A process whose output goes to a file of its own. */
export class ManagedProcess {
  readonly name: string;
  readonly logPath: string;
  private readonly args: readonly string[];
  private readonly environment: Readonly<Record<string, string>>;
  private child: ChildProcess | null = null;
  private exited: Promise<number | null> = Promise.resolve(null);

  /** `args`: of Node. */
  constructor(
    name: string,
    args: readonly string[],
    logPath: string,
    environment: Readonly<Record<string, string>> = {},
  ) {
    this.name = name;
    this.args = args;
    this.logPath = logPath;
    this.environment = environment;
  }

  start(): void {
    const output = openSync(this.logPath, 'a');
    const child = spawn(process.execPath, [...this.args], {
      stdio: ['ignore', output, output],
      env: { ...process.env, ...this.environment },
    });
    closeSync(output);
    this.child = child;
    this.exited = new Promise((resolve) => child.once('exit', (code) => resolve(code)));
  }

  /** Waits until `done`. Throws with what it said last when it ends before, or takes more than a minute. */
  async until(what: string, done: () => Promise<boolean>): Promise<void> {
    const endMs = Date.now() + START_MS_MAX;
    while (!(await done().catch(() => false))) {
      if (!this.runs || Date.now() > endMs)
        throw new Error(`${this.name}: ${what} did not come. It said:\n${this.said.slice(-SAID_CHARS)}`);
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    }
  }

  get said(): string {
    return readFileSync(this.logPath, 'utf8');
  }

  get runs(): boolean {
    return this.child !== null && this.child.exitCode === null && this.child.signalCode === null;
  }

  get pid(): number {
    return this.child!.pid!;
  }

  signal(signal: NodeJS.Signals): void {
    this.child?.kill(signal);
  }

  /** Its exit code, once it has ended; null where a signal ended it. */
  ended(): Promise<number | null> {
    return this.exited;
  }

  /** Sends a signal and waits until it has ended. */
  async end(signal: 'SIGTERM' | 'SIGKILL' = 'SIGTERM'): Promise<number | null> {
    if (this.runs) this.signal(signal);
    return this.exited;
  }
}
