import { call } from '../commands/session.ts';
import { lagOf } from '../lag.ts';
import type { StatusReport } from '../wiring.ts';
import type { SimulatedEvent } from './simulator.ts';

/** Where a demonstration plays: the ingest of a takt. */
export interface Target {
  live(workflow: string, events: readonly SimulatedEvent[]): Promise<void>;
  begin(workflow: string, importId: string): Promise<void>;
  imported(workflow: string, importId: string, events: readonly SimulatedEvent[]): Promise<void>;
  end(workflow: string, importId: string, maxEventMs: number): Promise<void>;
  /** Records that the folds have not read yet. */
  waiting(): Promise<number>;
}

/** The takt at an address, through POST /v1/events and the import API. TAKT_API_KEY is its key. */
export function httpTarget(url: string): Target {
  const place = (workflow: string, importId: string): string => `/v1/imports/${workflow}/${importId}`;
  return {
    async live(workflow, events) {
      const items = events.map(({ caseId, activity, timeMs, id, value, dimensions }) => ({
        case: caseId,
        activity,
        time: new Date(timeMs).toISOString(),
        id,
        dimensions,
        ...(value === null ? {} : { value }),
      }));
      await call(url, `/v1/events?workflow=${workflow}`, items);
    },
    async begin(workflow, importId) {
      await call(url, `${place(workflow, importId)}/begin`, {});
    },
    async imported(workflow, importId, events) {
      const items = events.map((event) => ({ ...event, kind: 'event', target: null }));
      await call(url, `${place(workflow, importId)}/events`, items);
    },
    async end(workflow, importId, maxEventMs) {
      await call(url, `${place(workflow, importId)}/end`, { maxEventMs });
    },
    async waiting() {
      const { tasks } = (await call(url, '/v1/status')) as StatusReport;
      return tasks.reduce((sum, task) => sum + lagOf(task), 0);
    },
  };
}
