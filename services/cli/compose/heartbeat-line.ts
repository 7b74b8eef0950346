import type { Logger } from 'pino';
import type { IngestDeps } from '../../ingest/context.ts';
import { registerIngest } from '../../ingest/routes.ts';
import { heartbeat, type HeartbeatOptions } from '../../scheduler/heartbeat.ts';
import { Scheduler, type SchedulerOptions } from '../../scheduler/scheduler.ts';
import { BUILT_IN_WORKFLOW } from '../../shared/core/built-in.ts';
import { createLogger } from '../../shared/runtime/logging.ts';
import type { Metrics } from '../../shared/runtime/metrics.ts';
import { createApp } from '../../wallboard/server.ts';
import type { HeartbeatPlan } from '../wiring.ts';
import { heartbeatObserverOf, jobObserverOf } from './observer.ts';

/** The scheduler with its jobs. */
export function schedulerOf(
  plan: HeartbeatPlan,
  {
    metrics,
    logger,
    ...shared
  }: Omit<HeartbeatOptions, 'schedule' | 'receiver' | 'observer'> &
    Pick<SchedulerOptions, 'store'> & { readonly metrics: Metrics; readonly logger: Logger },
): Scheduler {
  const observer = metrics.observeHeartbeat(heartbeatObserverOf(logger));
  const { job, watch } = heartbeat({ ...plan, ...shared, observer });
  const jobs = metrics.observeJobs(jobObserverOf(logger));
  return new Scheduler({ ...shared, jobs: [job], heartbeat: watch, observer: jobs });
}

/**
 * What brings beats in: the routes of ingest once more, for takt's own workflow, in an app that listens nowhere. So they
 * are read, bounded and appended as a client's events are, and no client can send any.
 */
export function beatSender(deps: IngestDeps): (events: readonly object[]) => Promise<void> {
  const app = createApp(() => {}, createLogger({ level: 'silent', json: true }));
  registerIngest(app, deps);
  return async (events) => {
    const url = `/v1/events?workflow=${BUILT_IN_WORKFLOW}`;
    const answer = await app.inject({ method: 'POST', url, payload: [...events] });
    if (answer.statusCode !== 202)
      throw new Error(`ingest refused the beat: ${answer.json<{ message?: string }>().message}`);
  };
}
