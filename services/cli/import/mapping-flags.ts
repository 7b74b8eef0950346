import type { Problem } from '../../shared/core/catalogue/catalogue-problem.ts';
import { TaktError } from '../../shared/core/errors.ts';
import { readMapping } from '../../shared/core/ingest/mapping-read.ts';
import { mappingError, type MappingSource } from './mapping-source.ts';

/** The flags of `takt import` that stand for a mapping file. `const:TEXT` is a constant, anything else a column. */
export interface MappingFlags {
  readonly workflow?: string;
  readonly delimiter?: string;
  readonly encoding?: string;
  readonly zone?: string;
  /** Parts of the case key. */
  readonly case?: readonly string[];
  readonly activity?: readonly string[];
  /** The n-th time belongs to the n-th activity. */
  readonly time?: readonly string[];
  /** Date formats of every time, tried in order. */
  readonly format?: readonly string[];
  readonly value?: string;
  /** Each `name=column`. */
  readonly dimension?: readonly string[];
  /** Each `column=text`; the same column again allows another text. */
  readonly where?: readonly string[];
}

const CONST = 'const:';
const FLAG_OF: Readonly<Record<string, string>> = { events: '--activity and --time', dimensions: '--dimension' };

/**
 * A mapping from flags. With several `--time`, each belongs to the activity of the same rank and an empty cell means
 * that it did not happen. Throws USAGE when flags do not fit together, MAPPING_INVALID when one is wrong.
 */
export function mappingFromFlags(flags: MappingFlags): MappingSource {
  const activities = flags.activity ?? [];
  const times = flags.time ?? [];
  if (activities.length === 0)
    throw new TaktError('USAGE', 'Give --mapping FILE, or at least --workflow, --case and --activity.');
  if (times.length !== activities.length && times.length > 0) {
    const counts = `${activities.length} --activity and ${times.length} --time`;
    throw new TaktError('USAGE', `There are ${counts}; allowed: as many of one as of the other.`);
  }
  const parsed = withoutUndefined({
    workflow: flags.workflow,
    delimiter: flags.delimiter === '\\t' ? '\t' : flags.delimiter,
    encoding: flags.encoding,
    zone: flags.zone,
    case: (flags.case ?? []).map(sourceOf),
    events: activities.map((activity, i) =>
      withoutUndefined({
        activity: sourceOf(activity),
        time: times[i] === undefined ? undefined : withoutUndefined({ column: times[i], formats: flags.format }),
        value: flags.value,
        when: times.length > 1 ? 'present' : undefined,
      }),
    ),
    dimensions: dimensionsOf(flags.dimension ?? []),
    where: whereOf(flags.where ?? []),
  });
  const placeOf = (problem: Problem): string => {
    const key = String(problem.path.findLast((part) => typeof part === 'string' && part !== 'column') ?? 'workflow');
    const root = String(problem.path[0] ?? 'workflow');
    if (root === 'dimensions') return '--dimension';
    if (root === 'where') return '--where';
    return FLAG_OF[key] ?? `--${key === 'formats' ? 'format' : key}`;
  };
  const { mapping, problems } = readMapping(parsed);
  if (mapping === null) throw mappingError(problems, placeOf);
  return { mapping, placeOf };
}

function sourceOf(text: string): { column: string } | { const: string } {
  return text.startsWith(CONST) ? { const: text.slice(CONST.length) } : { column: text };
}

function dimensionsOf(flags: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(
    flags.map((flag) => {
      const at = flag.indexOf('=');
      if (at < 1)
        throw new TaktError('USAGE', `--dimension '${flag}' has no name; allowed: name=column or name=const:text.`);
      return [flag.slice(0, at), sourceOf(flag.slice(at + 1))];
    }),
  );
}

function whereOf(flags: readonly string[]): Record<string, string[]> {
  const where = new Map<string, string[]>();
  for (const flag of flags) {
    const at = flag.indexOf('=');
    if (at < 1) throw new TaktError('USAGE', `--where '${flag}' has no column; allowed: column=text.`);
    const column = flag.slice(0, at);
    where.set(column, [...(where.get(column) ?? []), flag.slice(at + 1)]);
  }
  return Object.fromEntries(where);
}

function withoutUndefined(fields: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}
