import type { ServerResponse } from 'node:http';

/** Bytes that may wait for a slow screen; beyond, it is dropped and connects again when it can. */
export const QUEUE_BYTES_MAX = 1024 * 1024;

/** One screen that listens to server-sent events. */
export class StreamClient {
  private readonly response: ServerResponse;
  private readonly onDrop: () => void;

  /** Begins the answer. `headers` are those of every answer. */
  constructor(response: ServerResponse, headers: Readonly<Record<string, string>>, onDrop: () => void) {
    this.response = response;
    this.onDrop = onDrop;
    response.writeHead(200, {
      ...headers,
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store',
      // A proxy must not gather what is meant for now.
      'x-accel-buffering': 'no',
    });
    response.flushHeaders();
  }

  /** Sends one event, made by `sseEvent`. A screen that does not take what waits for it is dropped. */
  send(event: string): void {
    if (this.closed) return;
    if (this.response.writableLength <= QUEUE_BYTES_MAX) this.response.write(event);
    else {
      this.onDrop();
      this.response.destroy();
    }
  }

  /** Whether the screen is gone. */
  get closed(): boolean {
    return this.response.destroyed || this.response.writableEnded;
  }

  /** Calls back once when the screen is gone. */
  onClose(listener: () => void): void {
    this.response.once('close', listener);
  }

  close(): void {
    this.response.end();
  }
}

/** An event in the format of server-sent events. JSON holds no raw line break, so one data line is enough. */
export function sseEvent(name: string, data: unknown): string {
  return `event: ${name}\ndata: ${JSON.stringify(data)}\n\n`;
}
