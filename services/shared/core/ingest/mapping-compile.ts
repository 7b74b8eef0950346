import { didYouMean, listed, type Path, Problems, type Problem } from '../catalogue/catalogue-problem.ts';
import { compileDateFormats, type ReadDate } from './date-format.ts';
import { parseExpression, type Expression } from '../formula/expression.ts';
import type { Mapping, MappingEvent, Source } from './mapping.ts';
import { uniqueHeaders } from './row-identity.ts';

/** A source with its column looked up: the index of a cell, or the constant. */
export type Cell = IndexedCell | { readonly text: string };

/** The cell of a column. */
export interface IndexedCell {
  readonly index: number;
  readonly column: string;
}

/** What an activity is made of: a cell, or several that are joined; of these the first may not be empty. */
export type ActivityCell = Cell | { readonly joined: readonly IndexedCell[] };

export interface CompiledTime {
  readonly index: number;
  readonly column: string;
  readonly formats: readonly string[];
  /** Null: a time without an offset is not read. */
  readonly zone: string | null;
  readonly read: ReadDate;
  /** Whether a text that was not read only lacks an offset or a zone. */
  readonly lacksZone: (text: string) => boolean;
}

export interface CompiledEvent {
  readonly activity: ActivityCell;
  readonly time: CompiledTime | null;
  readonly value: { readonly expression: Expression; readonly indexes: ReadonlyMap<string, number> } | null;
  readonly when: MappingEvent['when'];
}

/** A mapping bound to the header of one file. */
export interface CompiledMapping {
  readonly workflow: string;
  /** The columns by the names under which they are addressed, see `uniqueHeaders`. */
  readonly headers: readonly string[];
  readonly case: readonly Cell[];
  readonly events: readonly CompiledEvent[];
  readonly dimensions: readonly (readonly [name: string, cell: Cell])[];
  /** A row whose cell is not among the texts is passed over. */
  readonly where: readonly { readonly index: number; readonly texts: ReadonlySet<string> }[];
}

/**
 * Binds a mapping to a file's header (the names as they stand in its first line), or gives every problem with its path
 * in the mapping: a column that the file does not have, or no time for an event although there is no as-of time.
 * `zone` is that of times without an offset where the mapping names none; null: they are not read.
 */
export function compileMapping(
  mapping: Mapping,
  header: readonly string[],
  asOfMs: number | null,
  zone: string | null = 'UTC',
): { readonly compiled: CompiledMapping | null; readonly problems: readonly Problem[] } {
  const headers = uniqueHeaders(header);
  const indexes = new Map(headers.map((name, index) => [name, index]));
  const problems = new Problems();
  const indexOf = (column: string, path: Path): number => {
    const index = indexes.get(column);
    if (index !== undefined) return index;
    problems.add(
      path,
      `the file has no column '${column}'${didYouMean(column, headers)}`,
      `its columns: ${listed(headers)}`,
    );
    return -1;
  };
  const cell = (source: Source, path: Path): Cell =>
    'const' in source ? { text: source.const } : { index: indexOf(source.column, path), column: source.column };
  const activityCell = (activity: MappingEvent['activity'], path: Path): ActivityCell => {
    if (!('columns' in activity)) return cell(activity, path);
    return {
      joined: activity.columns.map((column, i) => ({ index: indexOf(column, [...path, 'columns', i]), column })),
    };
  };
  const compiled: CompiledMapping = {
    workflow: mapping.workflow,
    headers,
    case: mapping.case.map((source, i) => cell(source, ['case', i])),
    events: mapping.events.map((event, i): CompiledEvent => {
      const path = ['events', i];
      if (event.time === null && asOfMs === null) {
        problems.add(path, 'the event names no time column', 'a time, or --as-of for rows without a date');
      }
      return {
        activity: activityCell(event.activity, [...path, 'activity']),
        time: event.time === null ? null : compileTime(event.time, mapping.zone ?? zone, indexOf, [...path, 'time']),
        value: event.value === null ? null : compileValue(event.value, indexOf, [...path, 'value'], problems),
        when: event.when,
      };
    }),
    dimensions: Object.entries(mapping.dimensions).map(([name, source]) => [name, cell(source, ['dimensions', name])]),
    where: mapping.where.map(({ column, texts }) => {
      return { index: indexOf(column, ['where', column]), texts: new Set(texts) };
    }),
  };
  return { compiled: problems.list.length === 0 ? compiled : null, problems: problems.list };
}

type IndexOf = (column: string, path: Path) => number;

function compileTime(
  time: NonNullable<MappingEvent['time']>,
  mappingZone: string | null,
  indexOf: IndexOf,
  path: Path,
): CompiledTime {
  const { column, formats } = time;
  const zone = time.zone ?? mappingZone;
  return {
    index: indexOf(column, [...path, 'column']),
    column,
    formats,
    zone,
    read: compileDateFormats(formats, zone),
    lacksZone: zone === null ? lacksZone(formats) : () => false,
  };
}

function lacksZone(formats: readonly string[]): (text: string) => boolean {
  const anywhere = compileDateFormats(formats, 'UTC');
  return (text) => anywhere(text) !== null;
}

function compileValue(text: string, indexOf: IndexOf, path: Path, problems: Problems): CompiledEvent['value'] {
  const parsed = parseExpression(text);
  if ('problem' in parsed) {
    return problems.add(path, `the value '${text}', character ${parsed.problem.column}: ${parsed.problem.message}`);
  }
  const { expression } = parsed;
  return { expression, indexes: new Map(expression.columns.map((column) => [column, indexOf(column, path)])) };
}
