import type { FastifyInstance } from 'fastify';
import { TaktError } from '../shared/core/errors.ts';

export interface NotifyRoutesDeps {
  /** Sends a test message. Throws CHANNEL_UNKNOWN, NOTIFY_FAILED. */
  readonly testChannel: (name: string) => Promise<{ readonly channel: string; readonly key: string }>;
}

/** Test messages on their way at once; a receiver that hangs holds one for its time-out. */
const TESTS_MAX = 4;

/** Registers POST /v1/notify/test; docs/http-api.md describes it. The JSON body keeps out forms of other web pages. */
export function registerNotify(app: FastifyInstance, { testChannel }: NotifyRoutesDeps): void {
  let under = 0;
  app.post('/v1/notify/test', async ({ body }) => {
    const { channel } = (typeof body === 'object' ? (body ?? {}) : {}) as { readonly channel?: unknown };
    if (typeof channel !== 'string')
      throw new TaktError('PARAMETER_INVALID', 'the body must be {"channel": "NAME"}, a channel of the catalogue.');
    if (under >= TESTS_MAX)
      throw new TaktError('OVERLOADED', `${under} test messages are on their way, the most there may be; try again.`);
    under++;
    try {
      return { outcome: 'delivered', ...(await testChannel(channel)) };
    } finally {
      under--;
    }
  });
}
