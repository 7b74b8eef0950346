import type { Workflow } from '../shared/core/catalogue/catalogue.ts';
import type { WorkflowEvent } from '../shared/core/event.ts';
import type { JsonMapping } from '../shared/core/ingest/json-mapping.ts';
import type { Letters } from '../shared/core/letters/letters.ts';
import type { DeadLetter } from '../shared/core/messages.ts';
import type { Clock } from '../shared/ports/clock.ts';
import type { Metrics } from '../shared/runtime/metrics.ts';
import type { IngestLimits } from './limits.ts';
import type { RequestGate } from './request-gate.ts';

export interface IngestDeps {
  readonly workflows: () => ReadonlyMap<string, Workflow>;
  /** Resolves once the log has flushed. Throws LOG_FULL or OVERLOADED, which are answered 503. */
  readonly append: (events: readonly WorkflowEvent[]) => Promise<void>;
  readonly deadLetter: (letters: readonly DeadLetter[]) => Promise<void>;
  /** Writes one side of an import's bracket into every partition of its workflow. */
  readonly importBracket: (
    workflow: string,
    importId: string,
    phase: 'begin' | 'end',
    maxEventMs: number | null,
  ) => Promise<void>;
  /** Mappings of plain JSON by name. */
  readonly mappings: ReadonlyMap<string, JsonMapping>;
  readonly clock: Clock;
  readonly metrics: Metrics;
  /** Where dead letters are looked at and taken in again; absent: no such routes. */
  readonly letters?: Letters;
  /** SHA-256 of the API key in hex; null: no key, and only requests addressed to loopback are answered. */
  readonly keyHash: string | null;
  /** Default INGEST_LIMITS. */
  readonly limits?: Partial<IngestLimits>;
}

/** What the routes share. */
export interface IngestContext extends IngestDeps {
  readonly bounds: IngestLimits;
  readonly gate: RequestGate;
}

/** Appends events and counts them by workflow; resolves once the log has flushed. */
export async function appendEvents(
  { append, clock, metrics, workflows }: Pick<IngestDeps, 'append' | 'clock' | 'metrics' | 'workflows'>,
  events: readonly WorkflowEvent[],
): Promise<void> {
  if (events.length === 0) return;
  const startMs = clock.nowMs();
  await append(events);
  metrics.appended(Math.max(0, clock.nowMs() - startMs));
  const counts = new Map<string, number>();
  for (const { workflow } of events) counts.set(workflow, (counts.get(workflow) ?? 0) + 1);
  for (const [workflow, count] of counts) {
    metrics.eventsAccepted(workflow, count);
    const listed = workflows().get(workflow)?.activities ?? [];
    const others = events.filter((event) => event.workflow === workflow && isUnlisted(event, listed)).length;
    if (others > 0) metrics.activitiesUnlisted(workflow, others);
  }
}

function isUnlisted({ kind, activity }: WorkflowEvent, listed: readonly string[]): boolean {
  return kind !== 'void' && !listed.includes(activity);
}
