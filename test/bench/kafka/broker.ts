import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Admin, Kafka } from 'kafkajs';
import { KAFKA_DEFAULTS, type KafkaSettings } from '../../../services/shared/adapters/log/kafka/kafka-settings.ts';
import { kafkajs } from '../../../services/shared/adapters/log/kafka/kafkajs-cluster.ts';
import { freePort } from '../../support/java.ts';
import { packageRoot } from '../package-root.ts';
import { pause } from './pause.ts';
import { type Usage, usageOf } from './usage.ts';

const PROGRAM = join(packageRoot, 'deploy', 'kafka', 'start.sh');
const START_MS_MAX = 60_000;
const LOOK_EVERY_MS = 100;
const SAID_CHARS = 2_000;

/** One Kafka broker, as deploy/kafka/start.sh has it, with a client to look after its topics. */
export class Broker {
  /** `host:port`. */
  readonly address: string;
  readonly client: Kafka;
  private readonly child: ChildProcess;
  private readonly ended: Promise<unknown>;
  private readonly admin: Admin;

  private constructor(child: ChildProcess, address: string) {
    this.child = child;
    this.ended = new Promise((resolve) => child.once('close', resolve));
    this.address = address;
    this.client = kafkajs(this.settings);
    this.admin = this.client.admin();
  }

  /** Starts one with its data in a folder, on a free port, and waits until it answers. Throws what it said when it does not. */
  static async start(folder: string): Promise<Broker> {
    if (!existsSync(join(packageRoot, 'deploy', 'kafka', 'libs')))
      throw new Error('there is no broker: mvn -q -f deploy/kafka/pom.xml generate-resources fetches one');
    const port = await freePort();
    const child = spawn('bash', [PROGRAM, folder, String(port)], { stdio: 'ignore' });
    const broker = new Broker(child, `127.0.0.1:${port}`);
    const endMs = Date.now() + START_MS_MAX;
    while (!(await broker.answers())) {
      if (child.exitCode !== null || Date.now() > endMs) {
        await broker.stop();
        const said = readFileSync(join(folder, 'kafka.log'), 'utf8');
        throw new Error(`the broker did not start: ${said.slice(-SAID_CHARS)}`);
      }
      await pause(LOOK_EVERY_MS);
    }
    return broker;
  }

  private async answers(): Promise<boolean> {
    try {
      await this.admin.connect();
      await this.admin.describeCluster();
      return true;
    } catch {
      return false;
    }
  }

  /** How a log of takt reaches it. */
  get settings(): KafkaSettings {
    return { ...KAFKA_DEFAULTS, brokers: [this.address], clientId: 'takt-bench' };
  }

  get usage(): Usage {
    return usageOf(this.child.pid!);
  }

  /** By partition, the offset behind the last record; empty where there is no such topic, or only just. */
  async ends(topic: string): Promise<number[]> {
    if (!(await this.admin.listTopics()).includes(topic)) return [];
    const ends: number[] = [];
    // A topic that was made a moment ago has no leaders yet.
    const offsets = await this.admin.fetchTopicOffsets(topic).catch((error: { readonly retriable?: boolean }) => {
      if (error.retriable === true) return [];
      throw error;
    });
    for (const { partition, high } of offsets) ends[partition] = Number(high);
    return ends;
  }

  /** Deletes those of the topics that are there, and waits until they are gone. */
  async remove(topics: readonly string[]): Promise<void> {
    const there = async (): Promise<string[]> => {
      const all = await this.admin.listTopics();
      return topics.filter((topic) => all.includes(topic));
    };
    const found = await there();
    if (found.length === 0) return;
    await this.admin.deleteTopics({ topics: found });
    while ((await there()).length > 0) await pause(LOOK_EVERY_MS);
  }

  async stop(): Promise<void> {
    await this.admin.disconnect().catch(() => {});
    if (this.child.exitCode === null) this.child.kill('SIGTERM');
    await this.ended;
  }
}
