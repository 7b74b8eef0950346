import { authorization } from './api.ts';
import { EventParser, type StreamMessage } from './event-parser.ts';

/** Who listens to a stream. */
export interface StreamListener {
  readonly onMessage: (message: StreamMessage) => void;
  /** The connection is gone; another is tried. */
  readonly onLost: () => void;
  /** The server answered with an error; it is asked again later. */
  readonly onRefused: (status: number, message: string) => void;
}

/** The server beats every second: after this long without a sound the connection is dead, whatever TCP believes. */
const SILENCE_MS_MAX = 6_500;
const RETRY_MS_MIN = 500;
const RETRY_MS_MAX = 5_000;

/** Follows a stream of server-sent events for ever, through broken connections. Gives what ends it. */
export function followStream(path: string, listener: StreamListener): () => void {
  let ended = false;
  let abort = new AbortController();
  const run = async (): Promise<void> => {
    let retryMs = RETRY_MS_MIN;
    while (!ended) {
      abort = new AbortController();
      try {
        const heard = await listen(path, listener, abort);
        if (heard) retryMs = RETRY_MS_MIN;
      } catch {
        // Unreachable, broken off or silent: the same to who watches.
      }
      if (ended) return;
      listener.onLost();
      await new Promise((resolve) => setTimeout(resolve, retryMs * (0.75 + Math.random() / 2)));
      retryMs = Math.min(retryMs * 2, RETRY_MS_MAX);
    }
  };
  void run();
  return () => {
    ended = true;
    abort.abort();
  };
}

/** One connection, to its end; gives whether anything was heard. Throws where it breaks. */
async function listen(path: string, listener: StreamListener, abort: AbortController): Promise<boolean> {
  let watchdog = setTimeout(() => abort.abort(), SILENCE_MS_MAX);
  try {
    const response = await fetch(path, { headers: authorization(), signal: abort.signal, cache: 'no-store' });
    if (!response.ok || response.body === null) {
      const { message } = (await response.json()) as { message: string };
      listener.onRefused(response.status, message);
      return false;
    }
    const reader = response.body.getReader();
    const decoder = new TextDecoder();
    const parser = new EventParser((event, data) =>
      listener.onMessage({ event, data: JSON.parse(data) as unknown } as StreamMessage),
    );
    for (let heard = false; ; heard = true) {
      const { done, value } = await reader.read();
      if (done) return heard;
      clearTimeout(watchdog);
      watchdog = setTimeout(() => abort.abort(), SILENCE_MS_MAX);
      parser.push(decoder.decode(value, { stream: true }));
    }
  } finally {
    clearTimeout(watchdog);
  }
}
