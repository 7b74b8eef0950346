import type { Workflow } from '../../shared/core/catalogue/catalogue.ts';
import { listed } from '../../shared/core/catalogue/catalogue-problem.ts';
import { type ErrorCode, TaktError } from '../../shared/core/errors.ts';
import type { JsonMapping } from '../../shared/core/ingest/json-mapping.ts';
import { PLAIN_MAPPING } from '../../shared/core/ingest/json-mapping-read.ts';
import { mapRow } from '../../shared/core/ingest/mapping-row.ts';
import type { MqttSource } from '../../shared/core/ingest/mqtt-plan.ts';
import { rowHash } from '../../shared/core/ingest/row-identity.ts';
import type { LetterCells } from '../../shared/core/messages.ts';
import type { DeadLetterRow } from '../../shared/ports/kpi-rows.ts';
import { type Batch, parseBody } from '../batch.ts';
import { INGEST_LIMITS } from '../limits.ts';
import { INTAKE_LIMITS } from '../messages/intake-limits.ts';
import { readMessage } from '../messages/read-message.ts';
import { readItems, type ReadItems } from '../read-items.ts';
import { workflowUnknown } from '../workflow-unknown.ts';
import type { GivenMapping } from './given-mapping.ts';

/** What dead letters are read with. */
export interface LetterReading {
  readonly workflows: ReadonlyMap<string, Workflow>;
  /** Of plain JSON, by name. */
  readonly mappings: ReadonlyMap<string, JsonMapping>;
  /** What reads messages of the MQTT broker; empty: this takt reads from none. */
  readonly sources: readonly MqttSource[];
  /** Instead of the mappings in force. */
  readonly given: GivenMapping | null;
  readonly nowMs: number;
}

const MQTT = 'mqtt:';
const IMPORT = 'import:';
const JSON_ITEM = /^http:json(?::(.*))?$/s;

/**
 * Reads a dead letter as what it came from is read now: its events have the ids that they would have had. Never throws:
 * what is no event, or cannot be read here, is rejected with its reason.
 */
export function readLetter(letter: DeadLetterRow, reading: LetterReading): ReadItems {
  const { source, content, code: before } = letter;
  try {
    if (before === 'EVENT_TOO_LATE')
      return refused(
        before,
        'it is older than what its workflow keeps, and that never goes back: takt reject sets it aside',
      );
    if (content !== null && content.kind !== 'event') return readRow(content, reading);
    if (source.startsWith(MQTT)) return readPayload(letter, reading);
    if (source === 'http:cloudevents') return readText(letter, reading, null);
    const item = JSON_ITEM.exec(source);
    if (item !== null) return readText(letter, reading, item[1] ?? null);
    if (source.startsWith(IMPORT))
      return refused('ROW_INVALID', 'the row could not be taken apart: mend it in its file and import that again');
    return refused('RECORD_UNREADABLE', `nothing reads again what came from ${source}`);
  } catch (error) {
    // Whatever it is, the letters behind it must not wait for it.
    const code = error instanceof TaktError ? error.code : 'INTERNAL';
    return refused(code, (error as Error).message.replace(/\.$/, ''));
  }
}

/** One item of JSON; a CloudEvent where a mapping is given is read as plain JSON. */
function readText({ workflow, source, raw }: DeadLetterRow, reading: LetterReading, name: string | null): ReadItems {
  const { workflows, mappings, given, nowMs } = reading;
  const { value, raw: textOf } = parseBody(raw, INGEST_LIMITS);
  const isCloudEvent = given === null && source === 'http:cloudevents';
  const batch: Batch = { kind: isCloudEvent ? 'cloudevents' : 'json', items: [value], raw: textOf };
  const known = name === null ? PLAIN_MAPPING : mappings.get(name);
  const mapping = given === null ? known : jsonOf(given);
  if (mapping === undefined) {
    const names = listed([...mappings.keys()]);
    throw new TaktError(
      'MAPPING_INVALID',
      `there is no mapping ${JSON.stringify(name)} any more; there are: ${names}.`,
    );
  }
  // What reads it says where it is from: the same bytes refused again are the same letter.
  return readItems(batch, {
    workflows,
    workflow: workflow === '' ? undefined : workflow,
    mapping: { name, mapping },
    nowMs,
    source,
  });
}

function readPayload({ source, raw, code }: DeadLetterRow, reading: LetterReading): ReadItems {
  const { workflows, sources, given, nowMs } = reading;
  if (code === 'BODY_TOO_LARGE') return refused(code, 'only the first bytes of the message were kept');
  if (sources.length === 0)
    return refused('MQTT_INVALID', 'this takt reads from no MQTT broker; do it where --mqtt is given');
  const mapping = given === null ? null : jsonOf(given);
  const message = {
    topic: source.slice(MQTT.length),
    payload: raw,
    payloadBytes: raw.length,
    acknowledge() {},
    comesAgain: () => false,
  };
  return readMessage(message, {
    sources: mapping === null ? sources : sources.map((each) => ({ ...each, mapping })),
    workflows,
    nowMs,
    limits: INGEST_LIMITS,
    payloadBytesMax: Math.max(raw.length, INTAKE_LIMITS.payloadBytesMax),
  });
}

function readRow(row: LetterCells, { given, workflows }: LetterReading): ReadItems {
  if (given === null)
    return refused('MAPPING_INVALID', 'a row of a file is read with a mapping: give the one of its import, mended');
  const compiled = given.forRow(row);
  if (!workflows.has(compiled.workflow)) throw workflowUnknown(compiled.workflow, workflows.keys());
  const { headers, cells, ordinal } = row;
  const identity = { hash: rowHash(headers, cells), ordinal };
  const mapped = mapRow(compiled, cells, { importId: null, asOfMs: null }, () => identity);
  if ('failure' in mapped) return refused(mapped.failure.code, mapped.failure.reason);
  if (mapped.events.length === 0) return refused('ROW_INVALID', "the mapping's where passes it over");
  return { events: mapped.events, rejected: [], letters: [] };
}

function jsonOf(given: GivenMapping): JsonMapping {
  if (given.json !== null) return given.json;
  throw new TaktError('MAPPING_INVALID', 'the mapping is of rows of a file, and this is JSON.');
}

function refused(code: ErrorCode, reason: string): ReadItems {
  return { events: [], rejected: [{ index: 0, code, field: '', reason }], letters: [] };
}
