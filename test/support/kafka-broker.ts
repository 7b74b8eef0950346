import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { selfSigned } from './certificate.ts';
import { freePort, javaMissing } from './java.ts';
import { JavaProcess } from './java-process.ts';
import { TcpProxy } from './tcp-proxy.ts';

const LIBS = 'deploy/kafka/libs';

/** Why no broker can run here; false where one can. */
export const kafkaMissing: string | false = javaMissing(LIBS);

/** A Kafka broker of its own, on loopback. */
export class KafkaBroker {
  readonly address: string;
  /** Another way to it: who comes in here stays on it, since the broker tells this address to those who ask. */
  readonly proxy: TcpProxy;
  /** Where it asks for TLS and a password; null where it was started without. */
  readonly secured: { readonly address: string; readonly ca: string } | null;
  private readonly folder: string;
  private readonly java: JavaProcess;

  private constructor(folder: string, port: number, proxy: TcpProxy, secured: KafkaBroker['secured']) {
    this.secured = secured;
    this.folder = folder;
    this.proxy = proxy;
    this.address = `127.0.0.1:${port}`;
    const args = [...JVM, 'kafka.Kafka', join(folder, 'server.properties')];
    this.java = new JavaProcess(args, () => listens(port), { cwd: folder });
  }

  /**
   * Starts one and waits until it listens: on any port, in a new directory, unless they are said. `secured`: also with TLS
   * and passwords, for the user USER.
   */
  static async start(
    place: { readonly port?: number; readonly folder?: string; readonly secured?: boolean } = {},
  ): Promise<KafkaBroker> {
    const folder = place.folder ?? mkdtempSync(join(tmpdir(), 'takt-kafka-'));
    mkdirSync(folder, { recursive: true });
    const [port, controllerPort, proxiedPort] = [place.port ?? (await freePort()), await freePort(), await freePort()];
    const proxy = await TcpProxy.start(`127.0.0.1:${proxiedPort}`);
    const secured = place.secured === true ? await securedListener(folder) : null;
    const properties = {
      'process.roles': 'broker,controller',
      'node.id': 1,
      'controller.quorum.voters': `1@127.0.0.1:${controllerPort}`,
      listeners: `PLAINTEXT://127.0.0.1:${port},PROXIED://127.0.0.1:${proxiedPort},CONTROLLER://127.0.0.1:${controllerPort}${secured?.listener ?? ''}`,
      'advertised.listeners': `PLAINTEXT://127.0.0.1:${port},PROXIED://${proxy.address}${secured?.listener ?? ''}`,
      'inter.broker.listener.name': 'PLAINTEXT',
      'controller.listener.names': 'CONTROLLER',
      'listener.security.protocol.map': 'CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,PROXIED:PLAINTEXT,SECURED:SASL_SSL',
      'log.dirs': join(folder, 'data'),
      'offsets.topic.replication.factor': 1,
      'offsets.topic.num.partitions': 1,
      'transaction.state.log.replication.factor': 1,
      'transaction.state.log.min.isr': 1,
      'group.initial.rebalance.delay.ms': 0,
      'auto.create.topics.enable': false,
      ...secured?.properties,
    };
    const lines = Object.entries(properties).map(([name, value]) => `${name}=${value}\n`);
    writeFileSync(join(folder, 'server.properties'), lines.join(''));
    const broker = new KafkaBroker(folder, port, proxy, secured);
    if (!existsSync(join(folder, 'data')))
      java('kafka.tools.StorageTool', 'format', '-t', clusterId(), '-c', join(folder, 'server.properties'), ...SCRAM);
    await broker.run();
    return broker;
  }

  /** Starts it, again after `kill`, on the same port and data. */
  run(): Promise<void> {
    return this.java.start();
  }

  get pid(): number | undefined {
    return this.java.pid;
  }

  /** Ends it at once, as a power cut does. */
  kill(): Promise<void> {
    return this.java.end('SIGKILL');
  }

  /** Ends it as an operator does; its data stays. */
  async stop(): Promise<void> {
    await this.java.end('SIGTERM');
    await this.proxy.close();
  }

  /** Ends it and removes its data. */
  async remove(): Promise<void> {
    await this.kill();
    await this.proxy.close();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** The user of a secured listener. */
export const USER = { username: 'takt', password: 'not-a-secret' } as const;
const SCRAM = ['256', '512'].flatMap((size) => [
  '--add-scram',
  `SCRAM-SHA-${size}=[name=${USER.username},password=${USER.password}]`,
]);

/** A listener with TLS, by a certificate of its own, and SASL in the three ways that takt knows. */
async function securedListener(folder: string): Promise<{
  readonly address: string;
  readonly ca: string;
  readonly listener: string;
  readonly properties: Readonly<Record<string, string>>;
}> {
  const port = await freePort();
  const { key, cert } = selfSigned(folder);
  const store = join(folder, 'store.pem');
  const ca = readFileSync(cert, 'utf8');
  writeFileSync(store, `${readFileSync(key, 'utf8')}${ca}`);
  const of = (name: string): string => `listener.name.secured.${name}`;
  const { username, password } = USER;
  const login = 'org.apache.kafka.common.security';
  const scram = `${login}.scram.ScramLoginModule required;`;
  return {
    address: `127.0.0.1:${port}`,
    ca,
    listener: `,SECURED://127.0.0.1:${port}`,
    properties: {
      [of('ssl.keystore.type')]: 'PEM',
      [of('ssl.keystore.location')]: store,
      [of('sasl.enabled.mechanisms')]: 'PLAIN,SCRAM-SHA-256,SCRAM-SHA-512',
      [of('plain.sasl.jaas.config')]: `${login}.plain.PlainLoginModule required user_${username}="${password}";`,
      [of('scram-sha-256.sasl.jaas.config')]: scram,
      [of('scram-sha-512.sasl.jaas.config')]: scram,
    },
  };
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

/** Small and quick to start. */
const JVM = ['-Xmx512m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-cp', join(process.cwd(), LIBS, '*')];

function java(...args: readonly string[]): void {
  const { status, stderr } = spawnSync('java', [...JVM, ...args], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`java ${args.join(' ')}: ${stderr}`);
}

/** 16 bytes in the alphabet of URLs; Kafka takes none that begins with a dash. */
function clusterId(): string {
  return `A${randomBytes(16).toString('base64url').slice(1)}`;
}
