import { parseDecimal } from '../shared/core/decimal.ts';
import { TaktError } from '../shared/core/errors.ts';
import type { WorkflowEvent } from '../shared/core/event.ts';
import type { DeadLetter, LetterContent } from '../shared/core/messages.ts';
import { isLetterContent } from '../shared/runtime/dead-letter-codec.ts';

/** Reads the events of an import, values as decimal text. Throws EVENT_INVALID: the sender is takt, so all or none. */
export function readImportEvents(body: unknown, workflow: string, importId: string): WorkflowEvent[] {
  return items(body).map((item, index) => {
    const { caseId, id, kind, activity, timeMs, dimensions, value = null, target = null } = item;
    const at = (field: string): TaktError => wrong(index, field);
    if (!isText(caseId) || caseId === '') throw at('caseId');
    if (!isText(id) || id === '') throw at('id');
    if (kind !== 'event' && kind !== 'correct' && kind !== 'void') throw at('kind');
    if (!isText(activity)) throw at('activity');
    if (!Number.isSafeInteger(timeMs)) throw at('timeMs');
    if (!isTexts(dimensions)) throw at('dimensions');
    if (target !== null && !isText(target)) throw at('target');
    const decimal = isText(value) ? parseDecimal(value) : null;
    if (value !== null && decimal === null) throw at('value');
    return {
      workflow,
      caseId,
      id,
      kind,
      activity,
      timeMs: timeMs as number,
      dimensions,
      value: decimal,
      target,
      importId,
    };
  });
}

/** Reads dead letters. Throws EVENT_INVALID. */
export function readDeadLetters(body: unknown): DeadLetter[] {
  return items(body).map((item, index) => {
    const text = (field: string): string => {
      const value = item[field];
      if (!isText(value)) throw wrong(index, field);
      return value;
    };
    return {
      id: text('id'),
      workflow: text('workflow'),
      source: text('source'),
      code: text('code'),
      reason: text('reason'),
      rawBase64: text('rawBase64'),
      ...contentOf(item, index),
    };
  });
}

function contentOf(
  { content = null }: Readonly<Record<string, unknown>>,
  index: number,
): { readonly content?: LetterContent } {
  if (content === null) return {};
  if (isLetterContent(content)) return { content };
  throw wrong(index, 'content');
}

/** The greatest event time of an import, from the body of its end. Throws BODY_INVALID. */
export function readMaxEventMs(body: unknown): number | null {
  const { maxEventMs = null } = (body ?? {}) as { maxEventMs?: unknown };
  if (maxEventMs === null || Number.isSafeInteger(maxEventMs)) return maxEventMs as number | null;
  throw new TaktError('BODY_INVALID', 'maxEventMs must be integer milliseconds since 1970, or null.');
}

function items(body: unknown): readonly Readonly<Record<string, unknown>>[] {
  if (!Array.isArray(body)) throw new TaktError('BODY_INVALID', 'the body must be a JSON array.');
  body.forEach((item: unknown, index) => {
    if (typeof item !== 'object' || item === null) throw wrong(index, '');
  });
  return body as readonly Readonly<Record<string, unknown>>[];
}

function wrong(index: number, field: string): TaktError {
  return new TaktError(
    'EVENT_INVALID',
    `item ${index}: ${field === '' ? 'it' : field} is missing or of the wrong type.`,
  );
}

function isText(value: unknown): value is string {
  return typeof value === 'string';
}

function isTexts(value: unknown): value is Record<string, string> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && Object.values(value).every(isText);
}
