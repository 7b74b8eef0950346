import { parseDecimal } from '../shared/core/decimal.ts';
import { CORRECT, VOID, type WorkflowEvent } from '../shared/core/event.ts';

/** Why an item of a request is no event. */
export interface Rejection {
  readonly field: string;
  readonly reason: string;
}

/** RFC 3339: a date, a time, and where it holds. */
const RFC3339 = /^\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)$/;
const DIGITS_AS_NUMBER_MAX = 15;

/**
 * An event from takt's own JSON: {case, activity, time, id, dimensions?, value?, target?}. `value` is a decimal; one of
 * more than 15 digits must be a string. Times are RFC 3339; finer than a millisecond is cut.
 */
export function readPlainEvent(item: unknown, workflow: string): WorkflowEvent | Rejection {
  if (typeof item !== 'object' || item === null || Array.isArray(item))
    return { field: '', reason: 'it must be a JSON object' };
  const fields = item as Record<string, unknown>;
  for (const field of ['case', 'activity', 'time', 'id']) {
    if (typeof fields[field] !== 'string' || fields[field] === '')
      return { field, reason: 'it must be a text that is not empty' };
  }
  const time = fields['time'] as string;
  const timeMs = RFC3339.test(time) ? Date.parse(time.replace(' ', 'T')) : NaN;
  if (!Number.isFinite(timeMs))
    return { field: 'time', reason: 'it must be an RFC 3339 time such as 2026-03-01T09:30:00Z' };
  const dimensions = fields['dimensions'] ?? {};
  if (
    typeof dimensions !== 'object' ||
    Array.isArray(dimensions) ||
    Object.values(dimensions).some((value) => typeof value !== 'string')
  ) {
    return { field: 'dimensions', reason: 'it must be an object of texts' };
  }
  const value = readValue(fields['value']);
  if (value === 'invalid')
    return { field: 'value', reason: 'it must be a decimal; one of more than 15 digits must be a JSON string' };
  const target = fields['target'] ?? null;
  if (target !== null && typeof target !== 'string')
    return { field: 'target', reason: 'it must be the id of an event, or absent' };
  const activity = fields['activity'] as string;
  const kind = activity === CORRECT ? 'correct' : activity === VOID ? 'void' : 'event';
  if (kind === 'correct' && (target === null || typeof fields['as'] !== 'string'))
    return { field: 'target', reason: 'a correction needs target (the id it replaces) and as (its activity)' };
  return {
    workflow,
    caseId: fields['case'] as string,
    id: fields['id'] as string,
    kind,
    activity: kind === 'correct' ? (fields['as'] as string) : kind === 'void' ? '' : activity,
    timeMs: Math.floor(timeMs),
    dimensions: dimensions as Record<string, string>,
    value,
    target,
    importId: null,
  };
}

function readValue(value: unknown): WorkflowEvent['value'] | 'invalid' {
  if (value === undefined || value === null) return null;
  if (typeof value === 'string') return parseDecimal(value) ?? 'invalid';
  if (typeof value !== 'number' || !Number.isFinite(value)) return 'invalid';
  const text = String(value);
  if (text.replaceAll(/\D/g, '').length > DIGITS_AS_NUMBER_MAX) return 'invalid';
  return parseDecimal(text) ?? 'invalid';
}
