import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { NotificationDetails } from '../../services/shared/core/notify/notification.ts';
import type { Notification } from '../../services/shared/ports/notifier.ts';

/** A request as it came. */
interface Received {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  /** Whether it was answered 200 without a refusal in the body. */
  readonly taken: boolean;
}

interface PlannedAnswer {
  readonly status: number;
  readonly body?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A real HTTP server on loopback that keeps what it is sent; it answers 200, or what it is told. */
export class WebhookReceiver {
  /** Everything that came, refused or not. */
  readonly requests: Received[] = [];
  private readonly server: Server;
  private readonly planned: PlannedAnswer[] = [];
  private always: PlannedAnswer = { status: 200 };
  private silent = false;

  private constructor(server: Server) {
    this.server = server;
  }

  /** Listens on any free port of 127.0.0.1. */
  static async listen(): Promise<WebhookReceiver> {
    const server = createServer();
    const receiver = new WebhookReceiver(server);
    server.on('request', (request, response) => {
      const parts: Buffer[] = [];
      request.on('data', (part: Buffer) => parts.push(part));
      request.on('end', () => {
        const answer = receiver.planned.shift() ?? receiver.always;
        const { method = '', url: path = '', headers } = request;
        const body = Buffer.concat(parts).toString('utf8');
        const taken = answer.status === 200 && answer.body === undefined && !receiver.silent;
        receiver.requests.push({ method, path, headers, body, taken });
        if (receiver.silent) return;
        response.writeHead(answer.status, answer.headers);
        response.end(answer.body);
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return receiver;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  answerNext(answer: PlannedAnswer): void {
    this.planned.push(answer);
  }

  /** From now on, where nothing else is planned. */
  answerAlways(answer: PlannedAnswer): void {
    this.always = answer;
  }

  /** From now on it takes requests and answers none. */
  fallSilent(): void {
    this.silent = true;
  }

  /** From now on it answers again. */
  speak(): void {
    this.silent = false;
  }

  /** The messages that it took, in order. */
  messages(): Notification[] {
    return this.requests.filter(({ taken }) => taken).map(({ body }) => messageOf(body));
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise<void>((resolve) => this.server.close(() => resolve()));
  }
}

/** The message in the body of a webhook. */
export function messageOf(body: string): Notification {
  const { type, timestamp, data } = JSON.parse(body) as {
    type: NotificationDetails['type'];
    timestamp: string;
    data: Omit<NotificationDetails, 'type' | 'timeMs'> & { key: string; title: string; text: string };
  };
  const { key, title, text, ...rest } = data;
  return { key, title, body: text, details: { type, timeMs: Date.parse(timestamp), ...rest } };
}
