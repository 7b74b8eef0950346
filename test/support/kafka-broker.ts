import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort, javaMissing } from './java.ts';
import { TcpProxy } from './tcp-proxy.ts';

const LIBS = 'deploy/kafka/libs';
const START_MS_MAX = 60_000;
const PAUSE_MS = 50;

/** Why no broker can run here; false where one can. */
export const kafkaMissing: string | false = javaMissing(LIBS);

/** A Kafka broker of its own, on loopback, in a directory that goes with it. */
export class KafkaBroker {
  readonly address: string;
  /** Another way to it: who comes in here stays on it, since the broker tells this address to those who ask. */
  readonly proxy: TcpProxy;
  private readonly folder: string;
  private readonly port: number;
  private child: ChildProcess | null = null;

  private constructor(folder: string, port: number, proxy: TcpProxy) {
    this.folder = folder;
    this.port = port;
    this.proxy = proxy;
    this.address = `127.0.0.1:${port}`;
  }

  /** Starts one and waits until it listens. */
  static async start(): Promise<KafkaBroker> {
    const folder = mkdtempSync(join(tmpdir(), 'takt-kafka-'));
    const [port, controllerPort, proxiedPort] = [await freePort(), await freePort(), await freePort()];
    const proxy = await TcpProxy.start(`127.0.0.1:${proxiedPort}`);
    const properties = {
      'process.roles': 'broker,controller',
      'node.id': 1,
      'controller.quorum.voters': `1@127.0.0.1:${controllerPort}`,
      listeners: `PLAINTEXT://127.0.0.1:${port},PROXIED://127.0.0.1:${proxiedPort},CONTROLLER://127.0.0.1:${controllerPort}`,
      'advertised.listeners': `PLAINTEXT://127.0.0.1:${port},PROXIED://${proxy.address}`,
      'inter.broker.listener.name': 'PLAINTEXT',
      'controller.listener.names': 'CONTROLLER',
      'listener.security.protocol.map': 'CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,PROXIED:PLAINTEXT',
      'log.dirs': join(folder, 'data'),
      'offsets.topic.replication.factor': 1,
      'offsets.topic.num.partitions': 1,
      'transaction.state.log.replication.factor': 1,
      'transaction.state.log.min.isr': 1,
      'group.initial.rebalance.delay.ms': 0,
      'auto.create.topics.enable': false,
    };
    const lines = Object.entries(properties).map(([name, value]) => `${name}=${value}\n`);
    writeFileSync(join(folder, 'server.properties'), lines.join(''));
    const broker = new KafkaBroker(folder, port, proxy);
    broker.java('kafka.tools.StorageTool', 'format', '-t', clusterId(), '-c', join(folder, 'server.properties'));
    await broker.run();
    return broker;
  }

  private java(...args: readonly string[]): void {
    const { status, stderr } = spawnSync('java', [...JVM, ...args], { encoding: 'utf8' });
    if (status !== 0) throw new Error(`java ${args.join(' ')}: ${stderr}`);
  }

  /** Starts it, again after `kill`, on the same port and data. */
  async run(): Promise<void> {
    const args = [...JVM, 'kafka.Kafka', join(this.folder, 'server.properties')];
    this.child = spawn('java', args, { stdio: 'ignore', cwd: this.folder });
    const deadlineMs = Date.now() + START_MS_MAX;
    while (!(await this.listens())) {
      if (this.child.exitCode !== null) throw new Error(`the broker ended with ${this.child.exitCode}`);
      if (Date.now() > deadlineMs) throw new Error(`the broker does not listen after ${START_MS_MAX} ms`);
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    }
  }

  private listens(): Promise<boolean> {
    return new Promise((resolve) => {
      const socket = connect(this.port, '127.0.0.1', () => {
        socket.destroy();
        resolve(true);
      });
      socket.once('error', () => resolve(false));
    });
  }

  /** Ends it at once, as a power cut does. */
  async kill(): Promise<void> {
    const { child } = this;
    if (child === null || child.exitCode !== null || child.signalCode !== null) return;
    const gone = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGKILL');
    await gone;
  }

  /** Ends it and removes its data. */
  async remove(): Promise<void> {
    await this.kill();
    await this.proxy.close();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** Small and quick to start. */
const JVM = ['-Xmx512m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-cp', join(process.cwd(), LIBS, '*')];

/** 16 bytes in the alphabet of URLs; Kafka takes none that begins with a dash. */
function clusterId(): string {
  return `A${randomBytes(16).toString('base64url').slice(1)}`;
}
