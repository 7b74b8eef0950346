import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type ClickHouseClient, createClient } from '@clickhouse/client';
import { TaktError } from '../../../core/errors.ts';
import type { ClickHouseTransport } from './transport.ts';

/** Limits of a user's query. */
const USER_SETTINGS = {
  max_execution_time: 30,
  max_memory_usage: String(2_000_000_000),
  max_result_rows: String(1_000_000),
  result_overflow_mode: 'throw',
} as const;

/** chDB: ClickHouse in this process, on the data directory. One process and one engine per path. */
export class ChdbTransport implements ClickHouseTransport {
  private readonly client: ClickHouseClient;
  private readonly userClient: ClickHouseClient;
  private readonly filesPath: string;
  private sequence = 0;

  private constructor(client: ClickHouseClient, userClient: ClickHouseClient, filesPath: string) {
    this.client = client;
    this.userClient = userClient;
    this.filesPath = filesPath;
  }

  /** Throws EMBEDDED_MISSING without the chdb package, DATA_LOCKED when another process has the path. */
  static async open(path: string): Promise<ChdbTransport> {
    const connection = await loadChdb();
    const filesPath = join(path, 'incoming');
    await rm(filesPath, { recursive: true, force: true });
    await mkdir(filesPath, { recursive: true });
    try {
      const connect = (): ClickHouseClient =>
        createClient({ connection: connection({ path: join(path, 'chdb') }) } as never);
      const client = connect();
      await client.command({ query: 'SELECT 1' });
      // Settings stick to a connection of chDB: those of users' queries must never reach the folds.
      const userClient = connect();
      // They stick, so they are set once, the limits first: behind readonly none could be changed.
      await userClient.command({ query: 'SELECT 1', clickhouse_settings: { ...USER_SETTINGS } as never });
      await userClient.command({ query: 'SELECT 1', clickhouse_settings: { readonly: '1' } as never });
      return new ChdbTransport(client, userClient, filesPath);
    } catch (error) {
      if (/lock/i.test((error as Error).message)) {
        throw new TaktError(
          'DATA_LOCKED',
          `${path} is in use by another process.\nStop that takt, or use another directory with --data DIR.`,
          { cause: error },
        );
      }
      throw new TaktError('STORE_FAILED', `the store in ${path} did not open: ${firstLine(error)}`, { cause: error });
    }
  }

  async command(sql: string): Promise<void> {
    await this.client.command({ query: sql });
  }

  async rows<Row>(sql: string, parameters: Readonly<Record<string, unknown>>): Promise<Row[]> {
    const result = await this.client.query({ query: sql, query_params: parameters, format: 'JSONEachRow' });
    return result.json<Row>();
  }

  async insert(table: string, structure: string, rows: Buffer): Promise<void> {
    // chDB's inline binary insert cuts data at a blank line: rows go through a file.
    const path = join(this.filesPath, `${this.sequence++}.bin`);
    try {
      await writeFile(path, rows);
      await this.client.command({
        query: `INSERT INTO ${table} SELECT * FROM file('${path.replaceAll("'", "\\'")}', RowBinary, '${structure}')`,
      });
    } catch (error) {
      const text = (error as Error).message;
      if (/ENOSPC|No space left/i.test(text))
        throw new TaktError(
          'DISK_FULL',
          'the disk is full: values cannot be stored.\nFree some space; takt goes on by itself.',
          { cause: error },
        );
      throw new TaktError('STORE_FAILED', `an insert into ${table} failed: ${firstLine(error)}`, { cause: error });
    } finally {
      await rm(path, { force: true });
    }
  }

  async userQuery(sql: string, format: string): Promise<Uint8Array> {
    const chunks: Buffer[] = [];
    const result = await this.userClient.exec({ query: `${sql}\nFORMAT ${format}` });
    for await (const chunk of result.stream) chunks.push(Buffer.from(chunk as Uint8Array));
    return Buffer.concat(chunks);
  }

  async close(): Promise<void> {
    await this.userClient.close();
    await this.client.close();
  }
}

function firstLine(error: unknown): string {
  return ((error as Error).message.split('\n')[0] ?? '').slice(0, 300);
}

async function loadChdb(): Promise<(options: { path: string }) => unknown> {
  try {
    const module = (await import('chdb/connection')) as {
      createChdbConnection: (options: { path: string }) => unknown;
    };
    return module.createChdbConnection;
  } catch (error) {
    throw new TaktError(
      'EMBEDDED_MISSING',
      'the embedded store needs the package chdb, which is not installed here (it is optional, and exists for Linux and macOS).\nRun: npm install chdb',
      { cause: error },
    );
  }
}
