import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Apicurio } from '../support/apicurio.ts';
import { freePort } from '../support/java.ts';
import { KafkaBroker } from '../support/kafka-broker.ts';
import { ManagedProcess } from './managed-process.ts';

const PROGRAM = join(process.cwd(), 'dist', 'services', 'cli', 'main.js');
const STORE_PROGRAM = join(process.cwd(), 'dist', 'test', 'cluster', 'store.js');
/** As `npm start` has them. */
const NODE_FLAGS = ['--max-semi-space-size=128', '--v8-pool-size=1'];

export type Service = 'ingest' | 'processor' | 'alerter' | 'wallboard' | 'scheduler';

export interface ClusterOptions {
  /** For data and logs; made where it is missing. */
  readonly folder: string;
  readonly catalogue: readonly string[];
  readonly partitions?: number;
  /** Whether there is a registry; else the schemas that takt comes with. */
  readonly registry?: boolean;
  /** Ports; any free ones where they are not said. */
  readonly ports?: Partial<Record<'broker' | 'store' | 'registry' | Service, number>>;
  /** Services come to the broker through its proxy. */
  readonly proxied?: boolean;
}

/** One service's process, and where it listens. */
export interface ServiceProcess {
  readonly process: ManagedProcess;
  readonly url: string;
}

/**
 * A cluster on this machine: a Kafka broker, a store (chDB behind ClickHouse's HTTP interface), a registry, and services,
 * each a process with a log of its own.
 */
export class LocalCluster {
  readonly broker: KafkaBroker;
  readonly registry: Apicurio | null;
  readonly store: ManagedProcess;
  readonly storeUrl: string;
  readonly services = new Map<string, ServiceProcess>();
  private readonly options: ClusterOptions;

  private constructor(
    options: ClusterOptions,
    parts: { broker: KafkaBroker; registry: Apicurio | null; store: ManagedProcess; storeUrl: string },
  ) {
    this.options = options;
    this.broker = parts.broker;
    this.registry = parts.registry;
    this.store = parts.store;
    this.storeUrl = parts.storeUrl;
  }

  /** Starts what services need. */
  static async start(options: ClusterOptions): Promise<LocalCluster> {
    const { folder, ports = {} } = options;
    mkdirSync(join(folder, 'logs'), { recursive: true });
    const storePort = ports.store ?? (await freePort());
    const storeUrl = `http://127.0.0.1:${storePort}`;
    const args = [STORE_PROGRAM, join(folder, 'store'), String(storePort)];
    const store = new ManagedProcess('store', args, join(folder, 'logs', 'store.log'));
    store.start();
    const broker = await KafkaBroker.start({
      folder: join(folder, 'kafka'),
      ...(ports.broker === undefined ? {} : { port: ports.broker }),
    });
    // The ids of its schemas are in the records: they must outlive it, as the records do.
    const registry =
      options.registry === true ? await Apicurio.start({ port: ports.registry, broker: broker.address }) : null;
    await store.until('an answer', async () => (await fetch(`${storeUrl}/?query=SELECT%201%20FORMAT%20TSV`)).ok);
    return new LocalCluster(options, { broker, registry, store, storeUrl });
  }

  /** Environment of whoever talks to it. */
  get environment(): Readonly<Record<string, string>> {
    const { broker, options } = this;
    return {
      TAKT_LOG: `kafka://${options.proxied === true ? broker.proxy.address : broker.address}`,
      TAKT_STORE: this.storeUrl,
      ...(this.registry === null ? {} : { TAKT_REGISTRY: this.registry.url }),
    };
  }

  /** Starts a service. `instance`: its name, that of the service where it is not said. */
  async run(service: Service, instance: string = service, args: readonly string[] = []): Promise<ServiceProcess> {
    const { folder, catalogue, partitions, ports = {} } = this.options;
    const port = (instance === service ? ports[service] : undefined) ?? (await freePort());
    const catalogues = catalogue.flatMap((path) => ['--catalogue', path]);
    const count = partitions === undefined ? [] : ['--partitions', String(partitions)];
    const own = ['--instance', instance, '--port', String(port), ...catalogues, ...count, ...args];
    const logPath = join(folder, 'logs', `${instance}.log`);
    const process = new ManagedProcess(instance, [...NODE_FLAGS, PROGRAM, service, ...own], logPath, this.environment);
    const made = { process, url: `http://127.0.0.1:${port}` };
    this.services.set(instance, made);
    process.start();
    return made;
  }

  /** Runs a command of takt on it to its end; gives its exit code. */
  async command(name: string, args: readonly string[]): Promise<number | null> {
    const logPath = join(this.options.folder, 'logs', `${name}.log`);
    const process = new ManagedProcess(name, [...NODE_FLAGS, PROGRAM, name, ...args], logPath, this.environment);
    process.start();
    return process.ended();
  }

  /** What a command has said on this cluster. */
  said(name: string): string {
    return readFileSync(join(this.options.folder, 'logs', `${name}.log`), 'utf8');
  }

  /** Waits until services answer that they are ready. */
  async ready(instances: readonly string[] = [...this.services.keys()]): Promise<void> {
    for (const instance of instances) {
      const { process, url } = this.services.get(instance)!;
      await process.until('readiness', async () => (await fetch(`${url}/readyz`)).ok);
    }
  }

  /** Ends services cleanly, then what they need. */
  async stop(): Promise<void> {
    await Promise.all([...this.services.values()].map(({ process }) => process.end()));
    await Promise.all([this.broker.stop(), this.registry?.stop(), this.store.end()]);
  }
}
