import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** One request that a ping receiver got. */
export interface Ping {
  readonly method: string;
  /** With query. */
  readonly path: string;
  readonly body: { readonly state: string; readonly reason: string; readonly roundTripMs: number | null };
}

/** A receiver of heartbeats on a local port, as healthchecks.io is one: `…/fail` is a failure. */
export interface PingReceiver {
  readonly url: string;
  /** What it took, in order. */
  readonly pings: Ping[];
  /** Answers so from now on; null: never. */
  answer: { readonly status: number; readonly headers?: Record<string, string> } | null;
  close(): Promise<void>;
}

/** Starts a receiver at `/ping/SECRET`, on a port that was used before where one is given. */
export async function pingReceiver(secret = 'uuid', port = 0): Promise<PingReceiver> {
  const pings: Ping[] = [];
  const receiver: PingReceiver = {
    url: '',
    pings,
    answer: { status: 200 },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  const server = createServer((request, response) => void take(request, response, receiver));
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  const { port: taken } = server.address() as AddressInfo;
  return Object.assign(receiver, { url: `http://127.0.0.1:${taken}/ping/${secret}` });
}

async function take(
  request: IncomingMessage,
  response: ServerResponse,
  { answer, pings }: PingReceiver,
): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  if (answer === null) return;
  if (answer.status === 200) {
    const body = JSON.parse(Buffer.concat(chunks).toString()) as Ping['body'];
    pings.push({ method: request.method ?? '', path: request.url ?? '', body });
  }
  response.writeHead(answer.status, answer.headers).end('some words of the receiver');
}
