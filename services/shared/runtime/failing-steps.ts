import type { Clock } from '../ports/clock.ts';
import type { FoldObserver } from './fold/fold-observer.ts';

/** A step of a stage that fails and is tried again. */
export interface FailingStep {
  readonly stage: string;
  readonly step: string;
  readonly code: string;
  readonly reason: string;
  /** Since when it has failed without a success in between, milliseconds UTC. */
  readonly sinceMs: number;
}

/** Keeps which steps of the folds fail now: what status, health and a waiting import say. */
export class FailingSteps {
  private readonly steps = new Map<string, FailingStep>();
  private readonly clock: Clock;

  constructor(clock: Clock) {
    this.clock = clock;
  }

  /** The observer, with this one told first. */
  observe(next: FoldObserver): FoldObserver {
    return {
      applied: (task, records) => {
        this.steps.delete(`${task.stage} apply`);
        next.applied(task, records);
      },
      published: (stage, records, durationMs) => {
        this.steps.delete(`${stage} publish`);
        next.published(stage, records, durationMs);
      },
      stored: (stage, rows, durationMs) => {
        this.steps.delete(`${stage} store`);
        next.stored(stage, rows, durationMs);
      },
      failed: (stage, step, error, task) => {
        this.note(stage, step, error, task);
        next.failed(stage, step, error, task);
      },
      recovered: (task, step) => {
        this.steps.delete(`${task.stage} ${step} ${task.topic}/${task.partition}`);
        next.recovered(task, step);
      },
    };
  }

  private note(stage: string, step: string, error: unknown, task: Parameters<FoldObserver['failed']>[3]): void {
    const { code, message } = error as { code?: unknown; message?: string };
    const key = task === undefined ? `${stage} ${step}` : `${stage} ${step} ${task.topic}/${task.partition}`;
    this.steps.set(key, {
      stage,
      step,
      code: typeof code === 'string' ? code : 'INTERNAL',
      reason: message ?? String(error),
      sinceMs: this.steps.get(key)?.sinceMs ?? this.clock.nowMs(),
    });
  }

  /** The steps that fail now, the longest failing first. */
  now(): FailingStep[] {
    return [...this.steps.values()].sort((a, b) => a.sinceMs - b.sinceMs);
  }
}
