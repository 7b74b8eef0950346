import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { freePort } from './java.ts';

/** Debian puts it where only root looks for programs. */
const PLACES = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin', '/usr/local/sbin'];
const PROGRAM = PLACES.map((folder) => join(folder, 'mosquitto')).find((path) => existsSync(path)) ?? null;

/** Why no MQTT broker can run here; false where one can. Under CI it has to. */
export const mosquittoMissing: string | false = missing();

function missing(): string | false {
  if (PROGRAM !== null) return false;
  if (process.env['CI'] === 'true') throw new Error('mosquitto is not installed');
  return 'mosquitto is not installed';
}

/** A Mosquitto broker of its own, on loopback; it keeps sessions over `stop` and `run`. */
export class Mosquitto {
  readonly port: number;
  readonly folder: string;
  private readonly config: readonly string[];
  private child: ChildProcess | null = null;

  private constructor(port: number, folder: string, config: readonly string[]) {
    this.port = port;
    this.folder = folder;
    this.config = config;
  }

  /** Starts one on a free port. `configOf`: further lines of its configuration, from its folder. */
  static async start(
    configOf: (folder: string) => readonly string[] = () => ['allow_anonymous true'],
  ): Promise<Mosquitto> {
    const folder = mkdtempSync(join(tmpdir(), 'takt-mosquitto-'));
    const broker = new Mosquitto(await freePort(), folder, configOf(folder));
    await broker.run();
    return broker;
  }

  get url(): string {
    return `mqtt://127.0.0.1:${this.port}`;
  }

  /** Starts it, again after `stop`, on the same port and data. */
  async run(): Promise<void> {
    const file = join(this.folder, 'mosquitto.conf');
    const lines = [
      `listener ${this.port} 127.0.0.1`,
      'persistence true',
      `persistence_location ${this.folder}/`,
      'max_queued_messages 0',
      // Otherwise it gives up root, and with it its folder.
      'user root',
      ...this.config,
    ];
    writeFileSync(file, `${lines.join('\n')}\n`);
    const child = spawn(PROGRAM!, ['-c', file], { stdio: ['ignore', 'ignore', 'pipe'] });
    this.child = child;
    let said = '';
    child.stderr.on('data', (text: Buffer) => (said += text.toString()));
    const ended = new Promise<never>((_resolve, reject) =>
      child.once('close', (code) => reject(new Error(`mosquitto ended with ${code}: ${said}`))),
    );
    // After it listens, an end is what somebody wanted.
    ended.catch(() => {});
    while (!(await Promise.race([listens(this.port), ended]))) await new Promise((resolve) => setTimeout(resolve, 20));
  }

  /** Ends it as an operator does; its sessions and messages stay. */
  async stop(): Promise<void> {
    const { child } = this;
    this.child = null;
    if (child === null) return;
    const closed = new Promise((resolve) => child.once('close', resolve));
    child.kill('SIGTERM');
    await closed;
  }

  /** Ends it and removes its data. */
  async remove(): Promise<void> {
    await this.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

function listens(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
