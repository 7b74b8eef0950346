import type { FastifyInstance } from 'fastify';
import type { Workflow } from '../shared/core/catalogue.ts';
import { TaktError } from '../shared/core/errors.ts';
import type { WorkflowEvent } from '../shared/core/event.ts';
import type { Clock } from '../shared/ports/clock.ts';
import { readPlainEvent } from './plain-event.ts';

/** Most events of one request. */
export const ITEMS_MAX = 5_000;

interface RejectedItem {
  readonly index: number;
  readonly code: string;
  readonly field: string;
  readonly reason: string;
}

export interface EventRoutes {
  readonly workflows: ReadonlyMap<string, Workflow>;
  /** Resolves once the log has flushed. */
  readonly append: (events: readonly WorkflowEvent[]) => Promise<void>;
  readonly clock: Clock;
}

/**
 * `POST /v1/events?workflow=NAME`: one event or an array of them as JSON. 202 {accepted} once the log has flushed; 400
 * with a reason per rejected item, the others were accepted; 503 with Retry-After when the log cannot take more.
 */
export function registerEventRoutes(app: FastifyInstance, { workflows, append, clock }: EventRoutes): void {
  app.post<{ Querystring: { workflow?: string } }>('/v1/events', async (request, reply) => {
    const workflow = workflowOf(workflows, request.query.workflow);
    const items = Array.isArray(request.body) ? (request.body as unknown[]) : [request.body];
    if (items.length > ITEMS_MAX)
      throw new TaktError(
        'BODY_INVALID',
        `the request has ${items.length} events; at most ${ITEMS_MAX} are taken at once.`,
      );
    const latestMs = clock.nowMs() + workflow.futureLimitMs;
    const events: WorkflowEvent[] = [];
    const rejected: RejectedItem[] = [];
    items.forEach((item, index) => {
      const event = readPlainEvent(item, workflow.name);
      if ('reason' in event) rejected.push({ index, code: 'EVENT_INVALID', ...event });
      else if (event.timeMs > latestMs)
        rejected.push({
          index,
          code: 'EVENT_TOO_FAR_AHEAD',
          field: 'time',
          reason: `it is more than ${workflow.futureLimitMs / 1000} s ahead of this clock`,
        });
      else events.push(event);
    });
    await append(events);
    if (rejected.length === 0) return reply.code(202).send({ accepted: events.length });
    return reply.code(400).send({ accepted: events.length, rejected });
  });
}

function workflowOf(workflows: ReadonlyMap<string, Workflow>, name: string | undefined): Workflow {
  const names = [...workflows.keys()];
  const workflow = workflows.get(name ?? (names.length === 1 ? names[0]! : ''));
  if (workflow !== undefined) return workflow;
  throw new TaktError(
    'WORKFLOW_UNKNOWN',
    `${name === undefined ? 'the request names no workflow' : `there is no workflow ${JSON.stringify(name)}`}; add ?workflow=NAME with one of: ${names.join(', ')}.`,
  );
}
