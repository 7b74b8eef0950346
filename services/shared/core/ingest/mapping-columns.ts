import { parseExpression } from '../formula/expression.ts';
import type { JoinedColumns, Mapping, Source } from './mapping.ts';

/** Every column that a mapping names, each once. Of a value that is no expression there is none. */
export function mappingColumns(mapping: Mapping): string[] {
  const { events } = mapping;
  const named = [
    ...mapping.case.flatMap(columnsOf),
    ...events.flatMap(({ activity }) => columnsOf(activity)),
    ...events.flatMap(({ time }) => (time === null ? [] : [time.column])),
    ...events.flatMap(({ value }) => (value === null ? [] : valueColumns(value))),
    ...Object.values(mapping.dimensions).flatMap(columnsOf),
    ...mapping.where.map(({ column }) => column),
  ];
  return [...new Set(named)];
}

function columnsOf(source: Source | JoinedColumns): readonly string[] {
  if ('columns' in source) return source.columns;
  return 'column' in source ? [source.column] : [];
}

function valueColumns(text: string): readonly string[] {
  const parsed = parseExpression(text);
  return 'problem' in parsed ? [] : parsed.expression.columns;
}
