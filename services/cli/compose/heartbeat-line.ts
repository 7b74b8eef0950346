import type { Logger } from 'pino';
import type { IngestDeps } from '../../ingest/context.ts';
import { registerIngest } from '../../ingest/routes.ts';
import { heartbeat, type HeartbeatOptions } from '../../scheduler/heartbeat.ts';
import type { Job } from '../../scheduler/job.ts';
import { releaseJob } from '../../scheduler/release-job.ts';
import { retentionJob } from '../../scheduler/retention-job.ts';
import { seriesJob, type SeriesJobOptions } from '../../scheduler/series-job.ts';
import { Scheduler, type SchedulerOptions } from '../../scheduler/scheduler.ts';
import { verifyJob } from '../../scheduler/verify-job.ts';
import { NodeCron } from '../../shared/adapters/cron/node-cron.ts';
import { BUILT_IN_WORKFLOW } from '../../shared/core/catalogue/built-in.ts';
import type { Schedule } from '../../shared/core/job/schedule.ts';
import type { KpiStore } from '../../shared/ports/kpi-store.ts';
import { createLogger } from '../../shared/runtime/logging.ts';
import type { Metrics } from '../../shared/runtime/metrics.ts';
import { createApp } from '../../wallboard/server.ts';
import { settledBy } from '../commands/settled.ts';
import { verifySource } from '../verify/source.ts';
import type { HeartbeatPlan, StatusReport } from '../wiring.ts';
import { heartbeatObserverOf, jobObserverOf } from './observer.ts';

/** Late enough for the day before to be final, early enough for whoever comes in the morning. */
const CHECK_TIME = '30 2 * * *';
/** Behind the check, which then still has all that it looks at. */
const EXPIRY_TIME = '30 4 * * *';
/** As often as anybody would look. */
const MINUTELY = '* * * * *';

/** The scheduler with its jobs. `status`: how far the folds are. */
export function schedulerOf(
  plan: HeartbeatPlan,
  {
    metrics,
    logger,
    status,
    releaseDue,
    dropExpired,
    catalogue,
    ...shared
  }: Omit<HeartbeatOptions, 'schedule' | 'receiver' | 'observer'> & {
    readonly store: SchedulerOptions['store'] & Pick<KpiStore, 'query'> & SeriesJobOptions['store'];
    readonly metrics: Metrics;
    readonly logger: Logger;
    readonly status: () => Promise<StatusReport>;
    /** Lets go what of the quarantine is due; gives how many. */
    readonly releaseDue: (signal: AbortSignal) => Promise<number>;
    /** Removes what expired from the archive; gives how many periods. */
    readonly dropExpired: (signal: AbortSignal) => Promise<number>;
    readonly catalogue: SeriesJobOptions['catalogue'];
  },
): Scheduler {
  const observer = metrics.observeHeartbeat(heartbeatObserverOf(logger));
  const { job, watch } = heartbeat({ ...plan, ...shared, observer });
  const jobs = metrics.observeJobs(jobObserverOf(logger));
  return new Scheduler({
    ...shared,
    jobs: [
      job,
      nightlyCheck(shared.store, status),
      releaseJob(utc(MINUTELY), releaseDue),
      retentionJob(utc(EXPIRY_TIME), dropExpired),
      seriesJob(utc(MINUTELY), { store: shared.store, clock: shared.clock, catalogue }),
    ],
    heartbeat: watch,
    observer: jobs,
  });
}

function utc(time: string): Schedule {
  return { pattern: new NodeCron().read(time), zone: 'UTC' };
}

/** Compares the values of the day before with the archived events. */
function nightlyCheck(store: Pick<KpiStore, 'query'>, status: () => Promise<StatusReport>): Job {
  const query = (sql: string, format: string): Promise<Uint8Array> => store.query(sql, format);
  return verifyJob(utc(CHECK_TIME), verifySource({ query, status, settled: () => settledBy(status, () => {}) }));
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
