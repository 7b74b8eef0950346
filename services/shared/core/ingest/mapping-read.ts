import { didYouMean, listed, type Path, type Problem, Problems } from '../catalogue/catalogue-problem.ts';
import { DATE_FORMATS_ALLOWED, dateFormatProblem } from './date-format.ts';
import { parseExpression } from '../formula/expression.ts';
import { DELIMITERS, ENCODINGS, EVENTS_PER_ROW_MAX } from './mapping.ts';
import type { Encoding, Mapping, MappingEvent, MappingTime, Source } from './mapping.ts';
import { readActivity, readSource, readWhere, SOURCE_ALLOWED } from './mapping-read-source.ts';
import { zoneName } from '../window/window-calendar.ts';

const NAME = /^[A-Za-z][A-Za-z0-9_-]{0,63}$/;
const NAME_ALLOWED = 'a letter, then letters, digits, _ or -; at most 64';
const KEYS = ['workflow', 'delimiter', 'encoding', 'zone', 'case', 'events', 'dimensions', 'where'];
const EVENT_KEYS = ['activity', 'time', 'value', 'when'];
const TIME_KEYS = ['column', 'formats', 'zone'];

type Fields = Readonly<Record<string, unknown>>;

/** Reads a parsed mapping (from YAML or flags): the mapping, or everything that is wrong with it. */
export function readMapping(parsed: unknown): {
  readonly mapping: Mapping | null;
  readonly problems: readonly Problem[];
} {
  const problems = new Problems();
  const fields = fieldsOf(parsed, [], KEYS, problems);
  if (fields === null) return { mapping: null, problems: problems.list };
  const workflow = fields['workflow'];
  if (typeof workflow !== 'string' || !NAME.test(workflow))
    problems.add(['workflow'], 'workflow is not a name', NAME_ALLOWED);
  const delimiter = fields['delimiter'] ?? ',';
  if (!DELIMITERS.includes(delimiter as string))
    problems.add(['delimiter'], 'delimiter is not known', '"," ";" "|" or "\\t"');
  const encoding = fields['encoding'] ?? null;
  if (encoding !== null && !ENCODINGS.includes(encoding as Encoding)) {
    problems.add(['encoding'], `encoding is ${JSON.stringify(encoding)}`, listed(ENCODINGS));
  }
  const zone = fields['zone'] === undefined ? null : readZone(fields['zone'], ['zone'], problems);
  const mapping: Mapping = {
    workflow: workflow as string,
    delimiter: delimiter as string,
    encoding: encoding as Encoding | null,
    zone,
    case: readCase(fields['case'], problems),
    events: readEvents(fields['events'], problems),
    dimensions: readDimensions(fields['dimensions'] ?? {}, problems),
    where: readWhere(fields['where'] ?? {}, problems),
  };
  return { mapping: problems.list.length === 0 ? mapping : null, problems: problems.list };
}

function readCase(value: unknown, problems: Problems): Source[] {
  const parts = typeof value === 'string' ? [value] : value;
  if (!Array.isArray(parts) || parts.length === 0) {
    problems.add(['case'], 'case is missing', `a list of ${SOURCE_ALLOWED}`);
    return [];
  }
  const sources = parts.map((part, i) => readSource(part, ['case', i], problems));
  if (sources.every((source) => source !== null && 'const' in source)) {
    problems.add(['case'], 'case has only constants, so all rows would be one case', 'at least one column');
  }
  return sources.filter((source) => source !== null);
}

function readEvents(value: unknown, problems: Problems): MappingEvent[] {
  if (!Array.isArray(value) || value.length === 0 || value.length > EVENTS_PER_ROW_MAX) {
    problems.add(
      ['events'],
      'events is not a list of events',
      `1 to ${EVENTS_PER_ROW_MAX} of { activity, time, value, when }`,
    );
    return [];
  }
  return value.map((event, i) => readEvent(event, ['events', i], problems)).filter((event) => event !== null);
}

function readEvent(parsed: unknown, path: Path, problems: Problems): MappingEvent | null {
  const fields = fieldsOf(parsed, path, EVENT_KEYS, problems);
  if (fields === null) return null;
  const activity = readActivity(fields['activity'], [...path, 'activity'], problems);
  const time = fields['time'] === undefined ? null : readTime(fields['time'], [...path, 'time'], problems);
  const when = fields['when'] ?? 'always';
  if (when !== 'always' && when !== 'present')
    problems.add([...path, 'when'], `when is ${JSON.stringify(when)}`, 'always or present');
  if (when === 'present' && fields['time'] === undefined)
    problems.add([...path, 'when'], "'present' needs a time column");
  const value = fields['value'] ?? null;
  if (value !== null) checkValue(value, [...path, 'value'], problems);
  if (activity === null) return null;
  return {
    activity,
    time,
    value: typeof value === 'string' || typeof value === 'number' ? String(value) : null,
    when: when === 'present' ? 'present' : 'always',
  };
}

function readTime(parsed: unknown, path: Path, problems: Problems): MappingTime | null {
  const fields = fieldsOf(typeof parsed === 'string' ? { column: parsed } : parsed, path, TIME_KEYS, problems);
  if (fields === null) return null;
  const column = fields['column'];
  if (typeof column !== 'string')
    return problems.add(path, 'the time names no column', 'a column name or { column, formats, zone }');
  const formats = fields['formats'] === undefined ? ['iso'] : [fields['formats']].flat();
  if (formats.length === 0) problems.add([...path, 'formats'], 'formats is empty', DATE_FORMATS_ALLOWED);
  for (const [i, format] of formats.entries()) {
    const problem = typeof format === 'string' ? dateFormatProblem(format) : 'it is no text';
    const at = Array.isArray(fields['formats']) ? [...path, 'formats', i] : [...path, 'formats'];
    if (problem !== null)
      problems.add(at, `the date format ${JSON.stringify(format)}: ${problem}`, DATE_FORMATS_ALLOWED);
  }
  const zone = fields['zone'] === undefined ? null : readZone(fields['zone'], [...path, 'zone'], problems);
  return { column, formats: formats.map(String), zone };
}

function checkValue(value: unknown, path: Path, problems: Problems): void {
  if (typeof value !== 'string' && typeof value !== 'number') {
    problems.add(path, 'value is no expression', 'such as Quantity * [Unit Price]');
    return;
  }
  const parsed = parseExpression(String(value));
  if ('problem' in parsed) {
    problems.add(path, `the value '${value}', character ${parsed.problem.column}: ${parsed.problem.message}`);
  }
}

function readDimensions(parsed: unknown, problems: Problems): Record<string, Source> {
  const fields = fieldsOf(parsed, ['dimensions'], null, problems) ?? {};
  const dimensions: Record<string, Source> = {};
  for (const [name, value] of Object.entries(fields)) {
    const path = ['dimensions', name];
    if (!NAME.test(name)) problems.addAtKey(path, `'${name}' is no legal name of a dimension`, NAME_ALLOWED);
    if (name === 'value')
      problems.addAtKey(path, `the dimension 'value' is reserved: it is the value of an event`, 'any other name');
    const source = readSource(value, path, problems);
    if (source !== null) dimensions[name] = source;
  }
  return dimensions;
}

function readZone(value: unknown, path: Path, problems: Problems): string | null {
  const name = typeof value === 'string' ? zoneName(value) : null;
  return (
    name ?? problems.add(path, `the zone ${JSON.stringify(value)} is not known`, 'an IANA name such as Europe/Rome')
  );
}

function fieldsOf(value: unknown, path: Path, keys: readonly string[] | null, problems: Problems): Fields | null {
  const here = path.length === 0 ? 'the mapping' : path.join('.');
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return problems.add(path, `${here} is no map`);
  if (keys === null) return value as Fields;
  for (const key of Object.keys(value)) {
    if (keys.includes(key)) continue;
    problems.addAtKey([...path, key], `unknown key '${key}' in ${here}${didYouMean(key, keys)}`, listed(keys));
  }
  return value as Fields;
}
