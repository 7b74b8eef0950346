import type { WorkflowEvent } from './event.ts';
import { TaktError } from './errors.ts';
import { type FieldNames, type FoundEvent, type Rejection, type TimeFormat, toEvent } from './json-mapping-field.ts';
import { compositeKey } from './row-identity.ts';

/** Where a part of an event stands in a JSON object, or a text that is the same in all. */
export type JsonSource =
  | { readonly kind: 'path'; readonly path: readonly string[]; readonly text: string }
  | { readonly kind: 'constant'; readonly value: string };

/** How plain JSON becomes events. Several sources of a case or an id are joined length-prefixed. */
export interface JsonMapping {
  readonly workflow: JsonSource | null;
  readonly case: readonly JsonSource[];
  readonly activity: JsonSource;
  readonly time: JsonSource;
  readonly timeFormat: TimeFormat;
  readonly id: readonly JsonSource[];
  readonly value: JsonSource | null;
  /** The object that holds the dimensions, or a source of each. */
  readonly dimensions: JsonSource | ReadonlyMap<string, JsonSource>;
  readonly target: JsonSource | null;
  readonly as: JsonSource | null;
}

const TIME_FORMATS: readonly TimeFormat[] = ['rfc3339', 'epoch-ms', 'epoch-s'];
const REQUIRED = ['case', 'activity', 'time', 'id'] as const;
const KEYS = ['workflow', ...REQUIRED, 'timeFormat', 'value', 'dimensions', 'target', 'as'];
/** Most steps of a path, most sources of a case or an id. */
const PARTS_MAX = 32;

/** takt's own plain JSON: each part under its own name. */
export const PLAIN_MAPPING: JsonMapping = readJsonMapping({
  workflow: 'workflow',
  case: 'case',
  activity: 'activity',
  time: 'time',
  id: 'id',
  value: 'value',
  dimensions: 'dimensions',
  target: 'target',
  as: 'as',
});

/**
 * Reads a mapping: {case, activity, time, id, value, dimensions, target, as, workflow, timeFormat}. A source is a JSON
 * pointer (`/issue/key`), a dotted path (`issue.key`) or `{"const": "text"}`; case and id may be lists of them;
 * dimensions is the path of an object or an object of sources. Throws MAPPING_INVALID.
 */
export function readJsonMapping(source: unknown): JsonMapping {
  if (typeof source !== 'object' || source === null || Array.isArray(source))
    return invalid('the mapping', 'it must be an object');
  const map = new Map<string, unknown>(Object.entries(source));
  for (const key of map.keys()) if (!KEYS.includes(key)) invalid(key, `it is unknown; known: ${KEYS.join(', ')}`);
  for (const key of REQUIRED) if (!map.has(key)) invalid(key, 'it is missing');
  const optional = (key: string): JsonSource | null => (map.has(key) ? sourceOf(key, map.get(key)) : null);
  const timeFormat = (map.get('timeFormat') ?? 'rfc3339') as TimeFormat;
  if (!TIME_FORMATS.includes(timeFormat)) invalid('timeFormat', `it must be one of ${TIME_FORMATS.join(', ')}`);
  return {
    workflow: optional('workflow'),
    case: sourcesOf('case', map.get('case')),
    activity: sourceOf('activity', map.get('activity')),
    time: sourceOf('time', map.get('time')),
    timeFormat,
    id: sourcesOf('id', map.get('id')),
    value: optional('value'),
    dimensions: dimensionSources(map.get('dimensions')),
    target: optional('target'),
    as: optional('as'),
  };
}

/** The workflow that an item names; undefined where it names none. */
export function workflowNamed(mapping: JsonMapping, item: unknown): unknown {
  return mapping.workflow === null ? undefined : lookUp(mapping.workflow, item);
}

/** The event of an item, or why it is none. */
export function mapJson(mapping: JsonMapping, item: unknown, workflow: string): WorkflowEvent | Rejection {
  if (typeof item !== 'object' || item === null || Array.isArray(item))
    return { code: 'EVENT_INVALID', field: '', reason: 'it must be a JSON object' };
  const at = (source: JsonSource | null): unknown => (source === null ? null : lookUp(source, item));
  const found: FoundEvent = {
    caseId: joined(mapping.case, item),
    id: joined(mapping.id, item),
    activity: at(mapping.activity),
    time: at(mapping.time),
    timeFormat: mapping.timeFormat,
    value: at(mapping.value),
    dimensions: isSource(mapping.dimensions)
      ? at(mapping.dimensions)
      : Object.fromEntries([...mapping.dimensions].map(([name, source]) => [name, at(source)])),
    target: at(mapping.target),
    as: at(mapping.as),
  };
  return toEvent(workflow, found, namesOf(mapping));
}

function invalid(key: string, why: string): never {
  throw new TaktError('MAPPING_INVALID', `the JSON mapping: ${key}: ${why}.`);
}

function sourceOf(key: string, value: unknown): JsonSource {
  if (typeof value === 'string' && value !== '') {
    const path = value.startsWith('/')
      ? value
          .slice(1)
          .split('/')
          .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'))
      : value.split('.');
    if (path.length > PARTS_MAX) invalid(key, `its path has ${path.length} steps; at most ${PARTS_MAX}`);
    return { kind: 'path', path, text: value };
  }
  const constant = typeof value === 'object' && value !== null ? (value as { const?: unknown }).const : undefined;
  if (typeof constant === 'string') return { kind: 'constant', value: constant };
  return invalid(key, 'it must be a path such as /issue/key or issue.key, or {"const": "text"}');
}

function sourcesOf(key: string, value: unknown): JsonSource[] {
  if (!Array.isArray(value)) return [sourceOf(key, value)];
  if (value.length === 0 || value.length > PARTS_MAX) invalid(key, `it must have 1 to ${PARTS_MAX} parts`);
  return value.map((part: unknown, index) => sourceOf(`${key}[${index}]`, part));
}

function dimensionSources(value: unknown): JsonMapping['dimensions'] {
  if (value === undefined) return new Map();
  if (typeof value !== 'object' || value === null) return sourceOf('dimensions', value);
  return new Map(Object.entries(value).map(([name, part]) => [name, sourceOf(`dimensions.${name}`, part)]));
}

function isSource(dimensions: JsonMapping['dimensions']): dimensions is JsonSource {
  return 'kind' in dimensions;
}

/** Only own properties: `constructor` is no field of a request. */
function lookUp(source: JsonSource, item: unknown): unknown {
  if (source.kind === 'constant') return source.value;
  let at = item;
  for (const step of source.path) {
    if (typeof at !== 'object' || at === null || !Object.hasOwn(at, step)) return undefined;
    at = (at as Record<string, unknown>)[step];
  }
  return at;
}

/** The only part as it stands; several length-prefixed, so that no two lists give the same text. */
function joined(sources: readonly JsonSource[], item: unknown): unknown {
  const parts = sources.map((source) => lookUp(source, item));
  if (parts.length === 1) return parts[0];
  const texts = parts.filter((part) => typeof part === 'string' || (typeof part === 'number' && Number.isFinite(part)));
  return texts.length === parts.length ? compositeKey(texts.map(String)) : undefined;
}

/** Names of the fields in reasons: where the sender wrote them. */
function namesOf(mapping: JsonMapping): FieldNames {
  const name = (source: JsonSource | null, otherwise: string): string =>
    source?.kind === 'path' ? source.text : otherwise;
  return {
    caseId: mapping.case.map((source) => name(source, 'case')).join(' + '),
    id: mapping.id.map((source) => name(source, 'id')).join(' + '),
    activity: name(mapping.activity, 'activity'),
    time: name(mapping.time, 'time'),
    value: name(mapping.value, 'value'),
    dimensions: isSource(mapping.dimensions) ? name(mapping.dimensions, 'dimensions') : 'dimensions',
    target: name(mapping.target, 'target'),
    as: name(mapping.as, 'as'),
  };
}
