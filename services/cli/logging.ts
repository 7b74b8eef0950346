import { type Logger, pino } from 'pino';
import type { FoldObserver } from '../shared/runtime/fold/fold-runner.ts';

/** JSON lines on stderr. */
export function createLogger(level: string): Logger {
  return pino({ level, base: null }, pino.destination({ dest: 2, sync: true }));
}

/** Logs what the folds fail at; work that succeeds only at debug. */
export function observerOf(logger: Logger): FoldObserver {
  return {
    applied: (task, records) =>
      logger.debug({ stage: task.stage, topic: task.topic, partition: task.partition, records }, 'applied'),
    published: (stage, records, durationMs) => logger.debug({ stage, records, durationMs }, 'published'),
    stored: (stage, rows, durationMs) => logger.debug({ stage, rows, durationMs }, 'stored'),
    failed: (stage, step, error) =>
      logger.error(
        { stage, step, code: (error as { code?: unknown }).code, reason: (error as Error).message },
        'a step failed; it is tried again',
      ),
  };
}
