import type { WorkflowEvent } from '../event.ts';
import type { ReadDate } from './date-format.ts';
import { type FieldNames, type FoundEvent, type Rejection, type TimeFormat, toEvent } from './json-mapping-field.ts';
import { compositeKey } from './row-identity.ts';

/** Where a part of an event stands in a JSON object, a text that is the same in all, or a level of the MQTT topic. */
export type JsonSource =
  | { readonly kind: 'path'; readonly path: readonly string[]; readonly text: string }
  | { readonly kind: 'constant'; readonly value: string }
  | { readonly kind: 'topic'; readonly level: string };

/** How plain JSON becomes events. Several sources of a case or an id are joined length-prefixed. */
export interface JsonMapping {
  readonly workflow: JsonSource | null;
  readonly case: readonly JsonSource[];
  readonly activity: JsonSource;
  readonly time: JsonSource;
  readonly timeFormat: TimeFormat;
  /** Reads times without an offset, in the mapping's zone; null: they are refused. */
  readonly readLocal: ReadDate | null;
  readonly id: readonly JsonSource[];
  readonly value: JsonSource | null;
  /** The object that holds the dimensions, or a source of each. */
  readonly dimensions: JsonSource | ReadonlyMap<string, JsonSource>;
  readonly target: JsonSource | null;
  readonly as: JsonSource | null;
}

/** What the way in adds to an item. */
export interface ItemContext {
  /** Named levels of the topic that it came by. */
  readonly levels: Readonly<Record<string, string>>;
  /** Those of them that are dimensions; they go before the item's own. */
  readonly dimensions: Readonly<Record<string, string>>;
  /** The id of an item that has none; null: it must have one. */
  readonly makeId: (() => string) | null;
}

/** The workflow that an item names; undefined where it names none. */
export function workflowNamed(mapping: JsonMapping, item: unknown): unknown {
  return mapping.workflow === null ? undefined : lookUp(mapping.workflow, item, NO_CONTEXT);
}

const NO_CONTEXT: ItemContext = { levels: {}, dimensions: {}, makeId: null };

/** The levels of a topic that the mapping's fields take. */
export function topicLevelsOf(mapping: JsonMapping): ReadonlySet<string> {
  const { workflow, activity, time, value, target, as, dimensions } = mapping;
  const inDimensions = isSource(dimensions) ? [dimensions] : [...dimensions.values()];
  const all = [workflow, activity, time, value, target, as, ...mapping.case, ...mapping.id, ...inDimensions];
  return new Set(all.flatMap((source) => (source?.kind === 'topic' ? [source.level] : [])));
}

/** The event of an item, or why it is none. */
export function mapJson(
  mapping: JsonMapping,
  item: unknown,
  workflow: string,
  context: ItemContext = NO_CONTEXT,
): WorkflowEvent | Rejection {
  if (typeof item !== 'object' || item === null || Array.isArray(item))
    return { code: 'EVENT_INVALID', field: '', reason: 'it must be a JSON object' };
  const at = (source: JsonSource | null): unknown => (source === null ? null : lookUp(source, item, context));
  const dimensions = isSource(mapping.dimensions)
    ? at(mapping.dimensions)
    : Object.fromEntries([...mapping.dimensions].map(([name, source]) => [name, at(source)]));
  const found: FoundEvent = {
    caseId: joined(mapping.case, at),
    id: joined(mapping.id, at) ?? context.makeId?.(),
    activity: at(mapping.activity),
    time: at(mapping.time),
    timeFormat: mapping.timeFormat,
    readLocal: mapping.readLocal,
    value: at(mapping.value),
    dimensions: withLevels(dimensions, context.dimensions),
    target: at(mapping.target),
    as: at(mapping.as),
  };
  return toEvent(workflow, found, namesOf(mapping));
}

function isSource(dimensions: JsonMapping['dimensions']): dimensions is JsonSource {
  return 'kind' in dimensions;
}

/** With the levels of the topic; what is no object stays as it is, to be refused. */
function withLevels(dimensions: unknown, levels: Readonly<Record<string, string>>): unknown {
  if (dimensions === undefined || dimensions === null) return levels;
  if (typeof dimensions !== 'object' || Array.isArray(dimensions)) return dimensions;
  return { ...dimensions, ...levels };
}

/** Only own properties: `constructor` is no field of a request. */
function lookUp(source: JsonSource, item: unknown, { levels }: ItemContext): unknown {
  if (source.kind === 'constant') return source.value;
  if (source.kind === 'topic') return levels[source.level];
  let at = item;
  for (const step of source.path) {
    if (typeof at !== 'object' || at === null || !Object.hasOwn(at, step)) return undefined;
    at = (at as Record<string, unknown>)[step];
  }
  return at;
}

/** The only part as it stands; several length-prefixed, so that no two lists give the same text. */
function joined(sources: readonly JsonSource[], at: (source: JsonSource) => unknown): unknown {
  const parts = sources.map(at);
  if (parts.length === 1) return parts[0];
  const texts = parts.filter((part) => typeof part === 'string' || (typeof part === 'number' && Number.isFinite(part)));
  return texts.length === parts.length ? compositeKey(texts.map(String)) : undefined;
}

/** Names of the fields in reasons: where the sender wrote them. */
function namesOf(mapping: JsonMapping): FieldNames {
  const name = (source: JsonSource | null, otherwise: string): string =>
    source?.kind === 'path' ? source.text : source?.kind === 'topic' ? `{${source.level}}` : otherwise;
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
