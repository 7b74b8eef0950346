import { freePort, javaMissing } from './java.ts';
import { JavaProcess } from './java-process.ts';

const JAR = 'deploy/kafka/registry/apicurio-registry-app-3.0.9-runner.jar';

/** Why no registry can run here; false where one can. */
export const registryMissing: string | false = javaMissing(JAR);

/** Apicurio's registry on loopback; its schemas are in Kafka where it has a broker, else in memory. */
export class Apicurio {
  /** Of the API that is Confluent's. */
  readonly url: string;
  private readonly java: JavaProcess;

  private constructor(port: number, broker: string | undefined) {
    this.url = `http://127.0.0.1:${port}/apis/ccompat/v7`;
    const options = ['-Dquarkus.http.host=127.0.0.1', `-Dquarkus.http.port=${port}`];
    if (broker !== undefined)
      options.push('-Dapicurio.storage.kind=kafkasql', `-Dapicurio.kafkasql.bootstrap.servers=${broker}`);
    this.java = new JavaProcess(['-Xmx384m', '-XX:TieredStopAtLevel=1', ...options, '-jar', JAR], async () => {
      const answer = await fetch(`${this.url}/subjects`).catch(() => null);
      await answer?.arrayBuffer();
      return answer?.ok === true;
    });
  }

  /** `port`: any free one where it is not said; `broker`: `host:port`. */
  static async start({
    port,
    broker,
  }: { readonly port?: number | undefined; readonly broker?: string } = {}): Promise<Apicurio> {
    const registry = new Apicurio(port ?? (await freePort()), broker);
    await registry.run();
    return registry;
  }

  /** Starts it, again after `stop`: without a broker it is empty then. */
  run(): Promise<void> {
    return this.java.start();
  }

  stop(): Promise<void> {
    return this.java.end('SIGKILL');
  }
}
