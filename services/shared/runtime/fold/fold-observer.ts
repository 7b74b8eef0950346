import type { FoldTask } from './fold-task.ts';

/** A step that fails for one task alone, while the others go on. */
export type HinderedStep = 'restore' | 'read' | 'decode';

/** What the runner tells about its work, for metrics and logs. */
export interface FoldObserver {
  applied(task: FoldTask, records: number): void;
  published(stage: string, records: number, durationMs: number): void;
  stored(stage: string, rows: number, durationMs: number): void;
  /** `task`: where it concerns one alone. */
  failed(stage: string, step: HinderedStep | 'apply' | 'publish' | 'store', error: unknown, task?: FoldTask): void;
  /** A task does again what it failed at, or is let go. */
  recovered(task: FoldTask, step: HinderedStep): void;
}
