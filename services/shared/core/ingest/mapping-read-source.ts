import { type Path, type Problems } from '../catalogue/catalogue-problem.ts';
import type { JoinedColumns, MappingCondition, Source } from './mapping.ts';

/** What a case part or a dimension may be, for messages. */
export const SOURCE_ALLOWED = 'a column name, { column: name } or { const: text }';
const ACTIVITY_ALLOWED = 'a text, { column: name } or { columns: [name, name] }';
const WHERE_ALLOWED = 'a map of columns, each with a text or a list of texts';

/** A part of a case or a dimension, in which a bare text is a column. */
export function readSource(value: unknown, path: Path, problems: Problems): Source | null {
  const source = typeof value === 'string' && value !== '' ? { column: value } : sourceIn(value);
  return source ?? notUnderstood(value, path, SOURCE_ALLOWED, problems);
}

/** An activity, in which a bare text is a constant. */
export function readActivity(value: unknown, path: Path, problems: Problems): Source | JoinedColumns | null {
  const activity = typeof value === 'string' && value !== '' ? { const: value } : (joinedIn(value) ?? sourceIn(value));
  return activity ?? notUnderstood(value, path, ACTIVITY_ALLOWED, problems);
}

/** The conditions under which a row is taken: a map of columns to the texts that they may have. */
export function readWhere(value: unknown, problems: Problems): MappingCondition[] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    problems.add(['where'], 'where is no map', WHERE_ALLOWED);
    return [];
  }
  return Object.entries(value).map(([column, parsed]): MappingCondition => {
    const texts: readonly unknown[] = Array.isArray(parsed) ? parsed : [parsed];
    if (texts.length === 0 || !texts.every(isText)) {
      problems.add(['where', column], `where.${column} is not understood`, 'a text or a list of texts');
    }
    return { column, texts: texts.map(String) };
  });
}

function sourceIn(value: unknown): Source | null {
  const [key, text] = onlyEntry(value);
  if (!isText(text) || text === '') return null;
  if (key === 'column') return { column: String(text) };
  return key === 'const' ? { const: String(text) } : null;
}

function joinedIn(value: unknown): JoinedColumns | null {
  const [key, names] = onlyEntry(value);
  if (key !== 'columns' || !Array.isArray(names) || names.length === 0) return null;
  return names.every((name) => isText(name) && name !== '') ? { columns: names.map(String) } : null;
}

function onlyEntry(value: unknown): readonly [string, unknown] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return ['', null];
  const entries = Object.entries(value);
  return entries.length === 1 ? entries[0]! : ['', null];
}

function isText(value: unknown): value is string | number {
  return typeof value === 'string' || typeof value === 'number';
}

function notUnderstood(value: unknown, path: Path, allowed: string, problems: Problems): null {
  return problems.add(path, `${path.join('.')} is ${value === undefined ? 'missing' : 'not understood'}`, allowed);
}
