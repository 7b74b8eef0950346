import type { FastifyInstance } from 'fastify';
import { versionsOf } from '../../shared/core/catalogue/catalogue-versions.ts';
import { createLogger } from '../../shared/runtime/logging.ts';
import { refill } from '../../shared/runtime/refill.ts';
import { type OpsDeps, registerOps } from '../../wallboard/ops-routes.ts';
import { closeApp, createApp, listen } from '../../wallboard/server.ts';
import type { ServeOptions } from '../wiring.ts';
import { withPatience } from './backbone.ts';
import { healthOf } from './health.ts';
import { Presence } from './presence.ts';
import type { OpenService, Service, ServiceContext } from './service.ts';
import { PLAIN_STATE } from './service-state.ts';

/**
 * Opens a service, which may wait for log and store, listens, and tells the store how it is, until it is to stop or
 * halts; then it stores what it has. Rejects with what made it halt.
 */
export async function runService(context: ServiceContext, open: OpenService, options: ServeOptions): Promise<void> {
  const { service, instance, backbone, metrics, failing, logger, keyHash, reload } = context;
  const { clock, store } = backbone;
  const { stopping, host, port, onListening } = options;
  let halted: Error | null = null;
  let state: Awaited<ReturnType<Service['state']>> | null = null;
  let running: Service | null = null;
  const ops: OpsDeps = {
    async status() {
      const report = await context.cluster.report();
      return { ...report, catalogue: reload.reportOf(report.tasks) };
    },
    reload: () => reload.reload(),
    async refill(kpis) {
      const inForce = [...reload.shown.catalogue.kpis.values()].flatMap(versionsOf);
      return { records: await refill(kpis, inForce, backbone) };
    },
    health: () => {
      const { logMs, stoppedLine, sources } = state ?? PLAIN_STATE;
      const catalogueProblem = reload.report.problem;
      const now = { failing: failing.now(), halted, nowMs: clock.nowMs() };
      return healthOf({ ...now, logMs, stoppedLine, sources, catalogueProblem });
    },
    ready: () => ({ ready: state?.ready === true, reasons: state?.reasons ?? ['starting'] }),
    async metrics() {
      await running?.gauges?.();
      const now = await running?.state().catch(() => state);
      return metrics.text(now?.tasks ?? []);
    },
    keyHash,
    onError: (code) => metrics.error(code),
  };
  const opened = await withPatience('log and store', () => open(context, ops), { clock, logger, stopping });
  if (opened === null) return;
  running = opened;
  const app = createApp((error) => metrics.error(error), createLogger({ level: 'error', json: true }));
  register(app, opened, ops);
  const startedMs = clock.nowMs();
  const watching = reload.run();
  const onHangUp = (): void => void reload.reload().catch(() => {});
  process.on('SIGHUP', onHangUp);
  let url = '';
  const presence = new Presence({
    store,
    clock,
    service,
    instance,
    logger,
    async content() {
      // Where the log does not answer, how it was last.
      state = await opened.state().catch((error: unknown) => {
        if (state === null) throw error;
        return state;
      });
      return { pid: process.pid, url, startedMs, state, failing: failing.now(), halted: halted?.message ?? null };
    },
  });
  try {
    url = await listen(app, host, port, keyHash !== null);
    presence.start();
    onListening(url);
    const told = new Promise<void>((resolve) => stopping.addEventListener('abort', () => resolve(), { once: true }));
    if (!stopping.aborted) await Promise.race([told, opened.ended, backbone.lost]);
  } catch (error) {
    halted = error as Error;
    logger.fatal({ reason: halted.message, code: (error as { readonly code?: string }).code }, 'halted');
    throw error;
  } finally {
    process.off('SIGHUP', onHangUp);
    reload.stop();
    await watching;
    opened.hangUp?.();
    await closeApp(app);
    await opened.stop().catch(() => {});
    await presence.stop((halted as Error | null)?.message ?? null);
  }
}

function register(app: FastifyInstance, service: Service, ops: OpsDeps): void {
  app.addHook('onSend', async (_request, reply) => void reply.header('x-takt-pid', String(process.pid)));
  registerOps(app, ops);
  service.register?.(app);
}
