import { type ChildProcess, spawn } from 'node:child_process';
import { freePort, javaMissing } from './java.ts';

const JAR = 'deploy/kafka/registry/apicurio-registry-app-3.0.9-runner.jar';
const START_MS_MAX = 60_000;
const PAUSE_MS = 100;

/** Why no registry can run here; false where one can. */
export const registryMissing: string | false = javaMissing(JAR);

/** Apicurio's registry on loopback, in memory. */
export class Apicurio {
  /** Of the API that is Confluent's. */
  readonly url: string;
  private readonly port: number;
  private child: ChildProcess | null = null;

  private constructor(port: number) {
    this.port = port;
    this.url = `http://127.0.0.1:${port}/apis/ccompat/v7`;
  }

  static async start(): Promise<Apicurio> {
    const registry = new Apicurio(await freePort());
    await registry.run();
    return registry;
  }

  /** Starts it, again after `stop`: it is empty then. */
  async run(): Promise<void> {
    const options = ['-Dquarkus.http.host=127.0.0.1', `-Dquarkus.http.port=${this.port}`];
    this.child = spawn('java', ['-Xmx384m', '-XX:TieredStopAtLevel=1', ...options, '-jar', JAR], { stdio: 'ignore' });
    const endMs = Date.now() + START_MS_MAX;
    for (;;) {
      const answer = await fetch(`${this.url}/subjects`).catch(() => null);
      await answer?.arrayBuffer();
      if (answer?.ok === true) return;
      if (this.child.exitCode !== null || Date.now() > endMs) throw new Error('the registry does not start');
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    }
  }

  async stop(): Promise<void> {
    const { child } = this;
    if (child === null || child.exitCode !== null || child.signalCode !== null) return;
    const gone = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGKILL');
    await gone;
  }
}
