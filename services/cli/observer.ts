import type { Logger } from 'pino';
import type { NotifyEffect } from '../shared/core/notify-state.ts';
import type { FoldObserver } from '../shared/runtime/fold/fold-runner.ts';

/** Logs what the folds fail at; work that succeeds only at debug. */
export function observerOf(logger: Logger): FoldObserver {
  return {
    applied: (task, records) =>
      logger.debug({ stage: task.stage, topic: task.topic, partition: task.partition, records }, 'applied'),
    published: (stage, records, durationMs) => logger.debug({ stage, records, durationMs }, 'published'),
    stored: (stage, rows, durationMs) => logger.debug({ stage, rows, durationMs }, 'stored'),
    failed: (stage, step, error) =>
      logger.error({ stage, step, reason: (error as Error).message }, 'a step failed; it is tried again'),
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
