import type { Logger } from 'pino';
import type { IntakeObserver } from '../../ingest/messages/message-intake.ts';
import type { NotifyEffect } from '../../shared/core/notify/notify-state.ts';
import type { SourceObserver } from '../../shared/ports/message-source.ts';
import type { FoldObserver } from '../../shared/runtime/fold/fold-observer.ts';

/** Logs what the folds fail at; work that succeeds only at debug. */
export function observerOf(logger: Logger): FoldObserver {
  return {
    applied: (task, records) =>
      logger.debug({ stage: task.stage, topic: task.topic, partition: task.partition, records }, 'applied'),
    published: (stage, records, durationMs) => logger.debug({ stage, records, durationMs }, 'published'),
    stored: (stage, rows, durationMs) => logger.debug({ stage, rows, durationMs }, 'stored'),
    failed: (stage, step, error, task) =>
      logger.error(
        {
          stage,
          step,
          ...(task === undefined ? {} : { topic: task.topic, partition: task.partition }),
          reason: (error as Error).message,
        },
        'a step failed; it is tried again',
      ),
    recovered: ({ stage, topic, partition }, step) => logger.info({ stage, step, topic, partition }, 'a step goes on'),
  };
}

/** Logs notifications that failed: a try as a warning, one that was given up as an error. */
export function notifyObserverOf(logger: Logger): { became(effect: NotifyEffect): void } {
  return {
    became({ rule, channel, state, outgoing: { key, attempts, reason } }) {
      const record = { rule, channel, notification: key, attempts };
      if (state === 'failed') logger.error({ ...record, reason }, 'a notification was given up; nobody was told');
      else if (state === 'delivered') logger.info(record, 'a notification was delivered');
      else if (attempts > 0) logger.warn({ ...record, reason }, 'a notification was not taken; it is tried again');
      else logger.info(record, 'a notification is on its way');
    },
  };
}

/** Logs how runs of jobs end: those that were done only at debug. */
export function jobObserverOf(logger: Logger): {
  ended(job: string, outcome: string, durationMs: number, endedMs: number, reason: string): void;
  failed(job: string, step: string, error: unknown): void;
} {
  return {
    ended(job, outcome, durationMs, _endedMs, reason) {
      if (outcome === 'done') logger.debug({ job, durationMs, reason }, 'a job is done');
      else logger.warn({ job, outcome, durationMs, reason }, 'a job is not done');
    },
    failed: (job, step, error) =>
      logger.error(
        { job, step, reason: (error as Error).message },
        'a run could not be read or stored; it is tried again',
      ),
  };
}

/** Logs what the watch over the heartbeat sees; that all is well only at debug. */
export function heartbeatObserverOf(logger: Logger): {
  beat(roundTripMs: number, timeMs: number): void;
  changed(state: 'stopped' | 'back', reason: string): void;
  told(outcome: 'delivered' | 'failed', state: string, reason: string): void;
} {
  return {
    beat: (roundTripMs) => logger.debug({ roundTripMs }, 'a beat came through the line'),
    changed(state, reason) {
      if (state === 'stopped') logger.error({ reason }, 'the line has stopped');
      else logger.info({ reason }, 'the line runs again');
    },
    told(outcome, state, reason) {
      if (outcome === 'failed') logger.warn({ state, reason }, 'the heartbeat receiver did not take a message');
    },
  };
}

/** Logs when a broker goes away and comes back, each once. */
export function sourceObserverOf(logger: Logger): SourceObserver {
  return {
    connected(sessionKept, again) {
      if (again && !sessionKept)
        logger.warn(
          'the broker is back, but has lost takt’s session: what came in between is missing unless it is sent again',
        );
      else logger.info({ sessionKept }, again ? 'the broker is back' : 'the broker answers');
    },
    away: (reason) => logger.warn({ reason }, 'the broker is away; takt tries again until it answers'),
  };
}

/** Logs when messages cannot be put into the log, and when they can again, each once. */
export function intakeObserverOf(logger: Logger): IntakeObserver {
  return {
    taken(refused) {
      if (refused) logger.debug('a message was refused; it is among the dead letters');
    },
    stuck: (error) =>
      logger.error({ reason: (error as Error).message }, 'the log does not take events; messages wait at the broker'),
    goesOn: () => logger.info('the log takes events again'),
  };
}
