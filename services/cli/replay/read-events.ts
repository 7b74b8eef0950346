import { readCloudEvent } from '../../shared/core/ingest/cloudevent.ts';
import { TaktError } from '../../shared/core/errors.ts';
import type { Workflow } from '../../shared/core/catalogue/catalogue.ts';
import type { WorkflowEvent } from '../../shared/core/event.ts';
import { mapJson, workflowNamed } from '../../shared/core/ingest/json-mapping.ts';
import { PLAIN_MAPPING } from '../../shared/core/ingest/json-mapping-read.ts';
import type { Rejection } from '../../shared/core/ingest/json-mapping-field.ts';
import { importFile } from '../import/import-file.ts';
import type { ImportOptions } from '../import/import-options.ts';
import { inspectFile, readText } from '../import/text-stream.ts';

/** Most events that are replayed at once: they are put in the order of their time in memory. */
export const REPLAY_EVENTS_MAX = 2_000_000;
/** Reasons of lines left out that are told. */
const REASONS_KEPT_MAX = 3;

/** The events of a file in the order of their time, and what of it is no event. */
export interface ReplayEvents {
  readonly events: readonly WorkflowEvent[];
  readonly leftOut: number;
  readonly reasons: readonly string[];
}

/** Reads a CSV or XES file through a mapping. Throws what an import throws, and USAGE above REPLAY_EVENTS_MAX. */
export async function readMappedEvents(options: ImportOptions): Promise<ReplayEvents> {
  const events: WorkflowEvent[] = [];
  let leftOut = 0;
  const reasons: string[] = [];
  await importFile(options, {
    async begin() {},
    async events(batch) {
      // They come as if they happened now: not as those of an import.
      for (const event of batch) events.push({ ...event, importId: null });
      checkCount(options.path, events.length);
    },
    async deadLetters(letters) {
      leftOut += letters.length;
      for (const { reason } of letters) if (reasons.length < REASONS_KEPT_MAX) reasons.push(reason);
    },
    async end() {},
  });
  return { events: inOrder(events), leftOut, reasons };
}

/**
 * Reads a file of JSON lines, gzipped or not: each a CloudEvent, or takt's own fields (docs/http-api.md). `named` is the
 * workflow of lines that name none. Throws FILE_UNREADABLE, FILE_ENCODING, USAGE above REPLAY_EVENTS_MAX.
 */
export async function readJsonLines(
  path: string,
  workflows: ReadonlyMap<string, Workflow>,
  named: string | null,
): Promise<ReplayEvents> {
  const events: WorkflowEvent[] = [];
  let leftOut = 0;
  const reasons: string[] = [];
  let number = 0;
  for await (const line of linesOf(path)) {
    number += 1;
    if (line.trim() === '') continue;
    const read = readLine(line, workflows, named);
    if ('workflow' in read) events.push(read);
    else {
      leftOut += 1;
      if (reasons.length < REASONS_KEPT_MAX) reasons.push(`line ${number}: ${read.field} ${read.reason}`);
    }
    checkCount(path, events.length);
  }
  return { events: inOrder(events), leftOut, reasons };
}

function readLine(
  line: string,
  workflows: ReadonlyMap<string, Workflow>,
  named: string | null,
): WorkflowEvent | Rejection {
  let item: unknown;
  try {
    item = JSON.parse(line);
  } catch (error) {
    return { code: 'BODY_INVALID', field: '', reason: `is no JSON: ${(error as Error).message}` };
  }
  const isCloudEvent = typeof item === 'object' && item !== null && 'specversion' in item;
  const wanted =
    (isCloudEvent ? (item as { workflow?: unknown }).workflow : workflowNamed(PLAIN_MAPPING, item)) ?? named;
  const workflow = typeof wanted === 'string' ? workflows.get(wanted) : undefined;
  if (workflow === undefined) {
    const known = [...workflows.keys()].join(', ');
    return { code: 'WORKFLOW_UNKNOWN', field: 'workflow', reason: `is ${JSON.stringify(wanted)}; there is ${known}` };
  }
  return isCloudEvent ? readCloudEvent(item, workflow) : mapJson(PLAIN_MAPPING, item, workflow.name);
}

async function* linesOf(path: string): AsyncGenerator<string> {
  let rest = '';
  for await (const text of readText(await inspectFile(path), 'utf-8')) {
    const lines = (rest + text).split('\n');
    rest = lines.pop()!;
    yield* lines;
  }
  yield rest;
}

function checkCount(path: string, count: number): void {
  if (count <= REPLAY_EVENTS_MAX) return;
  throw new TaktError(
    'USAGE',
    `${path} has more than ${REPLAY_EVENTS_MAX} events; replay a part of it, or read all of it with takt import.`,
  );
}

/** Equal times keep the order of the file. */
function inOrder(events: WorkflowEvent[]): WorkflowEvent[] {
  return events.sort((a, b) => a.timeMs - b.timeMs);
}
