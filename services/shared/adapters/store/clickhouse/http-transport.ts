import { Readable } from 'node:stream';
import { constants, createGzip } from 'node:zlib';
import { type ClickHouseClient, ClickHouseLogLevel, type ClickHouseSettings, createClient } from '@clickhouse/client';
import { TaktError } from '../../../core/errors.ts';
import { isLoopback } from '../../../core/loopback.ts';
import type { Clock } from '../../../ports/clock.ts';
import { withLock } from './server-lock.ts';
import type { ClickHouseTransport } from './transport.ts';
import { USER_QUERY_SETTINGS } from './user-query.ts';

/** How to reach a ClickHouse server. */
export interface ClickHouseServer {
  /** `http://host:8123` or `https://…`. */
  readonly url: string;
  readonly user: string;
  readonly password: string;
  /** Made by whoever runs the server; takt makes its tables in it. */
  readonly database: string;
  readonly timeoutMs: number;
  /** Whether rows are sent compressed; absent: to other machines. */
  readonly compresses?: boolean;
}

/** Tries of one statement, and the wait before the second; it doubles. */
const TRIES_MAX = 4;
const RETRY_MS = 200;
/** Connections to the server: the folds' statements and users' queries each have so many. */
const CONNECTIONS_MAX = 16;
/** For the folds' statements. */
const SETTINGS: ClickHouseSettings = {
  // As text: as JSON numbers 64-bit integers would lose their last digits above 2^53.
  output_format_json_quote_64bit_integers: 1,
  // An error while a result is being sent would come in the middle of a body that began with 200.
  wait_end_of_query: 1,
  async_insert: 0,
  // Rows of one key in one insert are rare: looking for them costs a fifth of it. Merges and reads find them.
  optimize_on_insert: 0,
  // On replicas: what was acknowledged is on most of them, and read by the next statement. Elsewhere it means nothing.
  insert_quorum: 'auto',
  select_sequential_consistency: '1',
};

/** ClickHouse over HTTP. What fails on the way is tried again: rows have versions, so one that comes twice counts once. */
export class HttpTransport implements ClickHouseTransport {
  private readonly server: ClickHouseServer;
  private readonly clock: Clock;
  private readonly own: ClickHouseClient;
  private readonly users: ClickHouseClient;
  /** Rows to a server on this machine go as they are: there is no network to spare. */
  private readonly compresses: boolean;
  private readonly closing = new AbortController();

  constructor(server: ClickHouseServer, clock: Clock) {
    this.server = server;
    this.clock = clock;
    this.compresses = server.compresses ?? !isLoopback(new URL(server.url).hostname);
    const { url, user: username, password, database, timeoutMs: request_timeout } = server;
    // What goes wrong is told by whoever calls, once, with what to do.
    const log = { level: ClickHouseLogLevel.OFF };
    const common = { log, url, username, password, database, request_timeout, max_open_connections: CONNECTIONS_MAX };
    this.own = createClient({
      ...common,
      clickhouse_settings: SETTINGS,
      // Requests are compressed in `insert`: at the client's level it would take as long as all the rest.
      compression: { request: false, response: this.compresses },
      // Hundreds of keys do not fit into an address.
      use_multipart_params_auto: true,
    });
    this.users = createClient({ ...common, clickhouse_settings: { ...USER_QUERY_SETTINGS, readonly: '1' } });
  }

  async command(sql: string): Promise<void> {
    await this.tried(() => this.own.command({ query: sql }));
  }

  rows<Row>(sql: string, parameters: Readonly<Record<string, unknown>>): Promise<Row[]> {
    return this.tried(async () => {
      const result = await this.own.query({ query: sql, query_params: parameters, format: 'JSONEachRow' });
      return result.json<Row>();
    });
  }

  async insert(table: string, structure: string, rows: readonly Buffer[]): Promise<void> {
    const literal = structure.replaceAll(/['\\]/g, '\\$&');
    const query = `INSERT INTO ${table} SELECT * FROM input('${literal}') FORMAT RowBinary`;
    try {
      await this.tried(async () => {
        const plain = Readable.from(rows, { objectMode: false });
        const values = this.compresses ? plain.pipe(createGzip({ level: constants.Z_BEST_SPEED })) : plain;
        const http_headers: Record<string, string> = this.compresses ? { 'Content-Encoding': 'gzip' } : {};
        const result = await this.own.exec({ query, values, http_headers });
        // Read to its end, or the connection could not be used again.
        for await (const _ of result.stream);
      });
    } catch (error) {
      if (error instanceof TaktError) throw error;
      throw new TaktError('STORE_FAILED', `an insert into ${table} failed: ${firstLine(error)}`, { cause: error });
    }
  }

  exclusively(name: string, work: () => Promise<void>): Promise<void> {
    return withLock(name, this, this.clock, this.closing.signal, work);
  }

  async userQuery(sql: string, format: string): Promise<Uint8Array> {
    const chunks: Buffer[] = [];
    const result = await this.users.exec({ query: `${sql}\nFORMAT ${format}` });
    for await (const chunk of result.stream) chunks.push(Buffer.from(chunk as Uint8Array));
    return Buffer.concat(chunks);
  }

  /** Tries again what failed on the way. An error that the server answered is its last word. */
  private async tried<T>(statement: () => Promise<T>): Promise<T> {
    for (let tries = 1; ; tries++) {
      try {
        return await statement();
      } catch (error) {
        if (isAnswer(error)) throw error;
        if (tries === TRIES_MAX || this.closing.signal.aborted) throw this.unavailable(error);
      }
      await this.clock.sleep(RETRY_MS * 2 ** (tries - 1), this.closing.signal);
    }
  }

  private unavailable(cause: unknown): TaktError {
    return new TaktError(
      'STORE_FAILED',
      `ClickHouse at ${this.server.url} does not answer: ${firstLine(cause)}.\nCheck that it runs and can be reached; takt goes on by itself when it does.`,
      { cause },
    );
  }

  /** Waits for nothing: what is under way fails. */
  async close(): Promise<void> {
    this.closing.abort('closed');
    await Promise.all([this.users.close(), this.own.close()]);
  }
}

/** ClickHouse's own errors have its number and name. */
function isAnswer(error: unknown): boolean {
  return typeof (error as { readonly type?: unknown }).type === 'string';
}

function firstLine(error: unknown): string {
  const { message, code } = error as { readonly message: string; readonly code?: string };
  return ((message === '' ? code : message)?.split('\n')[0] ?? '').slice(0, 300);
}
