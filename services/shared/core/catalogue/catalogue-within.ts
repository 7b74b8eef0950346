import { readDuration } from './catalogue-duration.ts';
import type { Path, Problems } from './catalogue-problem.ts';
import { mapOf } from './catalogue-read.ts';
import { readWhere } from './catalogue-where.ts';
import type { Workflow } from './catalogue.ts';
import type { Limits } from '../definition.ts';

const FORM = 'a length of time, or { default: 24h, where: [{ priority: P1, limit: 4h }] }';

/** The `limit` of a measure `within`: one length of time, or a table by dimensions; null when there is a problem. */
export function readLimits(value: unknown, path: Path, workflow: Workflow, problems: Problems): Limits | null {
  const map = mapOf(value);
  if (map === null) {
    const defaultMs = lengthOf(value, path, problems);
    return defaultMs === null ? null : { defaultMs, where: [] };
  }
  const defaultMs = lengthOf(map['default'], [...path, 'default'], problems);
  const entries: unknown[] = Array.isArray(map['where']) ? map['where'] : [];
  const where = entries.map((entry, i) => readEntry(entry, [...path, 'where', i], workflow, problems));
  if (defaultMs === null || where.some((each) => each === null)) return null;
  return { defaultMs, where: where as Limits['where'][number][] };
}

function readEntry(value: unknown, path: Path, workflow: Workflow, problems: Problems): Limits['where'][number] | null {
  const map = mapOf(value);
  if (map === null) return null;
  const { limit, ...dimensions } = map;
  if (Object.keys(dimensions).length === 0) return problems.add(path, 'the limit is for no dimension', FORM);
  const conditions = readWhere(dimensions, path, workflow, problems);
  const limitMs = lengthOf(limit, [...path, 'limit'], problems);
  return conditions === null || limitMs === null ? null : { conditions, limitMs };
}

function lengthOf(value: unknown, path: Path, problems: Problems): number | null {
  return readDuration(value, path, problems, { defaultMs: null, leastMs: 1 });
}
