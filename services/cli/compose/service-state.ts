import type { FailingStep } from '../../shared/runtime/failing-steps.ts';
import type { StatusReport } from '../wiring.ts';

/** What a service tells about itself now. */
export interface ServiceState {
  readonly ready: boolean;
  /** Why it is not ready. */
  readonly reasons: readonly string[];
  readonly tasks: StatusReport['tasks'];
  /** Null where nothing is sent from here. */
  readonly notifications: StatusReport['notifications'] | null;
  readonly jobs: StatusReport['jobs'];
  readonly heartbeat: StatusReport['heartbeat'];
  readonly sources: StatusReport['sources'];
  /** Why no heartbeat comes through the line, where this process watches over it; null: it does, or another watches. */
  readonly stoppedLine: string | null;
  /** The latest append time that its folds have seen, milliseconds UTC; 0: none. */
  readonly logMs: number;
}

/** What every service tells that has nothing more to say. */
export const PLAIN_STATE: ServiceState = {
  ready: true,
  reasons: [],
  tasks: [],
  notifications: null,
  jobs: [],
  heartbeat: null,
  sources: [],
  stoppedLine: null,
  logMs: 0,
};

/** What a process tells: the content of its row in `services`. */
export interface PresenceContent {
  readonly pid: number;
  readonly url: string;
  /** Milliseconds UTC. */
  readonly startedMs: number;
  readonly state: ServiceState;
  readonly failing: readonly FailingStep[];
  /** What made it halt; null while it works. */
  readonly halted: string | null;
  /** It has ended as it was told to. */
  readonly ended?: boolean;
}
