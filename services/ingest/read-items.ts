import { createHash } from 'node:crypto';
import type { Workflow } from '../shared/core/catalogue/catalogue.ts';
import { didYouMean, listed } from '../shared/core/catalogue/catalogue-problem.ts';
import { readCloudEvent } from '../shared/core/ingest/cloudevent.ts';
import { TaktError } from '../shared/core/errors.ts';
import type { WorkflowEvent } from '../shared/core/event.ts';
import { heldEvent } from '../shared/core/letters/held-event.ts';
import { type ItemContext, type JsonMapping, mapJson, workflowNamed } from '../shared/core/ingest/json-mapping.ts';
import { isRejection, type Rejection } from '../shared/core/ingest/json-mapping-field.ts';
import type { DeadLetter } from '../shared/core/messages.ts';
import type { Batch } from './batch.ts';

/** An item that is no event, by its place in the request. */
export interface RejectedItem extends Rejection {
  readonly index: number;
  /** It waits in quarantine, as a dead letter that is let go by itself at `releaseAt`. Only of events too far ahead. */
  readonly quarantined?: true;
  /** RFC 3339. */
  readonly releaseAt?: string;
}

/** An event whose time is too far ahead of the clock. */
interface TooFarAhead extends Rejection {
  readonly event: WorkflowEvent;
  readonly releaseMs: number;
}

/** What became of the items of a request. */
export interface ReadItems {
  readonly events: readonly WorkflowEvent[];
  readonly rejected: readonly RejectedItem[];
  /** The rejected items as they were sent. */
  readonly letters: readonly DeadLetter[];
}

export interface ItemReading {
  readonly workflows: ReadonlyMap<string, Workflow>;
  /** The workflow that the request names; undefined: each item names its own, or there is only one. */
  readonly workflow: string | undefined;
  readonly mapping: { readonly name: string | null; readonly mapping: JsonMapping };
  readonly nowMs: number;
  /** What the way in adds to an item of plain JSON; absent: nothing. */
  readonly context?: (item: unknown, index: number) => ItemContext;
  /** Where dead letters say that they came from; absent: HTTP and the mapping. */
  readonly source?: string;
}

/** Reads every item. Throws WORKFLOW_UNKNOWN when the request names a workflow that the catalogue does not have. */
export function readItems(batch: Batch, reading: ItemReading): ReadItems {
  const { workflows, workflow: named } = reading;
  if (named !== undefined && !workflows.has(named)) throw new TaktError('WORKFLOW_UNKNOWN', unknown(workflows, named));
  const events: WorkflowEvent[] = [];
  const rejected: RejectedItem[] = [];
  const letters: DeadLetter[] = [];
  batch.items.forEach((item, index) => {
    const wanted = named ?? namedBy(batch, item, reading);
    const workflow = workflowOf(workflows, wanted);
    const read = workflow === null ? unknownWorkflow(workflows, wanted) : readOne(batch, index, workflow, reading);
    if (!isRejection(read)) {
      events.push(read);
      return;
    }
    const { code, field, reason } = read;
    const held = isTooFarAhead(read) ? ({ quarantined: true, releaseAt: isoTime(read.releaseMs) } as const) : {};
    rejected.push({ index, code, field, reason, ...held });
    letters.push(letterOf(batch, index, workflow?.name ?? '', reading, read));
  });
  return { events, rejected, letters };
}

function readOne(
  batch: Batch,
  index: number,
  workflow: Workflow,
  { mapping, nowMs, context }: ItemReading,
): WorkflowEvent | Rejection | TooFarAhead {
  const item = batch.items[index];
  const read =
    batch.kind === 'cloudevents'
      ? readCloudEvent(item, workflow)
      : mapJson(mapping.mapping, item, workflow.name, context?.(item, index));
  if (isRejection(read) || read.timeMs <= nowMs + workflow.futureLimitMs) return read;
  return {
    code: 'EVENT_TOO_FAR_AHEAD',
    field: 'time',
    reason: `it is more than ${workflow.futureLimitMs / 1000} s ahead of the clock of takt (${isoTime(nowMs)}); it waits in quarantine, see takt release`,
    event: read,
    releaseMs: read.timeMs - workflow.futureLimitMs,
  };
}

function isTooFarAhead(rejection: Rejection | TooFarAhead): rejection is TooFarAhead {
  return 'releaseMs' in rejection;
}

function isoTime(timeMs: number): string {
  return new Date(timeMs).toISOString();
}

function namedBy(batch: Batch, item: unknown, { mapping }: ItemReading): unknown {
  if (typeof item !== 'object' || item === null) return undefined;
  if (batch.kind === 'json') return workflowNamed(mapping.mapping, item);
  return Object.hasOwn(item, 'workflow') ? (item as { workflow: unknown }).workflow : undefined;
}

function workflowOf(workflows: ReadonlyMap<string, Workflow>, wanted: unknown): Workflow | null {
  if (typeof wanted === 'string') return workflows.get(wanted) ?? null;
  const [only, second] = workflows.values();
  return wanted === undefined && second === undefined ? (only ?? null) : null;
}

function unknownWorkflow(workflows: ReadonlyMap<string, Workflow>, wanted: unknown): Rejection {
  return { code: 'WORKFLOW_UNKNOWN', field: 'workflow', reason: unknown(workflows, wanted) };
}

const NAME_SHOWN_CHARS_MAX = 100;

function unknown(workflows: ReadonlyMap<string, Workflow>, wanted: unknown): string {
  const names = [...workflows.keys()];
  const known = `the catalogue has ${listed(names)}`;
  if (typeof wanted !== 'string') return `the item names no workflow; ${known}: name one there or with ?workflow=NAME`;
  const shown = wanted.slice(0, NAME_SHOWN_CHARS_MAX);
  return `there is no workflow ${JSON.stringify(shown)}${didYouMean(shown, names)}; ${known}`;
}

function letterOf(
  batch: Batch,
  index: number,
  workflow: string,
  { mapping, source: named }: ItemReading,
  rejection: Rejection | TooFarAhead,
): DeadLetter {
  const { code, field, reason } = rejection;
  const source =
    named ?? `http:${batch.kind}${batch.kind === 'json' && mapping.name !== null ? `:${mapping.name}` : ''}`;
  const raw = Buffer.from(batch.raw(index));
  const id = createHash('sha256').update(`${source.length}:${source}`).update(raw).digest('hex').slice(0, 32);
  const why = field === '' ? reason : `${field}: ${reason}`;
  const again = isTooFarAhead(rejection) ? { content: heldEvent(rejection.event) } : {};
  return { id, workflow, source, code, reason: why, rawBase64: raw.toString('base64'), ...again };
}
