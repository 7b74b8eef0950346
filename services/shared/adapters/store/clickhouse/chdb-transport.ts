import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { TaktError } from '../../../core/errors.ts';
import { ChdbConnection } from './chdb-connection.ts';
import { openChdb } from './open-chdb.ts';
import type { ClickHouseTransport } from './transport.ts';
import { USER_QUERY_SETTINGS } from './user-query.ts';
import { writeAll } from './write-all.ts';

/** The last one is readonly: behind it nothing can be set. */
const USER_SETTINGS = [...Object.entries(USER_QUERY_SETTINGS), ['readonly', 1]].map(
  ([name, value]) => `SET ${name} = ${typeof value === 'string' ? `'${value}'` : value}`,
);
const OWN_SETTINGS = [
  // As text: as JSON numbers 64-bit integers would lose their last digits above 2^53.
  'SET output_format_json_quote_64bit_integers = 1',
  // The folds' statements are small: more threads would only take the processor from the event loop.
  'SET max_threads = 1, max_insert_threads = 1',
  // Rows of one key in one insert are rare: looking for them costs a fifth of it. Merges and reads find them.
  'SET optimize_on_insert = 0',
];

/** chDB: ClickHouse in this process, on the data directory. One process and one engine per path. */
export class ChdbTransport implements ClickHouseTransport {
  private readonly own: ChdbConnection;
  private readonly users: ChdbConnection;
  private readonly incomingPath: string;
  private sequence = 0;

  private constructor(own: ChdbConnection, users: ChdbConnection, incomingPath: string) {
    this.own = own;
    this.users = users;
    this.incomingPath = incomingPath;
  }

  /** Opens the store directory `path`; throws what `openChdb` throws. */
  static async open(path: string): Promise<ChdbTransport> {
    const clients = await openChdb(path);
    const own = new ChdbConnection(clients.own);
    const users = new ChdbConnection(clients.users);
    try {
      // Settings stick to a connection of chDB: those of users' queries must never reach the folds.
      for (const sql of OWN_SETTINGS) await own.run((client) => client.command({ query: sql }));
      for (const sql of USER_SETTINGS) await users.run((client) => client.command({ query: sql }));
    } catch (error) {
      await Promise.all([users.close(), own.close()]);
      throw new TaktError('STORE_FAILED', `the store in ${path} did not open: ${firstLine(error)}`, { cause: error });
    }
    return new ChdbTransport(own, users, clients.incomingPath);
  }

  async command(sql: string): Promise<void> {
    await this.own.run((client) => client.command({ query: sql }));
  }

  rows<Row>(sql: string, parameters: Readonly<Record<string, unknown>>): Promise<Row[]> {
    return this.own.run(async (client) => {
      const result = await client.query({ query: sql, query_params: parameters, format: 'JSONEachRow' });
      return result.json<Row>();
    });
  }

  async insert(table: string, structure: string, rows: readonly Buffer[]): Promise<void> {
    // chDB's inline binary insert cuts data at a blank line: rows go through a file.
    const path = join(this.incomingPath, `${this.sequence++}.bin`);
    const literal = path.replaceAll(/['\\]/g, '\\$&');
    try {
      await writeAll(path, rows);
      await this.command(`INSERT INTO ${table} SELECT * FROM file('${literal}', RowBinary, '${structure}')`);
    } catch (error) {
      if (error instanceof TaktError) throw error;
      if (/ENOSPC|No space left|NOT_ENOUGH_SPACE/i.test(`${(error as Error).message} ${typeOf(error)}`))
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

  userQuery(sql: string, format: string): Promise<Uint8Array> {
    return this.users.run(async (client) => {
      const chunks: Buffer[] = [];
      const result = await client.exec({ query: `${sql}\nFORMAT ${format}` });
      for await (const chunk of result.stream) chunks.push(Buffer.from(chunk as Uint8Array));
      return Buffer.concat(chunks);
    });
  }

  /** One process holds the directory. */
  exclusively(_name: string, work: () => Promise<void>): Promise<void> {
    return work();
  }

  /** Waits for the statements under way; a user's may take until its time limit. */
  async close(): Promise<void> {
    await Promise.all([this.users.close(), this.own.close()]);
  }
}

function typeOf(error: unknown): string {
  return (error as { readonly type?: string }).type ?? '';
}

function firstLine(error: unknown): string {
  return ((error as Error).message.split('\n')[0] ?? '').slice(0, 300);
}
