import { connect, createServer, type Server, type Socket } from 'node:net';

/** What a proxy does with the bytes that pass. */
interface Faults {
  /** Bytes of the server to its client are thrown away: what was asked is done, and nobody hears of it. */
  dropReplies: boolean;
  /** Wait before bytes go on, either way. */
  delayMs: number;
  /** The next piece of an answer that has more bytes than this is cut off behind them, and its connection ended, once. */
  cutReplyAtBytes: number | null;
}

/** Stands between a client and a server on loopback, and cuts, delays or swallows what passes. */
export class TcpProxy {
  readonly faults: Faults = { dropReplies: false, delayMs: 0, cutReplyAtBytes: null };
  private readonly server: Server;
  private readonly target: { readonly host: string; readonly port: number };
  private readonly sockets = new Set<Socket>();
  private open = true;
  private port = 0;

  private constructor(target: string) {
    const [host, port] = target.split(':') as [string, string];
    this.target = { host, port: Number(port) };
    this.server = createServer((client) => this.take(client));
  }

  /** `target`: `host:port` of the server. */
  static async start(target: string): Promise<TcpProxy> {
    const proxy = new TcpProxy(target);
    await new Promise<void>((resolve) => proxy.server.listen(0, '127.0.0.1', resolve));
    proxy.port = (proxy.server.address() as { readonly port: number }).port;
    return proxy;
  }

  get address(): string {
    return `127.0.0.1:${this.port}`;
  }

  private take(client: Socket): void {
    if (!this.open) return void client.destroy();
    const server = connect(this.target.port, this.target.host);
    for (const [from, to] of [
      [client, server],
      [server, client],
    ] as const) {
      this.sockets.add(from);
      from.on('data', (bytes) => this.pass(bytes, from === server, to));
      from.on('error', () => {});
      from.on('close', () => {
        this.sockets.delete(from);
        to.destroy();
      });
    }
  }

  private pass(bytes: Buffer, isReply: boolean, to: Socket): void {
    if (isReply && this.faults.dropReplies) return;
    const { delayMs, cutReplyAtBytes } = this.faults;
    if (isReply && cutReplyAtBytes !== null && bytes.length > cutReplyAtBytes) {
      this.faults.cutReplyAtBytes = null;
      return void to.end(bytes.subarray(0, cutReplyAtBytes));
    }
    if (delayMs === 0) to.write(bytes);
    else setTimeout(() => to.writable && to.write(bytes), delayMs);
  }

  /** Ends every connection; new ones are admitted. */
  cutOnce(): void {
    for (const socket of this.sockets) socket.destroy();
  }

  /** Ends every connection and admits none until `mend`. */
  cut(): void {
    this.open = false;
    this.cutOnce();
  }

  mend(): void {
    this.open = true;
  }

  async close(): Promise<void> {
    this.cut();
    await new Promise((resolve) => this.server.close(resolve));
  }
}
