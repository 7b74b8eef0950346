import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { ManagedProcess } from '../../cluster/managed-process.ts';
import { freePort } from '../../support/java.ts';
import { packageRoot } from '../package-root.ts';
import { type Usage, usageOf } from './usage.ts';

const PROGRAM = join(packageRoot, 'dist', 'test', 'cluster', 'store.js');

/** The ClickHouse of a cluster: chDB behind ClickHouse's HTTP interface, a process of its own. */
export class StoreProcess {
  readonly url: string;
  private readonly process: ManagedProcess;

  private constructor(process: ManagedProcess, url: string) {
    this.process = process;
    this.url = url;
  }

  /** Starts an empty one in a folder that does not exist yet, and waits until it answers. */
  static async start(folder: string): Promise<StoreProcess> {
    mkdirSync(folder, { recursive: true });
    const port = await freePort();
    const args = [PROGRAM, join(folder, 'data'), String(port)];
    const store = new StoreProcess(
      new ManagedProcess('store', args, join(folder, 'store.log')),
      `http://127.0.0.1:${port}`,
    );
    store.process.start();
    await store.process.until('an answer', async () => (await store.rows('SELECT 1 AS one')).length === 1);
    return store;
  }

  /** Rows of one SELECT, each as its newest version has it. It does not wait for takt's own statements. Throws what the store says. */
  rows<Row>(sql: string): Promise<Row[]> {
    return this.ask(sql, '?readonly=1');
  }

  /** Rows of one SELECT as they are stored, without looking for newer versions; between takt's own statements. */
  rawRows<Row>(sql: string): Promise<Row[]> {
    return this.ask(sql, '');
  }

  private async ask<Row>(sql: string, parameters: string): Promise<Row[]> {
    const answer = await fetch(`${this.url}/${parameters}`, { method: 'POST', body: `${sql} FORMAT JSONEachRow` });
    const text = await answer.text();
    if (!answer.ok) throw new Error(text);
    return text.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line) as Row]));
  }

  get usage(): Usage {
    return usageOf(this.process.pid);
  }

  async stop(): Promise<void> {
    await this.process.end();
  }
}
