import { type ChildProcess, spawn, type SpawnOptions } from 'node:child_process';

const START_MS_MAX = 60_000;
const PAUSE_MS = 50;

/** A server that runs on Java, started and ended as often as wanted. */
export class JavaProcess {
  private readonly args: readonly string[];
  private readonly options: SpawnOptions;
  private readonly answers: () => Promise<boolean>;
  private child: ChildProcess | null = null;

  /** `answers`: whether it has started. */
  constructor(args: readonly string[], answers: () => Promise<boolean>, options: SpawnOptions = {}) {
    this.args = args;
    this.answers = answers;
    this.options = { stdio: 'ignore', ...options };
  }

  /** Starts it and waits until it answers. Throws when it ends before, or takes more than a minute. */
  async start(): Promise<void> {
    const child = spawn('java', [...this.args], this.options);
    this.child = child;
    const endMs = Date.now() + START_MS_MAX;
    while (!(await this.answers())) {
      if (child.exitCode !== null) throw new Error(`java ${this.args.at(-1)} ended with ${child.exitCode}`);
      if (Date.now() > endMs) throw new Error(`java ${this.args.at(-1)} does not answer after ${START_MS_MAX} ms`);
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    }
  }

  /** Of the running process. */
  get pid(): number | undefined {
    return this.child?.pid;
  }

  /** SIGKILL ends it at once, as a power cut does. */
  async end(signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
    const { child } = this;
    if (child === null || child.exitCode !== null || child.signalCode !== null) return;
    const gone = new Promise((resolve) => child.once('exit', resolve));
    child.kill(signal);
    await gone;
  }
}
