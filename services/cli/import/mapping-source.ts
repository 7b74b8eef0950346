import type { Problem } from '../../shared/core/catalogue/catalogue-problem.ts';
import { TaktError } from '../../shared/core/errors.ts';
import type { Mapping } from '../../shared/core/ingest/mapping.ts';

/** Lines of an error; the last of them only counts what is left. */
const ERROR_LINES_MAX = 5;

/** A mapping that was read, and how to say where in its file or flags a problem stands. */
export interface MappingSource {
  readonly mapping: Mapping;
  /** `file:line:column`, or the flags. */
  placeOf(problem: Problem): string;
}

/** MAPPING_INVALID with one line per problem, at most five. */
export function mappingError(problems: readonly Problem[], placeOf: (problem: Problem) => string): TaktError {
  const lines = problems.map((problem) => {
    const allowed = problem.allowed === null ? '' : `; allowed: ${problem.allowed}`;
    return `${placeOf(problem)}: ${problem.message}${allowed}`.replaceAll('\n', ' ');
  });
  const shown = lines.length > ERROR_LINES_MAX ? lines.slice(0, ERROR_LINES_MAX - 1) : lines;
  if (shown.length < lines.length) shown.push(`… and ${lines.length - shown.length} more`);
  return new TaktError('MAPPING_INVALID', shown.join('\n'));
}
