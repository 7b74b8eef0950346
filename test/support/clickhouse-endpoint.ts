import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { gunzipSync } from 'node:zlib';
import { ChdbTransport } from '../../services/shared/adapters/store/clickhouse/chdb-transport.ts';

const INSERT = /^INSERT INTO (\S+) SELECT \* FROM input\('((?:[^'\\]|\\.)*)'\) FORMAT RowBinary$/;
const FORMAT = /\s*FORMAT (\w+)\s*$/;

/**
 * ClickHouse's HTTP interface in front of chDB, as far as takt uses it: the engine is ClickHouse's own, the framing is
 * ours. Statements of a request with readonly=1 run with the limits of users' queries, whatever else it asks for.
 */
export class ClickHouseEndpoint {
  readonly url: string;
  readonly transport: ChdbTransport;
  /** Set by a test: fails a request before (`before`) or after (`after`) its statement ran, by cutting the connection. */
  cut: ((sql: string) => 'before' | 'after' | null) | null = null;
  /** What ran, in its order, while a test wants to know. */
  readonly ran: string[] = [];
  private readonly notes: boolean;
  private readonly server: Server;

  private constructor(server: Server, transport: ChdbTransport, notes: boolean) {
    this.notes = notes;
    this.server = server;
    this.transport = transport;
    this.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    server.on('request', (request, response) => void this.handle(request, response));
  }

  /** `path`: where the data is; `port`: 0 for any; `notes`: keep what ran. */
  static async start(path: string, { port = 0, notes = false } = {}): Promise<ClickHouseEndpoint> {
    const transport = await ChdbTransport.open(path);
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
    return new ClickHouseEndpoint(server, transport, notes);
  }

  private async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const parameters = new URL(request.url!, this.url).searchParams;
    const body = await buffer(request);
    const plain = request.headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body;
    const type = request.headers['content-type'] ?? '';
    if (type.startsWith('multipart/form-data')) {
      const form = await new Response(plain, { headers: { 'content-type': type } }).formData();
      for (const [name, text] of form) if (typeof text === 'string') parameters.set(name, text);
    }
    const inUrl = parameters.get('query');
    const sql = (inUrl ?? plain.toString('utf8')).trim();
    const cut = this.cut?.(sql) ?? null;
    if (cut === 'before') return void request.socket.destroy();
    try {
      const answer = await this.run(sql, inUrl === null ? null : plain, parameters);
      if (this.notes) this.ran.push(sql);
      if (cut === 'after') return void request.socket.destroy();
      response.writeHead(200).end(answer);
    } catch (error) {
      const { code = '0', type = 'UNKNOWN', message } = error as { code?: string; type?: string; message: string };
      response.writeHead(500, { 'X-ClickHouse-Exception-Code': code });
      response.end(`Code: ${code}. DB::Exception: ${message} (${type}) (version 26.7)`);
    }
  }

  private async run(sql: string, body: Buffer | null, parameters: URLSearchParams): Promise<Uint8Array> {
    const [, format] = FORMAT.exec(sql) ?? [];
    const statement = sql.replace(FORMAT, '');
    if (parameters.get('readonly') === '1') return this.transport.userQuery(statement, format ?? 'TSV');
    const insert = INSERT.exec(sql);
    if (insert !== null) {
      await this.transport.insert(insert[1]!, insert[2]!.replaceAll(/\\(.)/g, '$1'), [body!]);
      return Buffer.alloc(0);
    }
    if (format === undefined) {
      await this.transport.command(sql);
      return Buffer.alloc(0);
    }
    const rows = await this.transport.rows<object>(statement, bound(parameters, statement));
    return Buffer.from(rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
    await this.transport.close();
  }
}

/** Parameters come as text, read by the type that the statement gives them: arrays of strings, or what has no brackets. */
function bound(parameters: URLSearchParams, sql: string): Record<string, unknown> {
  const result: Record<string, unknown> = {};
  for (const [name, text] of parameters) {
    if (!name.startsWith('param_')) continue;
    const bare = name.slice('param_'.length);
    result[bare] = sql.includes(`{${bare}:Array(`)
      ? [...text.matchAll(/'((?:[^'\\]|\\.|'')*)'/gs)].map(([, each]) => unescaped(each!))
      : unescaped(text);
  }
  return result;
}

const ESCAPES: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r', b: '\b', f: '\f', 0: '\0' };

function unescaped(text: string): string {
  return text.replaceAll(/\\(.)/gs, (_, char: string) => ESCAPES[char] ?? char);
}
