import type { Workflow } from '../catalogue/catalogue.ts';
import { CORRECT, type WorkflowEvent } from '../event.ts';
import { type FieldNames, type Rejection, toEvent } from './json-mapping-field.ts';
import { compositeKey } from './row-identity.ts';

/** The version of CloudEvents that is read. */
export const SPEC_VERSION = '1.0';

const NAMES: FieldNames = {
  caseId: 'subject',
  id: 'id',
  activity: 'type',
  time: 'time',
  value: 'data.value',
  dimensions: 'data.dimensions',
  target: 'data.target',
  as: 'data.activity',
};

/**
 * The event of a CloudEvent in its structured form: case = subject, activity = type, id = source and id together,
 * value and dimensions from data. Gives why it is none otherwise.
 */
export function readCloudEvent(item: unknown, workflow: Workflow): WorkflowEvent | Rejection {
  if (!isObject(item)) return rejection('', 'it must be a JSON object');
  if (item['specversion'] !== SPEC_VERSION) return rejection('specversion', `it must be "${SPEC_VERSION}"`);
  for (const field of ['source', 'id', 'type', 'subject', 'time'] as const) {
    if (typeof item[field] !== 'string' || item[field] === '')
      return rejection(field, 'it must be a text that is not empty');
  }
  if (!isAbsent(item['data_base64'])) return rejection('data_base64', 'binary data is not read; send JSON in data');
  const data = item['data'] ?? {};
  if (!isObject(data)) return rejection('data', 'it must be a JSON object');
  const source = item['source'] as string;
  const target = targetOf(source, data);
  if (typeof target === 'object' && target !== null) return target;
  return toEvent(
    workflow.name,
    {
      caseId: item['subject'],
      id: compositeKey([source, item['id'] as string]),
      activity: item['type'],
      time: item['time'],
      timeFormat: 'rfc3339',
      value: own(data, 'value'),
      dimensions: isAbsent(own(data, 'dimensions')) ? listedDimensions(data, workflow) : own(data, 'dimensions'),
      target,
      as: item['type'] === CORRECT ? own(data, 'activity') : null,
    },
    NAMES,
  );
}

/** `target` is the id of a CloudEvent of the same source, or of `targetSource` where that is given. */
function targetOf(source: string, data: Readonly<Record<string, unknown>>): string | null | Rejection {
  const id = own(data, 'target');
  if (isAbsent(id)) return null;
  if (typeof id !== 'string' || id === '') return rejection('data.target', 'it must be the id of a CloudEvent');
  const from = own(data, 'targetSource') ?? source;
  if (typeof from !== 'string' || from === '')
    return rejection('data.targetSource', 'it must be the source of a CloudEvent');
  return compositeKey([from, id]);
}

/** The fields of data that are dimensions of the workflow and hold one text, number or boolean. */
function listedDimensions(data: Readonly<Record<string, unknown>>, { dimensions }: Workflow): Record<string, unknown> {
  return Object.fromEntries(
    dimensions.map((name) => [name, own(data, name)]).filter(([, value]) => typeof value !== 'object'),
  );
}

function rejection(field: string, reason: string): Rejection {
  return { code: 'EVENT_INVALID', field, reason };
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isAbsent(value: unknown): boolean {
  return value === undefined || value === null;
}

function own(data: Readonly<Record<string, unknown>>, name: string): unknown {
  return Object.hasOwn(data, name) ? data[name] : undefined;
}
