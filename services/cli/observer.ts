import type { Logger } from 'pino';
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
