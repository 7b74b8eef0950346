import type { FoldObserver, HinderedStep } from './fold-observer.ts';
import type { FoldTask } from './fold-task.ts';

/** Keeps what each task fails at, so that its end is told too: a place that nothing more comes to says nothing else. */
export class Hindrances<Task extends FoldTask> {
  private readonly steps = new Map<Task, HinderedStep>();
  private readonly observer: FoldObserver;

  constructor(observer: FoldObserver) {
    this.observer = observer;
  }

  failed(task: Task, step: HinderedStep, error: unknown): void {
    this.over(task, step);
    this.steps.set(task, step);
    this.observer.failed(task.stage, step, error, task);
  }

  /** It does what it failed at, or is let go. `except`: a step that fails again. */
  over(task: Task, except?: HinderedStep): void {
    const step = this.steps.get(task);
    if (step === undefined || step === except) return;
    this.steps.delete(task);
    this.observer.recovered(task, step);
  }
}
