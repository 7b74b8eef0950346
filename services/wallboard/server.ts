import Fastify, { type FastifyBaseLogger, type FastifyInstance } from 'fastify';
import { TaktError } from '../shared/core/errors.ts';
import { checkBind } from '../shared/runtime/api-key.ts';

/** Largest request body. */
const BODY_BYTES_MAX = 1024 * 1024;
/** How long requests under way may take at a stop. */
const CLOSE_MS_MAX = 3_000;
/** After how long a client whose events were refused may try again. */
const RETRY_AFTER_S = 2;

/**
 * The HTTP server, without routes: every error answers {code, message}, never a trace, and is told to `onError`. What was
 * not foreseen goes to the log, with its trace. The logger must be at level error or above: Fastify tells requests below.
 */
export function createApp(onError: (error: unknown) => void, logger: FastifyBaseLogger): FastifyInstance {
  const app = Fastify({
    bodyLimit: BODY_BYTES_MAX,
    forceCloseConnections: 'idle',
    loggerInstance: logger,
  }) as FastifyInstance;
  app.setErrorHandler((error: Error & { statusCode?: number }, request, reply) => {
    onError(error);
    if (error instanceof TaktError) {
      if (error.retryable) void reply.header('retry-after', String(RETRY_AFTER_S));
      return reply.code(error.status).send({ code: error.code, message: error.message });
    }
    const status = error.statusCode ?? 500;
    if (status === 413)
      return reply.code(413).send({
        code: 'BODY_TOO_LARGE',
        message: `the body is larger than ${BODY_BYTES_MAX} bytes; send fewer events at once.`,
      });
    if (status < 500) return reply.code(status).send({ code: 'BODY_INVALID', message: error.message });
    request.log.error({ err: error }, 'a request failed');
    return reply
      .code(500)
      .send({ code: 'INTERNAL', message: 'something unexpected went wrong; the log of takt says what.' });
  });
  return app;
}

/** Takes no more requests and answers those under way; a client that takes longer than the limit is cut off. */
export async function closeApp(app: FastifyInstance): Promise<void> {
  const patience = setTimeout(() => app.server.closeAllConnections(), CLOSE_MS_MAX);
  try {
    await app.close();
  } finally {
    clearTimeout(patience);
  }
}

/** Listens; gives the address. Throws BIND_REFUSED, PORT_IN_USE. */
export async function listen(app: FastifyInstance, host: string, port: number, hasKey: boolean): Promise<string> {
  checkBind(host, hasKey);
  try {
    return await app.listen({ host, port });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EADDRINUSE') {
      throw new TaktError(
        'PORT_IN_USE',
        `port ${port} of ${host} is in use.\nStop what uses it, or choose another with --port (0: any free one).`,
        { cause: error },
      );
    }
    throw error;
  }
}
