import { compileDateFormats, type ReadDate } from './date-format.ts';
import { TaktError } from '../errors.ts';
import type { JsonMapping, JsonSource } from './json-mapping.ts';
import type { TimeFormat } from './json-mapping-field.ts';
import { zoneName } from '../window/window-calendar.ts';

const TIME_FORMATS: readonly TimeFormat[] = ['rfc3339', 'epoch-ms', 'epoch-s'];
const REQUIRED = ['case', 'activity', 'time', 'id'] as const;
/** The keys of a mapping. */
export const JSON_MAPPING_KEYS: readonly string[] = [
  'workflow',
  ...REQUIRED,
  'timeFormat',
  'zone',
  'value',
  'dimensions',
  'target',
  'as',
];
/** Most steps of a path, most sources of a case or an id. */
const PARTS_MAX = 32;

/** Where takt's own plain JSON has the parts of an event: each under its own name. */
export const OWN_FIELDS = {
  case: 'case',
  activity: 'activity',
  time: 'time',
  id: 'id',
  value: 'value',
  dimensions: 'dimensions',
  target: 'target',
  as: 'as',
} as const;

/** takt's own plain JSON, with the workflow of each item. */
export const PLAIN_MAPPING: JsonMapping = readJsonMapping({ workflow: 'workflow', ...OWN_FIELDS });

/**
 * Reads a mapping: {case, activity, time, id, value, dimensions, target, as, workflow, timeFormat, zone}. A source is a
 * JSON pointer (`/issue/key`), a dotted path (`issue.key`), `{"const": "text"}`, or, where `levels` of a topic have
 * names, `{"topic": "name"}`; case and id may be lists of them; dimensions is the path of an object or an object of
 * sources. Throws MAPPING_INVALID.
 */
export function readJsonMapping(source: unknown, levels: readonly string[] = []): JsonMapping {
  if (typeof source !== 'object' || source === null || Array.isArray(source))
    return invalid('the mapping', 'it must be an object');
  const map = new Map<string, unknown>(Object.entries(source));
  for (const key of map.keys())
    if (!JSON_MAPPING_KEYS.includes(key)) invalid(key, `it is unknown; known: ${JSON_MAPPING_KEYS.join(', ')}`);
  for (const key of REQUIRED) if (!map.has(key)) invalid(key, 'it is missing');
  const optional = (key: string): JsonSource | null => (map.has(key) ? sourceOf(key, map.get(key), levels) : null);
  const timeFormat = (map.get('timeFormat') ?? 'rfc3339') as TimeFormat;
  if (!TIME_FORMATS.includes(timeFormat)) invalid('timeFormat', `it must be one of ${TIME_FORMATS.join(', ')}`);
  return {
    workflow: optional('workflow'),
    case: sourcesOf('case', map.get('case'), levels),
    activity: sourceOf('activity', map.get('activity'), levels),
    time: sourceOf('time', map.get('time'), levels),
    timeFormat,
    readLocal: localOf(map.get('zone'), timeFormat),
    id: sourcesOf('id', map.get('id'), levels),
    value: optional('value'),
    dimensions: dimensionSources(map.get('dimensions'), levels),
    target: optional('target'),
    as: optional('as'),
  };
}

function invalid(key: string, why: string): never {
  throw new TaktError('MAPPING_INVALID', `the JSON mapping: ${key}: ${why}.`);
}

function sourceOf(key: string, value: unknown, levels: readonly string[]): JsonSource {
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
  const level = typeof value === 'object' && value !== null ? (value as { topic?: unknown }).topic : undefined;
  if (typeof level === 'string') {
    if (levels.includes(level)) return { kind: 'topic', level };
    const has = levels.length === 0 ? 'no level of a topic has a name here' : `the topic names ${levels.join(', ')}`;
    invalid(key, `${has}, not ${JSON.stringify(level)}`);
  }
  return invalid(key, 'it must be a path such as /issue/key or issue.key, or {"const": "text"}');
}

function sourcesOf(key: string, value: unknown, levels: readonly string[]): JsonSource[] {
  if (!Array.isArray(value)) return [sourceOf(key, value, levels)];
  if (value.length === 0 || value.length > PARTS_MAX) invalid(key, `it must have 1 to ${PARTS_MAX} parts`);
  return value.map((part: unknown, index) => sourceOf(`${key}[${index}]`, part, levels));
}

function dimensionSources(value: unknown, levels: readonly string[]): JsonMapping['dimensions'] {
  if (value === undefined) return new Map();
  if (typeof value !== 'object' || value === null) return sourceOf('dimensions', value, levels);
  return new Map(Object.entries(value).map(([name, part]) => [name, sourceOf(`dimensions.${name}`, part, levels)]));
}

function localOf(value: unknown, timeFormat: TimeFormat): ReadDate | null {
  if (value === undefined) return null;
  if (timeFormat !== 'rfc3339') invalid('zone', `times written as ${timeFormat} have none`);
  const zone = typeof value === 'string' ? zoneName(value) : null;
  return compileDateFormats(['iso'], zone ?? invalid('zone', 'it must be an IANA name such as Europe/Berlin'));
}
